// Cells of a notebook, by keys and mouse; menus and the palette on the way.

import type { Page } from '@playwright/test';

import {
  commandMode,
  inCommandMode,
  item,
  openMenu,
  openPalette,
  paletteItem,
  press
} from './steps';
import type { IGroup } from './table';
import { activity, child, told } from './table';
import type { IUnseen } from './unseen-rows';
import {
  after,
  carriedOut,
  corrected,
  editor,
  emptyCell,
  keyed,
  LEFT,
  row,
  writeCells
} from './unseen-rows';

const INSERT = 'notebook:insert-cell-below';

async function openFind(page: Page): Promise<void> {
  await commandMode(page);
  await page.keyboard.press('Control+f');
  await page.locator('.jp-DocumentSearch-input').first().waitFor();
  await page.keyboard.type('1');
}

const menuLabel = (page: Page, name: string) =>
  page.locator('.lm-MenuBar-itemLabel', { hasText: new RegExp(`^${name}$`) });

const KEYS: readonly IUnseen[] = [
  row(
    'keys one after the other: A, B, X, Z',
    inCommandMode('a', 'b', 'x', 'z'),
    keyed('notebook:insert-cell-above'),
    keyed(INSERT),
    keyed('notebook:cut-cell'),
    keyed('notebook:undo-cell-action')
  ),
  row(
    'keys one after the other: C, V, V',
    inCommandMode('c', 'v', 'v'),
    keyed('notebook:copy-cell'),
    keyed('notebook:paste-cell-below'),
    keyed('notebook:paste-cell-below')
  ),
  row('the first stroke of two, and no second: nothing', async page => {
    await inCommandMode('d')(page);
    // lumino gives up a chord after a second
    await page.waitForTimeout(1100);
  }),
  row(
    'a key held down: B three times',
    async page => {
      await commandMode(page);
      await page.keyboard.down('b');
      await page.keyboard.down('b');
      await page.keyboard.down('b');
      await page.keyboard.up('b');
    },
    keyed(INSERT),
    keyed(INSERT),
    keyed(INSERT)
  ),
  row(
    'two cells marked with Shift and an arrow, merged with Shift+M',
    inCommandMode('Shift+ArrowDown', 'Shift+M'),
    keyed('notebook:merge-cells')
  ),
  row(
    'a cell moved by Ctrl+Shift+ArrowDown',
    inCommandMode('Control+Shift+ArrowDown'),
    keyed('notebook:move-cell-down')
  ),
  row(
    'all cells selected by Ctrl+A',
    inCommandMode('Control+a'),
    keyed('notebook:select-all')
  ),
  row('cells pressed with Ctrl and with Shift: nothing', async page => {
    const prompts = page.locator('.jp-NotebookPanel .jp-InputPrompt');
    await prompts.nth(1).click();
    await prompts.nth(3).click({ modifiers: ['Shift'] });
    await prompts.nth(2).click({ modifiers: ['Control'] });
    await prompts.first().click();
  }),
  row('a heading collapsed with its arrow: nothing', async page => {
    const heading = page.locator('.jp-MarkdownCell').first();
    await heading.hover();
    await heading.locator('.jp-collapseHeadingButton').click();
    await heading.locator('.jp-collapseHeadingButton').click();
  }),
  row(
    'cell toolbar, by focus and Enter: move down',
    async page => {
      await commandMode(page);
      await page
        .locator('.jp-cell-toolbar [data-command="notebook:move-cell-down"]')
        .first()
        .focus();
      await page.keyboard.press('Enter');
    },
    told('notebook:move-cell-down', 'cell-toolbar', 'keyboard', 'exact')
  ),
  after(
    emptyCell,
    row(
      'Shift+Enter while editing',
      async page => {
        await page.keyboard.type('1 + 1');
        await page.keyboard.press('Shift+Enter');
      },
      keyed('notebook:run-cell-and-select-next', 'success'),
      carriedOut('cell-executed', 'notebook:run-cell-and-select-next')
    )
  ),
  after(
    emptyCell,
    row(
      'completer opened with Tab, left with Escape',
      async page => {
        await page.keyboard.type('pr');
        await page.keyboard.press('Tab');
        await page.locator('.jp-Completer:visible').waitFor();
        await page.keyboard.press('Escape');
      },
      keyed('completer:invoke-notebook')
    )
  ),
  after(
    emptyCell,
    corrected(
      'Escape leaves the edit mode there, too',
      row(
        'tooltip by Shift+Tab, and Escape',
        async page => {
          await page.keyboard.type('print(');
          await page.keyboard.press('Shift+Tab');
          await page.locator('.jp-Tooltip').waitFor();
          await page.keyboard.press('Escape');
        },
        keyed('tooltip:launch-notebook'),
        keyed('notebook:enter-command-mode')
      )
    )
  ),
  after(
    emptyCell,
    row(
      'a cell split by Ctrl+Shift+-',
      async page => {
        await page.keyboard.type('12');
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('Control+Shift+Minus');
      },
      keyed('notebook:split-cell-at-cursor')
    )
  ),
  after(
    emptyCell,
    row(
      'typing taken back by Ctrl+Z',
      async page => {
        await page.keyboard.type('abc');
        await page.keyboard.press('Control+z');
      },
      keyed('editmenu:undo'),
      child('notebook:undo', 'editmenu:undo', 'exact')
    )
  ),
  row('text pasted into a cell by Ctrl+V: nothing', async page => {
    await editor(page, 0).click();
    await page.keyboard.press('Control+v');
  }),
  row(
    'the cell type, by its letter in the focused list',
    async page => {
      await commandMode(page);
      await page
        .locator('.jp-Notebook-toolbarCellTypeDropdown select')
        .first()
        .focus();
      await page.keyboard.press('r');
    },
    activity(
      told('cell-type-changed', 'toolbar', 'keyboard', ['inferred', 'direct'])
    )
  )
];

const FIND: readonly IUnseen[] = [
  row(
    'find: Ctrl+F, a text, Enter, Shift+Enter, Escape',
    async page => {
      await openFind(page);
      await press('Enter', 'Shift+Enter', 'Escape')(page);
    },
    keyed('documentsearch:start'),
    carriedOut('search-used', 'documentsearch:start'),
    keyed('documentsearch:end')
  ),
  after(
    openFind,
    row('find: the arrow to the next match, with the mouse: nothing', page =>
      page
        .locator('.jp-DocumentSearch-overlay button[title^="Next Match"]')
        .first()
        .click()
    )
  ),
  row(
    'find: Ctrl+G to the next match',
    press('Control+g'),
    keyed('documentsearch:highlightNext')
  ),
  row('find: closed with its cross: nothing', async page => {
    await page
      .locator('.jp-DocumentSearch-overlay button[title^="Close"]')
      .last()
      .click();
  })
];

const MENUS: readonly IUnseen[] = [
  row(
    'context menu opened, opened elsewhere, and chosen from: Copy Cell',
    async page => {
      const prompts = page.locator('.jp-NotebookPanel .jp-InputPrompt');
      await prompts.first().click({ button: 'right' });
      await item(page, 'Copy Cell').waitFor();
      await prompts.nth(1).click({ button: 'right', force: true });
      await item(page, 'Copy Cell').click();
    },
    told('notebook:copy-cell', 'context-menu', 'mouse', 'exact')
  ),
  row(
    'menu bar by keys alone: focus, ArrowDown, Enter on File > Save Notebook',
    async page => {
      await menuLabel(page, 'File').locator('..').focus();
      await page.keyboard.press('ArrowDown');
      await item(page, 'Save Notebook').waitFor();
      for (let i = 0; i < 40; i++) {
        const mark = await item(page, 'Save Notebook').getAttribute('class');
        if (mark?.includes('lm-mod-active')) {
          break;
        }
        await page.keyboard.press('ArrowDown');
      }
      await page.keyboard.press('Enter');
    },
    told('docmanager:save', 'main-menu', 'keyboard', 'exact'),
    carriedOut('document-saved', 'docmanager:save')
  ),
  row(
    'File opened, View reached by ArrowRight, an item chosen with the mouse',
    async page => {
      await openMenu(page, 'File');
      await press('ArrowRight', 'ArrowRight')(page);
      await item(page, 'Show Line Numbers').click();
    },
    told('viewmenu:line-numbering', 'main-menu', 'mouse', 'exact'),
    child(
      'notebook:toggle-all-cell-line-numbers',
      'viewmenu:line-numbering',
      'exact'
    )
  ),
  row(
    'pressed on File, dragged over to Edit, released on Select All Cells',
    async page => {
      await menuLabel(page, 'File').hover();
      await page.mouse.down();
      await menuLabel(page, 'Edit').hover();
      await item(page, 'Select All Cells').hover();
      await page.mouse.up();
    },
    told('notebook:select-all', 'main-menu', 'mouse', 'exact')
  ),
  row(
    'a submenu opened by hovering: View > Appearance > presentation mode, twice',
    async page => {
      for (let i = 0; i < 2; i++) {
        await openMenu(page, 'View');
        await item(page, 'Appearance').hover();
        await item(page, 'Presentation Mode').click();
      }
    },
    told('application:toggle-presentation-mode', 'main-menu', 'mouse', 'exact'),
    told('application:toggle-presentation-mode', 'main-menu', 'mouse', 'exact')
  ),
  row(
    'palette: searched in, left with Escape',
    async page => {
      await openPalette(page, 'kernel');
      await page.keyboard.press('Escape');
    },
    keyed('apputils:activate-command-palette')
  ),
  row(
    'palette: a loose search, down and up again, Enter',
    async page => {
      await commandMode(page);
      await openPalette(page, 'ins cel abov');
      await paletteItem(page, 'notebook:insert-cell-above').waitFor();
      await press('ArrowDown', 'ArrowUp', 'Enter')(page);
    },
    keyed('apputils:activate-command-palette'),
    told('notebook:insert-cell-above', 'palette', 'keyboard', 'exact')
  ),
  row(
    'Ctrl+B at once after a click into a cell',
    async page => {
      await editor(page, 0).click();
      await press('Control+b', 'Control+b')(page);
    },
    keyed(LEFT),
    keyed(LEFT)
  )
];

export const CELLS: IGroup & { readonly interactions: readonly IUnseen[] } = {
  name: 'cells, find, menus and palette',
  application: 'JupyterLab',
  path: 'lab/tree/first.ipynb',
  ready: '.jp-NotebookPanel .jp-Cell',
  prepare: lab =>
    writeCells(lab, 'first.ipynb', [
      { type: 'markdown', source: '# One' },
      ...['1', '2', '3', '4', '5'].map(source => ({ source }))
    ]),
  interactions: [...KEYS, ...FIND, ...MENUS]
};
