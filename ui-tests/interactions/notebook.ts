// Notebook 7: the same bundle on its pages, with the surfaces that it has.

import { writeFileSync } from 'fs';
import { join } from 'path';

import { penTap, tap } from './pointers';
import {
  answer,
  byContextMenu,
  byMenu,
  byMenuKeys,
  byToolbar,
  byToolbarKey,
  inCommandMode,
  item,
  markByKeys,
  openPalette,
  paletteItem,
  press,
  toolbarItem
} from './steps';
import type { IGroup } from './table';
import { child, interaction, told } from './table';
import { writeNotebook } from './menus';

const INSERT = 'notebook:insert-cell-below';
const keyed = (command: string) =>
  told(command, 'keybinding', 'keyboard', 'exact');

export const NOTEBOOK: IGroup = {
  name: 'a notebook',
  application: 'Notebook',
  path: 'notebooks/first.ipynb',
  ready: '.jp-NotebookPanel .jp-Cell',
  prepare: lab => writeNotebook(lab, 'first.ipynb'),
  interactions: [
    interaction('key binding: B', inCommandMode('b'), keyed(INSERT)),
    interaction(
      'key binding of two strokes: D, D',
      inCommandMode('d', 'd'),
      keyed('notebook:delete-cell')
    ),
    interaction(
      'key binding: Shift+Enter',
      inCommandMode('Shift+Enter'),
      keyed('runmenu:run'),
      child('notebook:run-cell-and-select-next', 'runmenu:run', 'exact')
    ),
    interaction(
      'key binding: Ctrl+S',
      inCommandMode('Control+s'),
      keyed('docmanager:save')
    ),
    interaction('arrow keys are quiet', inCommandMode('ArrowDown', 'ArrowUp')),
    interaction(
      'toolbar: insert',
      byToolbar('insert'),
      told(INSERT, 'toolbar', 'mouse', 'exact')
    ),
    interaction(
      'toolbar, Enter: insert',
      byToolbarKey('insert', 'Enter'),
      told(INSERT, 'toolbar', 'keyboard', 'exact')
    ),
    interaction(
      'toolbar, finger: insert',
      async page => tap(page, toolbarItem(page, 'insert')),
      told(INSERT, 'toolbar', 'touch', 'exact')
    ),
    interaction(
      'toolbar, pen: insert',
      async page => penTap(page, toolbarItem(page, 'insert')),
      told(INSERT, 'toolbar', 'pen', 'exact')
    ),
    interaction(
      'toolbar: run',
      byToolbar('run'),
      told(
        'notebook:run-cell-and-select-next',
        'toolbar',
        'mouse',
        'exact',
        'success'
      )
    ),
    interaction(
      'toolbar: restart, refused in its dialog',
      async page => {
        await byToolbar('restart')(page);
        await answer(page, 'reject');
      },
      told('notebook:restart-kernel', 'toolbar', 'mouse', 'exact', 'cancelled')
    ),
    interaction(
      'main menu: File > Save Notebook',
      byMenu('File', 'Save Notebook'),
      told('docmanager:save', 'main-menu', 'mouse', 'exact')
    ),
    interaction(
      'main menu, keys: Run > Run Selected Cell',
      byMenuKeys('Run', 'Run Selected Cell'),
      told('runmenu:run', 'main-menu', 'keyboard', 'exact'),
      child('notebook:run-cell-and-select-next', 'runmenu:run', 'exact')
    ),
    interaction(
      'main menu: Edit > Undo',
      byMenu('Edit', 'Undo'),
      told('editmenu:undo', 'main-menu', 'mouse', 'exact'),
      child('notebook:undo', 'editmenu:undo', 'exact')
    ),
    interaction(
      'main menu, pressed, dragged and released: Run > Run All Cells',
      async page => {
        await page
          .locator('.lm-MenuBar-itemLabel', { hasText: /^Run$/ })
          .hover();
        await page.mouse.down();
        await item(page, 'Run All Cells').hover();
        await page.mouse.up();
      },
      told('runmenu:run-all', 'main-menu', 'mouse', 'exact'),
      child('notebook:run-all-cells', 'runmenu:run-all', 'exact')
    ),
    interaction(
      'main menu: Kernel > Interrupt Kernel',
      byMenu('Kernel', 'Interrupt Kernel'),
      told('kernelmenu:interrupt', 'main-menu', 'mouse', 'exact'),
      child('notebook:interrupt-kernel', 'kernelmenu:interrupt', 'exact')
    ),
    interaction(
      'context menu of a cell: Copy Cell',
      async page =>
        byContextMenu(
          page,
          page.locator('.jp-InputPrompt').first(),
          'Copy Cell'
        ),
      told('notebook:copy-cell', 'context-menu', 'mouse', 'exact')
    ),
    interaction(
      'context menu of a cell, keys: Copy Cell',
      async page => {
        await page
          .locator('.jp-InputPrompt')
          .first()
          .click({ button: 'right' });
        await markByKeys(page, 'Copy Cell');
        await page.keyboard.press('Enter');
      },
      told('notebook:copy-cell', 'context-menu', 'keyboard', 'exact')
    ),
    interaction(
      'palette, Enter: Insert Cell Below',
      async page => {
        await openPalette(page, 'Insert Cell Below');
        await paletteItem(page, INSERT).waitFor();
        await page.keyboard.press('Enter');
      },
      keyed('apputils:activate-command-palette'),
      told(INSERT, 'palette', 'keyboard', 'exact')
    ),
    interaction(
      'palette, mouse: Insert Cell Below',
      async page => {
        await openPalette(page, 'Insert Cell Below');
        await paletteItem(page, INSERT).click();
      },
      keyed('apputils:activate-command-palette'),
      told(INSERT, 'palette', 'mouse', 'exact')
    ),
    interaction(
      'cell toolbar: duplicate-cell',
      async page => {
        await press('Escape')(page);
        await page.locator('.jp-Cell .jp-InputPrompt').nth(1).click();
        await page
          .locator(
            '.jp-cell-toolbar [data-jp-item-name="duplicate-cell"] [data-command]'
          )
          .first()
          .click();
      },
      told('notebook:duplicate-below', 'cell-toolbar', 'mouse', 'exact')
    ),
    interaction(
      'a program, long after any gesture',
      async page => {
        await page.waitForTimeout(600);
        await page.evaluate(
          id => window.jupyterapp.commands.execute(id),
          INSERT
        );
      },
      told(INSERT, 'programmatic', 'none', 'unknown')
    )
  ]
};

export const TREE: IGroup = {
  name: 'the file list',
  application: 'Notebook',
  path: 'tree',
  ready: '.jp-DirListing-item',
  prepare: lab => {
    writeFileSync(join(lab.root, 'a.txt'), 'hello\n');
    writeFileSync(join(lab.root, 'b.md'), '# one\n');
  },
  interactions: [
    interaction('a file selected: nothing', async page =>
      page.locator('.jp-DirListing-item').first().click()
    ),
    interaction(
      'toolbar of selected files: Duplicate',
      async page =>
        page
          .locator('[data-command="filebrowser:duplicate"]:visible')
          .first()
          .click(),
      told('filebrowser:duplicate', 'toolbar', 'mouse', 'exact')
    ),
    interaction(
      'key binding: F2',
      async page => {
        await page.locator('.jp-DirListing-item').first().click();
        await page.keyboard.press('F2');
        await page.locator('.jp-DirListing-editor:visible').waitFor();
        await page.keyboard.press('Escape');
      },
      keyed('filebrowser:rename')
    ),
    interaction(
      'context menu: Delete, refused',
      async page => {
        await byContextMenu(
          page,
          page.locator('.jp-DirListing-item').first(),
          /^(Delete|Move to Trash)$/
        );
        await answer(page, 'reject');
      },
      told('filebrowser:delete', 'context-menu', 'mouse', 'exact', 'cancelled')
    ),
    interaction(
      'main menu: Help > Telemetry',
      byMenu('Help', 'Telemetry'),
      told('eventlog:open', 'main-menu', 'mouse', 'exact')
    )
  ]
};
