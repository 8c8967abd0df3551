// The third suite: interactions about what was mended after the second, in ways that the mending was not tried on.
//
// Written by somebody who knows the rules, and committed before any of it was run.

import { writeFileSync } from 'fs';
import { join } from 'path';

import type { Page } from '@playwright/test';

import { tap } from './pointers';
import { byMenu, item, markByKeys, openPalette, paletteItem } from './steps';
import { activity, told } from './table';
import { FORMS, KEYS } from './unseen-third-extensions';
import type { IUnseen, IUnseenGroup } from './unseen-rows';
import {
  after,
  carriedOut,
  drag,
  file,
  keyed,
  LEFT,
  row,
  SEEN,
  showLeft,
  writeCells
} from './unseen-rows';

const DROPPED = activity(told('item-dropped', 'file-browser', 'mouse', SEEN));

const DRAGS: readonly IUnseen[] = [
  after(
    showLeft,
    row(
      'the toolbar of the file browser tapped with a finger: refresh',
      page =>
        tap(
          page,
          page
            .locator('.jp-FileBrowser [data-command="filebrowser:refresh"]')
            .first()
        ),
      told('filebrowser:refresh', 'toolbar', 'touch', 'exact')
    )
  ),
  row('the border of the side panel dragged: nothing', async page => {
    const handle = page
      .locator('#jp-main-split-panel > .lm-SplitPanel-handle:visible')
      .first();
    const box = await handle.boundingBox();
    if (!box) {
      throw new Error('no border');
    }
    const y = box.y + 300;
    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(box.x + 40, y, { steps: 8 });
    await page.mouse.up();
  }),
  row('a file dragged, and let go with Escape: nothing', async page => {
    const box = await file(page, 'a.txt').boundingBox();
    if (!box) {
      throw new Error('no file');
    }
    await page.mouse.move(box.x + 15, box.y + 8);
    await page.mouse.down();
    await page.mouse.move(box.x + 40, box.y + 60, { steps: 8 });
    await page.keyboard.press('Escape');
    await page.mouse.up();
  }),
  row(
    'a file dragged to the main area, which opens it',
    async page => {
      const area = page.locator('#jp-main-dock-panel');
      const box = await area.boundingBox();
      await drag(page, file(page, 'a.txt'), area, {
        x: (box?.width ?? 0) / 2,
        y: (box?.height ?? 0) / 2
      });
    },
    DROPPED,
    activity(told('document-opened', 'file-browser', 'mouse', SEEN))
  ),
  row(
    'a menu pressed, the pointer moved away and let go: nothing',
    async page => {
      await page
        .locator('.lm-MenuBar-itemLabel', { hasText: /^File$/ })
        .hover();
      await page.mouse.down();
      await page.mouse.move(700, 500, { steps: 5 });
      await page.mouse.up();
      await page.keyboard.press('Escape');
    }
  )
];

const BUTTON = `<button data-commandlinker-command="${LEFT}">do it</button>`;
const link = (page: Page) =>
  page.locator('button[data-commandlinker-command]').first();

/** A dialog takes the focus a moment after it is seen, and keys only with it. */
async function dialogReady(page: Page): Promise<void> {
  await page.locator('.jp-Dialog :focus').waitFor();
}

async function dialogGone(page: Page): Promise<void> {
  await page.locator('.jp-Dialog').waitFor({ state: 'detached' });
}

const LINKS: readonly IUnseen[] = [
  row('a command link, and its question cancelled: nothing', async page => {
    await link(page).click();
    await page.locator('.jp-Dialog .jp-mod-reject:not(.jp-mod-warn)').click();
    await dialogGone(page);
  }),
  row(
    'a command link by focus and Enter, its question answered with the mouse: Run Once',
    async page => {
      await link(page).focus();
      await page.keyboard.press('Enter');
      await page.locator('.jp-Dialog .jp-mod-accept').first().click();
      await dialogGone(page);
    },
    told(LEFT, 'link', 'mouse', ['inferred', 'exact'])
  ),
  row(
    'a command link with the mouse, its question answered with Enter: Run Once',
    async page => {
      await link(page).click();
      await dialogReady(page);
      await page.locator('.jp-Dialog .jp-mod-accept').first().focus();
      await page.keyboard.press('Enter');
      await dialogGone(page);
    },
    told(LEFT, 'link', 'keyboard', ['inferred', 'exact'])
  ),
  row(
    'a command link, Trust chosen, and then not confirmed',
    async page => {
      await link(page).click();
      await page.locator('.jp-Dialog .jp-mod-warn').first().click();
      const sure = page.getByRole('button', { name: /^Confirm Trusting/ });
      await sure.waitFor();
      await dialogReady(page);
      await page.keyboard.press('Escape');
      await dialogGone(page);
    },
    told('notebook:trust', 'dialog', 'mouse', SEEN)
  ),
  row(
    'palette: Trust Notebook, confirmed with the mouse',
    async page => {
      await openPalette(page, 'Trust Notebook');
      await paletteItem(page, 'notebook:trust').waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: /^Confirm Trusting/ }).click();
      await dialogGone(page);
    },
    keyed('apputils:activate-command-palette'),
    told('notebook:trust', 'palette', 'keyboard', 'exact', 'success'),
    carriedOut('document-saved', 'notebook:trust')
  ),
  row(
    'a cell dragged by its prompt to another place',
    async page => {
      const prompts = page.locator('.jp-NotebookPanel .jp-InputPrompt');
      await prompts.nth(2).click();
      await drag(page, prompts.nth(2), prompts.nth(0), { x: 10, y: 6 });
    },
    activity(told('item-dropped', 'other-widget', 'mouse', SEEN))
  ),
  row('text in a cell marked by dragging over it: nothing', async page => {
    const text = page.locator('.jp-NotebookPanel .cm-line').first();
    const box = await text.boundingBox();
    if (!box) {
      throw new Error('no text');
    }
    await page.mouse.move(box.x + 4, box.y + 6);
    await page.mouse.down();
    await page.mouse.move(box.x + 60, box.y + 6, { steps: 6 });
    await page.mouse.up();
  })
];

const newMenu = (page: Page) =>
  page
    .locator(
      '.jp-FileBrowser-toolbar .lm-MenuBar-item, .jp-DropdownMenu .lm-MenuBar-item'
    )
    .first();

const TREE: readonly IUnseen[] = [
  row(
    'New > New File, opened with the mouse and chosen with the keys',
    async page => {
      await newMenu(page).click();
      await markByKeys(page, /^New File$/);
      await page.keyboard.press('Enter');
      await page.locator('.jp-DirListing-editor:visible').waitFor();
      await page.keyboard.press('Enter');
    },
    told('filebrowser:create-new-file', 'other-widget', 'keyboard', 'exact')
  ),
  row('New opened, and left with Escape: nothing', async page => {
    await newMenu(page).click();
    await item(page, /^New Folder$/).waitFor();
    await page.keyboard.press('Escape');
  }),
  row(
    'the main menu, just after New was opened and left: Settings > Theme > JupyterLab Dark',
    async page => {
      await newMenu(page).click();
      await item(page, /^New Folder$/).waitFor();
      await page.keyboard.press('Escape');
      await byMenu('Settings', 'Theme', 'JupyterLab Dark')(page);
    },
    told('apputils:change-theme', 'main-menu', 'mouse', 'exact'),
    carriedOut('theme-changed', 'apputils:change-theme')
  ),
  row(
    'the context menu of a file, just after New was opened and left: Copy',
    async page => {
      await newMenu(page).click();
      await item(page, /^New Folder$/).waitFor();
      await page.keyboard.press('Escape');
      await file(page, 'b.md').click({ button: 'right' });
      await item(page, /^Copy$/).click();
    },
    told('filebrowser:copy', 'context-menu', 'mouse', 'exact')
  )
];

function writeFiles(root: string): void {
  writeFileSync(join(root, 'a.txt'), 'hello\n');
  writeFileSync(join(root, 'b.md'), '# one\n');
}

export const THIRD: readonly IUnseenGroup[] = [
  {
    name: 'forms, keys and drags',
    application: 'JupyterLab',
    path: 'lab',
    ready: '.jp-LauncherCard',
    prepare: lab => writeFiles(lab.root),
    interactions: [...FORMS, ...KEYS, ...DRAGS]
  },
  {
    name: 'questions of links and of trust',
    application: 'JupyterLab',
    path: 'lab/tree/third.ipynb',
    ready: '.jp-NotebookPanel .jp-Cell',
    prepare: lab =>
      writeCells(lab, 'third.ipynb', [
        { source: 'a = "a text to mark"', html: BUTTON },
        { source: '2' },
        { source: '3' }
      ]),
    interactions: LINKS
  },
  {
    name: 'menus of the file list',
    application: 'Notebook',
    path: 'tree',
    ready: '.jp-DirListing-item',
    prepare: lab => writeFiles(lab.root),
    interactions: TREE
  }
];
