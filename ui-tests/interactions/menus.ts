// Main menu and key bindings.

import { writeFileSync } from 'fs';
import { join } from 'path';

import type { ILab } from '../lab';
import {
  answer,
  byMenu,
  byMenuKeys,
  commandMode,
  inCommandMode,
  item,
  markByKeys,
  openMenu,
  press
} from './steps';
import type { IGroup } from './table';
import { child, interaction, told } from './table';

/** A notebook of three short cells. */
export function writeNotebook(lab: ILab, name: string): void {
  const cell = (id: number): object => ({
    cell_type: 'code',
    execution_count: null,
    id: `cell-${id}`,
    metadata: {},
    outputs: [],
    source: String(id)
  });
  writeFileSync(
    join(lab.root, name),
    JSON.stringify({
      cells: [1, 2, 3].map(cell),
      metadata: {
        kernelspec: {
          display_name: 'Python 3 (ipykernel)',
          language: 'python',
          name: 'python3'
        }
      },
      nbformat: 4,
      nbformat_minor: 5
    })
  );
}

export const MENUS: IGroup = {
  name: 'menus and keys',
  application: 'JupyterLab',
  path: 'lab/tree/first.ipynb',
  ready: '.jp-NotebookPanel .jp-Cell',
  prepare: lab => writeNotebook(lab, 'first.ipynb'),
  interactions: [
    interaction(
      'key binding in command mode: B',
      inCommandMode('b'),
      told('notebook:insert-cell-below', 'keybinding', 'keyboard', 'exact')
    ),
    interaction(
      'key binding in command mode: A',
      inCommandMode('a'),
      told('notebook:insert-cell-above', 'keybinding', 'keyboard', 'exact')
    ),
    interaction(
      'key binding of two strokes: D, D',
      inCommandMode('d', 'd'),
      told('notebook:delete-cell', 'keybinding', 'keyboard', 'exact')
    ),
    interaction(
      'key binding: M',
      inCommandMode('m'),
      told(
        'notebook:change-cell-to-markdown',
        'keybinding',
        'keyboard',
        'exact'
      )
    ),
    interaction(
      'key binding: Y',
      press('y'),
      told('notebook:change-cell-to-code', 'keybinding', 'keyboard', 'exact')
    ),
    interaction(
      'key binding: Enter (edit mode)',
      press('Enter'),
      told('notebook:enter-edit-mode', 'keybinding', 'keyboard', 'exact')
    ),
    interaction('typing in a cell', async page => page.keyboard.type('1 + 1')),
    interaction(
      'key binding in a cell: Escape',
      press('Escape'),
      told('notebook:enter-command-mode', 'keybinding', 'keyboard', 'exact')
    ),
    interaction(
      'key binding: Shift+Enter',
      inCommandMode('Shift+Enter'),
      told('runmenu:run', 'keybinding', 'keyboard', 'exact', 'success'),
      child(
        'notebook:run-cell-and-select-next',
        'runmenu:run',
        'exact',
        'success'
      )
    ),
    interaction(
      'key binding: Ctrl+Enter',
      inCommandMode('Control+Enter'),
      told('notebook:run-cell', 'keybinding', 'keyboard', 'exact', 'success')
    ),
    interaction(
      'key binding: Alt+Enter',
      inCommandMode('Alt+Enter'),
      told(
        'notebook:run-cell-and-insert-below',
        'keybinding',
        'keyboard',
        'exact'
      )
    ),
    interaction(
      'key binding: Ctrl+S',
      async page => {
        await commandMode(page);
        await press('Control+s')(page);
      },
      told('docmanager:save', 'keybinding', 'keyboard', 'exact')
    ),
    interaction(
      'key binding: Ctrl+B',
      press('Control+b', 'Control+b'),
      told('application:toggle-left-area', 'keybinding', 'keyboard', 'exact'),
      told('application:toggle-left-area', 'keybinding', 'keyboard', 'exact')
    ),
    interaction(
      'arrow keys are quiet',
      inCommandMode('ArrowDown', 'ArrowUp', 'j', 'k')
    ),
    interaction(
      'key binding of two strokes with a dialog: 0, 0, refused',
      async page => {
        await inCommandMode('0', '0')(page);
        await answer(page, 'reject');
      },
      told(
        'kernelmenu:restart',
        'keybinding',
        'keyboard',
        'exact',
        'cancelled'
      ),
      child(
        'notebook:restart-kernel',
        'kernelmenu:restart',
        'exact',
        'cancelled'
      )
    ),
    interaction(
      'main menu: File > Save',
      byMenu('File', /^Save Notebook$/),
      told('docmanager:save', 'main-menu', 'mouse', 'exact')
    ),
    interaction(
      'main menu, keys: File > Save',
      byMenuKeys('File', /^Save Notebook$/),
      told('docmanager:save', 'main-menu', 'keyboard', 'exact')
    ),
    interaction(
      'main menu: Edit > Undo',
      byMenu('Edit', 'Undo'),
      told('editmenu:undo', 'main-menu', 'mouse', 'exact'),
      child('notebook:undo', 'editmenu:undo', 'exact')
    ),
    interaction(
      'main menu: View > Show Line Numbers',
      byMenu('View', 'Show Line Numbers'),
      told('viewmenu:line-numbering', 'main-menu', 'mouse', 'exact'),
      child(
        'notebook:toggle-all-cell-line-numbers',
        'viewmenu:line-numbering',
        'exact'
      )
    ),
    interaction(
      'main menu: Run > Run Selected Cell',
      byMenu('Run', /^Run Selected Cell$/),
      told('runmenu:run', 'main-menu', 'mouse', 'exact'),
      child('notebook:run-cell-and-select-next', 'runmenu:run', 'exact')
    ),
    interaction(
      'main menu, keys: Run > Run Selected Cell',
      byMenuKeys('Run', /^Run Selected Cell$/),
      told('runmenu:run', 'main-menu', 'keyboard', 'exact'),
      child('notebook:run-cell-and-select-next', 'runmenu:run', 'exact')
    ),
    interaction(
      'main menu: Run > Run All Cells',
      byMenu('Run', 'Run All Cells'),
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
      'main menu, pressed, dragged and released: View > Show Line Numbers',
      async page => {
        const label = page.locator('.lm-MenuBar-itemLabel', {
          hasText: /^View$/
        });
        await label.hover();
        await page.mouse.down();
        await item(page, 'Show Line Numbers').hover();
        await page.mouse.up();
      },
      told('viewmenu:line-numbering', 'main-menu', 'mouse', 'exact'),
      child(
        'notebook:toggle-all-cell-line-numbers',
        'viewmenu:line-numbering',
        'exact'
      )
    ),
    interaction(
      'submenu: Settings > Theme > JupyterLab Dark',
      byMenu('Settings', 'Theme', 'JupyterLab Dark'),
      told('apputils:change-theme', 'main-menu', 'mouse', 'exact')
    ),
    interaction(
      'submenu, keys: Settings > Theme > JupyterLab Light',
      async page => {
        await openMenu(page, 'Settings');
        await markByKeys(page, 'Theme');
        await page.keyboard.press('ArrowRight');
        await markByKeys(page, 'JupyterLab Light');
        await page.keyboard.press('Enter');
      },
      told('apputils:change-theme', 'main-menu', 'keyboard', 'exact')
    ),
    interaction(
      'main menu: Help > About, and its dialog closed',
      async page => {
        await byMenu('Help', 'About JupyterLab')(page);
        await page.locator('.jp-Dialog button').last().click();
      },
      told('help:about', 'main-menu', 'mouse', 'exact')
    ),
    interaction('a menu opened and left: nothing', async page => {
      await openMenu(page, 'File');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
    }),
    interaction(
      'main menu: Tabs > Activate Next Tab',
      byMenu('Tabs', 'Activate Next Tab'),
      told('application:activate-next-tab', 'main-menu', 'mouse', 'exact')
    )
  ]
};
