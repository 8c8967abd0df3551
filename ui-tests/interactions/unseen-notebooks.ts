// Notebook 7.

import { writeFileSync } from 'fs';
import { join } from 'path';

import {
  byMenu,
  commandMode,
  inCommandMode,
  item,
  openPalette,
  paletteItem,
  press
} from './steps';
import type { IGroup } from './table';
import { activity, child, told } from './table';
import type { IUnseen } from './unseen-rows';
import {
  answerByKey,
  carriedOut,
  corrected,
  emptyCell,
  after,
  file,
  idle,
  keyed,
  row,
  SEEN,
  writeCells
} from './unseen-rows';

const NOTEBOOK_ROWS: readonly IUnseen[] = [
  row(
    'keys one after the other: A, X, Z',
    inCommandMode('a', 'x', 'z'),
    keyed('notebook:insert-cell-above'),
    keyed('notebook:cut-cell'),
    keyed('notebook:undo-cell-action')
  ),
  after(
    emptyCell,
    row(
      'Shift+Enter while editing',
      async page => {
        await page.keyboard.type('1 + 1');
        await page.keyboard.press('Shift+Enter');
        await idle(page);
      },
      keyed('notebook:run-cell-and-select-next', 'success'),
      carriedOut('cell-executed', 'notebook:run-cell-and-select-next')
    )
  ),
  after(
    emptyCell,
    corrected(
      'Escape leaves the edit mode there, too',
      row(
        'completer opened with Tab, left with Escape',
        async page => {
          await page.keyboard.type('pr');
          await page.keyboard.press('Tab');
          await page.locator('.jp-Completer:visible').waitFor();
          await page.keyboard.press('Escape');
        },
        keyed('completer:invoke-notebook'),
        keyed('notebook:enter-command-mode')
      )
    )
  ),
  row(
    'keys 0, 0 and Escape in the dialog',
    async page => {
      await page.keyboard.press('Escape');
      await inCommandMode('0', '0')(page);
      await answerByKey(page, 'Escape');
    },
    keyed('notebook:enter-command-mode'),
    keyed('kernelmenu:restart', 'cancelled'),
    child('notebook:restart-kernel', 'kernelmenu:restart', 'exact', 'cancelled')
  ),
  row(
    'main menu: Edit > Find…, and Escape',
    async page => {
      await commandMode(page);
      await byMenu('Edit', 'Find…')(page);
      await page.locator('.jp-DocumentSearch-overlay').waitFor();
      await page.keyboard.press('Escape');
    },
    told('documentsearch:start', 'main-menu', 'mouse', 'exact'),
    carriedOut('search-used', 'documentsearch:start'),
    keyed('documentsearch:end')
  ),
  row(
    'a submenu opened by hovering: Settings > Theme > JupyterLab Dark',
    async page => {
      await byMenu('Settings', 'Theme', 'JupyterLab Dark')(page);
      await page
        .locator('body[data-jp-theme-light="false"]')
        .waitFor({ state: 'attached' });
    },
    told('apputils:change-theme', 'main-menu', 'mouse', 'exact'),
    carriedOut('theme-changed', 'apputils:change-theme')
  ),
  row(
    "the kernel's name, and its dialog left with Escape: nothing",
    async page => {
      await page.locator('.jp-KernelName').first().click();
      await answerByKey(page, 'Escape');
    }
  ),
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
    activity(told('cell-type-changed', 'toolbar', 'keyboard', SEEN))
  ),
  row(
    'palette: a loose search, Enter',
    async page => {
      await commandMode(page);
      await openPalette(page, 'ins cel abov');
      await paletteItem(page, 'notebook:insert-cell-above').waitFor();
      await page.keyboard.press('Enter');
    },
    keyed('apputils:activate-command-palette'),
    told('notebook:insert-cell-above', 'palette', 'keyboard', 'exact')
  ),
  corrected(
    'the name is a command of its own',
    row(
      'the name of the notebook pressed, its dialog left with Escape',
      async page => {
        await page.locator('.jp-NotebookTitle, #jp-title h1').first().click();
        await answerByKey(page, 'Escape');
      },
      told('application:rename', 'toolbar', 'mouse', 'direct', 'cancelled')
    )
  ),
  row(
    'keys I, I while a cell runs',
    async page => {
      await commandMode(page);
      await press('i', 'i')(page);
    },
    keyed('kernelmenu:interrupt'),
    child('notebook:interrupt-kernel', 'kernelmenu:interrupt', 'exact'),
    carriedOut('kernel-interrupted', 'notebook:interrupt-kernel')
  ),
  row(
    'a handler of an extension that waits 200 ms',
    async page => {
      await page.evaluate(id => {
        const button = document.createElement('button');
        button.textContent = 'wait';
        button.style.cssText = 'position:fixed;top:200px;left:600px;z-index:9';
        button.onclick = () => {
          setTimeout(() => void window.jupyterapp.commands.execute(id), 200);
        };
        document.body.append(button);
      }, 'notebook:copy-cell');
      await page.getByRole('button', { name: 'wait', exact: true }).click();
    },
    told('notebook:copy-cell', 'other-widget', 'mouse', 'inferred')
  )
];

const OPENED = activity(told('document-opened', 'file-browser', 'mouse', SEEN));

const TREE_ROWS: readonly IUnseen[] = [
  row(
    'New > New Folder, named with the keyboard',
    async page => {
      await page
        .locator(
          '.jp-FileBrowser-toolbar .lm-MenuBar-item, .jp-DropdownMenu .lm-MenuBar-item'
        )
        .first()
        .click();
      await item(page, /^New Folder$/).click();
      await page.locator('.jp-DirListing-editor:visible').waitFor();
      await page.keyboard.press('Enter');
    },
    told('filebrowser:create-new-directory', 'other-widget', 'mouse', 'exact')
  ),
  row(
    'toolbar: filter',
    page =>
      page
        .locator('[data-command="filebrowser:toggle-file-filter"]:visible')
        .first()
        .click(),
    told('filebrowser:toggle-file-filter', 'toolbar', 'mouse', 'exact')
  ),
  corrected(
    'a click on a name opens the file',
    row(
      'Ctrl+A selects all files',
      async page => {
        await file(page, 'a.txt').click();
        await page.keyboard.press('Control+a');
      },
      // A click on a name opens the file here.
      OPENED,
      keyed('filebrowser:select-all')
    )
  ),
  corrected(
    'a click on a name opens the file, and Enter in the dialog of Delete means Cancel',
    row(
      'Delete key, accepted with Enter',
      async page => {
        await file(page, 'b.md').click();
        await page.keyboard.press('Delete');
        await answerByKey(page, 'Enter');
      },
      OPENED,
      keyed('filebrowser:delete', 'cancelled')
    )
  ),
  row(
    'a file opened with a double click, in a page of its own',
    async page => {
      const opened = page.context().waitForEvent('page');
      await file(page, 'a.txt').dblclick();
      await (await opened).close();
    },
    activity(told('document-opened', 'file-browser', 'mouse', SEEN))
  ),
  row('the tab of what runs pressed: nothing', page =>
    page.getByRole('tab', { name: 'Running' }).first().click()
  ),
  row(
    'a program, long after any gesture',
    async page => {
      await page.waitForTimeout(600);
      await page.evaluate(
        id => window.jupyterapp.commands.execute(id),
        'filebrowser:refresh'
      );
    },
    told('filebrowser:refresh', 'programmatic', 'none', 'unknown')
  )
];

export const NOTEBOOK_7: IGroup & {
  readonly interactions: readonly IUnseen[];
} = {
  name: 'a notebook',
  application: 'Notebook',
  path: 'notebooks/first.ipynb',
  ready: '.jp-NotebookPanel .jp-Cell',
  prepare: lab =>
    writeCells(
      lab,
      'first.ipynb',
      ['1', '2', '3'].map(source => ({ source }))
    ),
  interactions: NOTEBOOK_ROWS
};

export const TREE_7: IGroup & { readonly interactions: readonly IUnseen[] } = {
  name: 'the file list',
  application: 'Notebook',
  path: 'tree',
  ready: '.jp-DirListing-item',
  prepare: lab => {
    writeFileSync(join(lab.root, 'a.txt'), 'hello\n');
    writeFileSync(join(lab.root, 'b.md'), '# one\n');
  },
  interactions: TREE_ROWS
};
