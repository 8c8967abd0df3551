// Files, tabs, side panels, editors of texts, settings.

import { mkdirSync, writeFileSync } from 'fs';
import { join } from 'path';

import type { Page } from '@playwright/test';

import { answer, byContextMenu, byMenu, item, press } from './steps';
import type { IGroup } from './table';
import { activity, child, told } from './table';
import type { IUnseen } from './unseen-rows';
import {
  after,
  answerByKey,
  carriedOut,
  corrected,
  drag,
  file,
  keyed,
  program,
  row,
  SEEN,
  sidebar,
  tab
} from './unseen-rows';

const seen = (
  what: string,
  surface: 'file-browser' | 'tab-bar' | 'other-widget',
  device: 'mouse' | 'keyboard'
) => activity(told(what, surface, device, SEEN));

/** Back to the directory where everything is, with no dialog in the way. */
async function home(page: Page): Promise<void> {
  if (await page.locator('.jp-Dialog').count()) {
    await page.keyboard.press('Escape');
  }
  await page.locator('.jp-BreadCrumbs-home').first().click();
  await file(page, 'b.md').waitFor();
}

/** Type a name where a file is being renamed. */
async function typeName(page: Page, name: string): Promise<void> {
  const field = page.locator('.jp-DirListing-editor:focus');
  await field.waitFor();
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await field.waitFor({ state: 'detached' });
}

async function open(page: Page, name: string): Promise<void> {
  await file(page, name).dblclick();
  await tab(page, name).waitFor();
}

const FILES: readonly IUnseen[] = [
  row(
    'new folder from the toolbar, named with the keyboard',
    async page => {
      await page
        .locator('[data-command="filebrowser:create-new-directory"]:visible')
        .first()
        .click();
      await typeName(page, 'made');
    },
    told('filebrowser:create-new-directory', 'toolbar', 'mouse', 'exact')
  ),
  row('a folder opened with a double click: nothing', async page => {
    await file(page, 'folder').dblclick();
    await file(page, 'inside.txt').waitFor();
  }),
  row('a breadcrumb pressed: nothing', async page => {
    await page.locator('.jp-BreadCrumbs-home').first().click();
    await file(page, 'a.txt').waitFor();
  }),
  row(
    'Backspace leaves a folder that Enter opened',
    async page => {
      await file(page, 'folder').click();
      await page.keyboard.press('Enter');
      await file(page, 'inside.txt').click();
      await page.keyboard.press('Backspace');
      await file(page, 'a.txt').waitFor();
    },
    keyed('filebrowser:go-up')
  ),
  row(
    'F2, another name, Enter',
    async page => {
      await file(page, 'c.txt').click();
      await page.keyboard.press('F2');
      await typeName(page, 'renamed');
    },
    keyed('filebrowser:rename', 'success')
  ),
  row(
    'Delete key on two files, refused',
    async page => {
      await file(page, 'a.txt').click();
      await file(page, 'b.md').click({ modifiers: ['Control'] });
      await page.keyboard.press('Delete');
      await answer(page, 'reject');
    },
    keyed('filebrowser:delete', 'cancelled')
  ),
  corrected(
    'Enter in the dialog of Delete means Cancel',
    row(
      'Delete key, accepted with Enter',
      async page => {
        await file(page, 'd.txt').click();
        await page.keyboard.press('Delete');
        await answerByKey(page, 'Enter');
      },
      keyed('filebrowser:delete', 'cancelled')
    )
  ),
  row(
    'a file cut by Ctrl+X, pasted in a folder by Ctrl+V',
    async page => {
      await file(page, 'e.txt').click();
      await page.keyboard.press('Control+x');
      await file(page, 'folder').dblclick();
      await file(page, 'inside.txt').click();
      const moved = page.waitForResponse(
        response => response.request().method() === 'PATCH'
      );
      await page.keyboard.press('Control+v');
      await moved;
    },
    keyed('filebrowser:cut'),
    keyed('filebrowser:paste')
  ),
  corrected(
    'JupyterLab opens a file that was uploaded',
    row(
      'a file uploaded with the button, chosen at leisure',
      async page => {
        const chooser = page.waitForEvent('filechooser');
        await page
          .locator('.jp-FileBrowser-toolbar [data-jp-item-name="uploader"]')
          .first()
          .click();
        const files = await chooser;
        // People take longer than half a second to choose.
        await page.waitForTimeout(700);
        const uploaded = page.waitForResponse(
          response =>
            response.request().method() === 'PUT' &&
            response.url().includes('up.txt')
        );
        await files.setFiles({
          name: 'up.txt',
          mimeType: 'text/plain',
          buffer: Buffer.from('up')
        });
        await uploaded;
      },
      program('docmanager:open'),
      carriedOut('document-opened', 'docmanager:open')
    )
  ),
  after(
    home,
    row('files sorted by a press on the head of a column: nothing', page =>
      page.locator('.jp-DirListing-headerItem.jp-id-modified').first().click()
    )
  ),
  after(
    home,
    row(
      'a file dragged into a folder',
      async page => drag(page, file(page, 'f.txt'), file(page, 'folder')),
      seen('item-dropped', 'file-browser', 'mouse')
    )
  ),
  after(
    home,
    row(
      'a new file from the context menu of the empty part',
      async page => {
        await page
          .locator('.jp-DirListing-content')
          .first()
          .click({ button: 'right', position: { x: 40, y: 480 } });
        await item(page, 'New File').click();
      },
      told('filebrowser:create-new-file', 'context-menu', 'mouse', 'exact')
    )
  )
];

const DOCUMENTS: readonly IUnseen[] = [
  after(
    home,
    row(
      'two texts opened with double clicks',
      async page => {
        await open(page, 'a.txt');
        await open(page, 'b.md');
      },
      seen('document-opened', 'file-browser', 'mouse'),
      seen('document-opened', 'file-browser', 'mouse')
    )
  ),
  row(
    'Ctrl+/ in a text',
    async page => {
      await page.locator('.jp-FileEditor:visible .cm-content').click();
      await page.keyboard.press('Control+/');
    },
    keyed('codemirror:toggle-comment')
  ),
  row('Ctrl+D in a text', press('Control+d'), keyed('codemirror:delete-line')),
  corrected(
    'the preview is opened by docmanager:open',
    row(
      'Markdown preview from the context menu of a text',
      async page => {
        await byContextMenu(
          page,
          page.locator('.jp-FileEditor:visible .cm-content'),
          'Show Markdown Preview'
        );
        await page.locator('.jp-RenderedMarkdown:visible').first().waitFor();
      },
      told('fileeditor:markdown-preview', 'context-menu', 'mouse', 'exact'),
      child('markdownviewer:open', 'fileeditor:markdown-preview', 'exact'),
      child('docmanager:open', 'markdownviewer:open', 'exact'),
      carriedOut('document-opened', 'docmanager:open')
    )
  ),
  row(
    'back to the text from the context menu of the preview',
    page =>
      byContextMenu(
        page,
        page.locator('.jp-RenderedMarkdown:visible').first(),
        'Show Markdown Editor'
      ),
    told('markdownviewer:edit', 'context-menu', 'mouse', 'exact'),
    child('docmanager:open', 'markdownviewer:edit', 'exact'),
    carriedOut('tab-activated', 'docmanager:open')
  ),
  corrected(
    'the indentation is a setting',
    row(
      'status bar: the indentation, chosen in its menu',
      async page => {
        await page
          .locator('.jp-StatusBar-Item', { hasText: /^(Spaces|Tab)/ })
          .first()
          .click();
        await item(page, /Spaces: 8|Indent with 8 Spaces/).click();
      },
      told('fileeditor:change-tabs', 'other-widget', 'mouse', 'exact'),
      carriedOut('setting-changed', 'fileeditor:change-tabs')
    )
  ),
  row(
    'main menu: Settings > Text Editor Indentation > Indent with Tab',
    byMenu('Settings', 'Text Editor Indentation', 'Indent with Tab'),
    told('fileeditor:change-tabs', 'main-menu', 'mouse', 'exact'),
    carriedOut('setting-changed', 'fileeditor:change-tabs')
  ),
  row('status bar: to a line by its form and Enter: nothing', async page => {
    await page
      .locator('.jp-StatusBar-Item', { hasText: /^Ln / })
      .first()
      .click();
    await page
      .locator('.jp-lineFormInput, .jp-lineForm input')
      .first()
      .fill('1');
    await page.keyboard.press('Enter');
  }),
  row(
    'Ctrl+Shift+] to the next tab',
    press('Control+Shift+BracketRight'),
    keyed('application:activate-next-tab'),
    carriedOut('tab-activated', 'application:activate-next-tab')
  ),
  row(
    'a tab pressed twice: only its activation',
    async page => {
      await tab(page, 'a.txt').dblclick();
    },
    seen('tab-activated', 'tab-bar', 'mouse')
  ),
  row(
    'a tab dragged to the right side, which splits the area',
    async page => {
      const area = page.locator('#jp-main-dock-panel');
      const box = await area.boundingBox();
      await drag(page, tab(page, 'a.txt'), area, {
        x: (box?.width ?? 0) - 30,
        y: (box?.height ?? 0) / 2
      });
    },
    seen('item-dropped', 'tab-bar', 'mouse')
  ),
  row(
    'a tab closed with the middle button',
    page => tab(page, 'a.txt').click({ button: 'middle' }),
    seen('document-closed', 'tab-bar', 'mouse')
  ),
  after(
    home,
    row(
      'a table of values opened',
      page => open(page, 'g.csv'),
      seen('document-opened', 'file-browser', 'mouse')
    )
  ),
  row('the delimiter chosen in the toolbar: nothing', async page => {
    await page.locator('.jp-CSVDelimiter select').first().selectOption(';');
  })
];

const PANELS: readonly IUnseen[] = [
  row(
    'property inspector by Ctrl+Shift+U',
    press('Control+Shift+U'),
    keyed('property-inspector:show-panel')
  ),
  row('the right side bar pressed: nothing', page =>
    page.locator('.jp-SideBar.jp-mod-right .lm-TabBar-tab').first().click()
  ),
  after(
    page => sidebar(page, 'jp-running-sessions').click(),
    row(
      'running panel: an open tab chosen in the list',
      page =>
        page
          .locator('#jp-running-sessions .jp-RunningSessions-itemLabel', {
            hasText: 'b.md'
          })
          .first()
          .click(),
      seen('tab-activated', 'other-widget', 'mouse')
    )
  ),
  row(
    'running panel: an open tab closed in the list',
    async page => {
      const line = page
        .locator('#jp-running-sessions .jp-RunningSessions-item', {
          hasText: 'g.csv'
        })
        .first();
      await line.hover();
      await line.locator('.jp-RunningSessions-itemShutdown').click();
    },
    seen('document-closed', 'other-widget', 'mouse')
  ),
  row('table of contents: a heading chosen: nothing', async page => {
    await tab(page, 'b.md').click();
    await sidebar(page, 'table-of-contents').click();
    await page.locator('#table-of-contents .jp-tocItem').first().click();
  }),
  corrected(
    'in a text this key is the editor’s own',
    row(
      'Ctrl+Shift+D while editing a text, twice',
      press('Control+Shift+D', 'Control+Shift+D'),
      keyed('codemirror:select-next-occurrence'),
      keyed('codemirror:select-next-occurrence')
    )
  ),
  row(
    'settings page from the menu, and a search in it',
    async page => {
      await byMenu('Settings', 'Settings Editor')(page);
      await page.locator('.jp-PluginList input').first().fill('Notebook');
      await page.keyboard.press('Enter');
    },
    told('settingeditor:open', 'main-menu', 'mouse', 'exact'),
    carriedOut('document-opened', 'settingeditor:open')
  ),
  after(
    async page => {
      await page.locator('.jp-PluginList input').first().fill('File Browser');
      await page
        .locator('.jp-PluginList-entry', { hasText: /^File Browser$/ })
        .first()
        .click();
      await page
        .locator('.jp-SettingsForm input[type=checkbox]')
        .first()
        .waitFor();
    },
    row(
      'settings page: a box ticked',
      page =>
        page.locator('.jp-SettingsForm input[type=checkbox]').first().click(),
      activity(told('setting-changed', 'other-widget', 'mouse', 'inferred'))
    )
  )
];

export const FILES_AND_PANELS: IGroup & {
  readonly interactions: readonly IUnseen[];
} = {
  name: 'files, texts, tabs, panels and settings',
  application: 'JupyterLab',
  path: 'lab',
  ready: '.jp-LauncherCard',
  prepare: lab => {
    for (const name of ['a.txt', 'c.txt', 'd.txt', 'e.txt', 'f.txt']) {
      writeFileSync(join(lab.root, name), 'hello\n');
    }
    writeFileSync(join(lab.root, 'b.md'), '# one\n\ntext\n\n## two\n');
    writeFileSync(join(lab.root, 'g.csv'), 'x,y\n1,2\n');
    mkdirSync(join(lab.root, 'folder'));
    writeFileSync(join(lab.root, 'folder', 'inside.txt'), 'hello\n');
  },
  interactions: [...FILES, ...DOCUMENTS, ...PANELS]
};
