// Toolbars, cell toolbar, context menus of a notebook, palette, dialogs; by mouse, keys, finger and pen.

import { penTap, tap } from './pointers';
import {
  answer,
  byContextMenu,
  byToolbar,
  byToolbarKey,
  commandMode,
  item,
  markByKeys,
  openMenu,
  openPalette,
  paletteItem,
  press,
  toolbarItem,
  untilMode,
  untilIdle
} from './steps';
import type { IGroup, IInteraction } from './table';
import { child, interaction, told } from './table';
import { writeNotebook } from './menus';

const INSERT = 'notebook:insert-cell-below';
const LEFT = 'application:toggle-left-area';

const TOOLBAR: readonly IInteraction[] = [
  interaction(
    'notebook toolbar: insert',
    byToolbar('insert'),
    told(INSERT, 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'notebook toolbar, Enter: insert',
    byToolbarKey('insert', 'Enter'),
    told(INSERT, 'toolbar', 'keyboard', 'exact')
  ),
  interaction(
    'notebook toolbar, space bar: insert',
    byToolbarKey('insert', 'Space'),
    told(INSERT, 'toolbar', 'keyboard', 'exact')
  ),
  interaction(
    'notebook toolbar, finger: insert',
    async page => tap(page, toolbarItem(page, 'insert')),
    told(INSERT, 'toolbar', 'touch', 'exact')
  ),
  interaction(
    'notebook toolbar, pen: insert',
    async page => penTap(page, toolbarItem(page, 'insert')),
    told(INSERT, 'toolbar', 'pen', 'exact')
  ),
  interaction(
    'notebook toolbar: copy',
    byToolbar('copy'),
    told('notebook:copy-cell', 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'notebook toolbar: paste',
    byToolbar('paste'),
    told('notebook:paste-cell-below', 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'notebook toolbar: cut',
    byToolbar('cut'),
    told('notebook:cut-cell', 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'notebook toolbar: save',
    byToolbar('save'),
    told('docmanager:save', 'toolbar', 'mouse', 'exact', 'success')
  ),
  interaction(
    'notebook toolbar: run',
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
    'notebook toolbar: interrupt',
    byToolbar('interrupt'),
    told('notebook:interrupt-kernel', 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'notebook toolbar: restart, refused in its dialog',
    async page => {
      await byToolbar('restart')(page);
      await answer(page, 'reject');
    },
    told('notebook:restart-kernel', 'toolbar', 'mouse', 'exact', 'cancelled')
  ),
  interaction(
    'notebook toolbar: restart, dialog closed with Escape',
    async page => {
      await byToolbar('restart')(page);
      await page.locator('.jp-Dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('.jp-Dialog').waitFor({ state: 'detached' });
    },
    told('notebook:restart-kernel', 'toolbar', 'mouse', 'exact', 'cancelled')
  ),
  interaction(
    'notebook toolbar: restart, accepted in its dialog',
    async page => {
      await byToolbar('restart')(page);
      await answer(page, 'accept');
    },
    told('notebook:restart-kernel', 'toolbar', 'mouse', 'exact', 'success')
  ),
  interaction(
    'notebook toolbar: restart and run all, accepted with Enter',
    async page => {
      // A kernel that is restarted while it starts may never answer.
      await untilIdle(page);
      await byToolbar('restart-and-run')(page);
      await page.locator('.jp-Dialog').waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.jp-Dialog').waitFor({ state: 'detached' });
    },
    told('notebook:restart-run-all', 'toolbar', 'mouse', 'exact', 'success')
  ),
  interaction(
    "toolbar's popup in a narrow window: its last button, which opens the notebook in Notebook",
    async page => {
      await page.setViewportSize({ width: 560, height: 800 });
      const opener = page.locator('.jp-Toolbar-responsive-opener:visible');
      await opener.first().click();
      await page
        .locator('.jp-Toolbar-responsive-popup [data-command]:visible')
        .last()
        .click();
    },
    told('jupyter-notebook:open-notebook', 'toolbar', 'mouse', 'exact')
  ),
  interaction('the window made wide again: nothing', async page => {
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1280, height: 800 });
  })
];

const CELL_TOOLBAR: readonly IInteraction[] = [
  ...(
    [
      ['duplicate-cell', 'notebook:duplicate-below'],
      ['insert-cell-above', 'notebook:insert-cell-above'],
      ['insert-cell-below', 'notebook:insert-cell-below'],
      ['move-cell-up', 'notebook:move-cell-up']
    ] as const
  ).map(([name, command]) =>
    interaction(
      `cell toolbar: ${name}`,
      async page => {
        await page
          .locator('.jp-NotebookPanel:visible .jp-Cell .jp-InputPrompt')
          .nth(1)
          .click();
        await page
          .locator(
            `.jp-cell-toolbar [data-jp-item-name="${name}"] [data-command]`
          )
          .first()
          .click();
      },
      told(command, 'cell-toolbar', 'mouse', 'exact')
    )
  ),
  interaction(
    'cell toolbar: delete-cell',
    async page => {
      await page
        .locator(
          '.jp-cell-toolbar [data-jp-item-name="delete-cell"] [data-command]'
        )
        .first()
        .click();
      await answer(page, 'accept');
    },
    told('cell-toolbar:delete', 'cell-toolbar', 'mouse', 'exact', 'success'),
    child('notebook:delete-cell', 'cell-toolbar:delete', ['inferred', 'direct'])
  ),
  interaction(
    'cell toolbar, Enter: duplicate-cell',
    async page => {
      await commandMode(page);
      await page
        .locator(
          '.jp-cell-toolbar [data-jp-item-name="duplicate-cell"] [data-command]'
        )
        .first()
        .focus();
      await page.keyboard.press('Enter');
    },
    told('notebook:duplicate-below', 'cell-toolbar', 'keyboard', 'exact')
  ),
  interaction(
    'cell toolbar, finger: duplicate-cell',
    async page => {
      await commandMode(page);
      await tap(
        page,
        page
          .locator(
            '.jp-cell-toolbar [data-jp-item-name="duplicate-cell"] [data-command]'
          )
          .first()
      );
    },
    told('notebook:duplicate-below', 'cell-toolbar', 'touch', 'exact')
  )
];

const CONTEXT_MENU: readonly IInteraction[] = [
  interaction(
    'context menu of a cell: Copy Cell',
    async page =>
      byContextMenu(page, page.locator('.jp-InputPrompt').first(), 'Copy Cell'),
    told('notebook:copy-cell', 'context-menu', 'mouse', 'exact')
  ),
  interaction(
    'context menu of a cell, keys: Copy Cell',
    async page => {
      await page.locator('.jp-InputPrompt').first().click({ button: 'right' });
      await markByKeys(page, 'Copy Cell');
      await page.keyboard.press('Enter');
    },
    told('notebook:copy-cell', 'context-menu', 'keyboard', 'exact')
  ),
  interaction(
    'context menu opened by the menu key, keys: Copy Cell',
    async page => {
      await commandMode(page);
      await page.keyboard.press('ContextMenu');
      await markByKeys(page, 'Copy Cell');
      await page.keyboard.press('Enter');
    },
    told('notebook:copy-cell', 'context-menu', 'keyboard', 'exact')
  ),
  interaction(
    'context menu opened by Shift+F10, mouse: Copy Cell',
    async page => {
      await commandMode(page);
      await page.keyboard.press('Shift+F10');
      await item(page, 'Copy Cell').click();
    },
    told('notebook:copy-cell', 'context-menu', 'mouse', 'exact')
  ),
  interaction(
    'context menu, the right button pressed, dragged and released: Copy Cell',
    async page => {
      await page.locator('.jp-InputPrompt').first().hover();
      await page.mouse.down({ button: 'right' });
      await item(page, 'Copy Cell').waitFor();
      await item(page, 'Copy Cell').hover();
      await page.mouse.up({ button: 'right' });
      await page.keyboard.press('Escape');
    }
  ),
  interaction(
    'context menu of a tab: Duplicate Notebook',
    async page =>
      byContextMenu(
        page,
        page.locator('#jp-main-dock-panel .lm-TabBar-tab').first(),
        'Duplicate Notebook'
      ),
    told('docmanager:duplicate', 'context-menu', 'mouse', 'exact')
  ),
  interaction('context menu opened and left: nothing', async page => {
    await page.locator('.jp-InputPrompt').first().click({ button: 'right' });
    await item(page, 'Copy Cell').waitFor();
    await page.keyboard.press('Escape');
  }),
  interaction(
    'main menu, finger: a tap on an item runs nothing in this version',
    async page => {
      await tap(
        page,
        page.locator('.lm-MenuBar-itemLabel', { hasText: /^View$/ })
      );
      await item(page, 'Show Line Numbers').waitFor();
      await tap(page, item(page, 'Show Line Numbers'));
    }
  ),
  interaction(
    'main menu, pen: View > Show Line Numbers',
    async page => {
      await page.keyboard.press('Escape');
      await penTap(
        page,
        page.locator('.lm-MenuBar-itemLabel', { hasText: /^View$/ })
      );
      await item(page, 'Show Line Numbers').waitFor();
      await penTap(page, item(page, 'Show Line Numbers'));
    },
    told('viewmenu:line-numbering', 'main-menu', 'pen', 'exact'),
    child(
      'notebook:toggle-all-cell-line-numbers',
      'viewmenu:line-numbering',
      'exact'
    )
  )
];

const PALETTE: readonly IInteraction[] = [
  interaction(
    'key binding: Ctrl+Shift+C',
    press('Control+Shift+C'),
    told('apputils:activate-command-palette', 'keybinding', 'keyboard', 'exact')
  ),
  interaction(
    'palette, Enter: Insert Cell Below',
    async page => {
      await page
        .locator('.lm-CommandPalette-input')
        .last()
        .fill('Insert Cell Below');
      await paletteItem(page, INSERT).waitFor();
      await page.keyboard.press('Enter');
    },
    told(INSERT, 'palette', 'keyboard', 'exact')
  ),
  interaction(
    'palette, mouse: Insert Cell Below',
    async page => {
      await openPalette(page, 'Insert Cell Below');
      await paletteItem(page, INSERT).click();
    },
    told(
      'apputils:activate-command-palette',
      'keybinding',
      'keyboard',
      'exact'
    ),
    told(INSERT, 'palette', 'mouse', 'exact')
  ),
  interaction(
    'palette, finger: Insert Cell Below',
    async page => {
      await openPalette(page, 'Insert Cell Below');
      await tap(page, paletteItem(page, INSERT));
    },
    told(
      'apputils:activate-command-palette',
      'keybinding',
      'keyboard',
      'exact'
    ),
    told(INSERT, 'palette', 'touch', 'exact')
  ),
  interaction(
    'palette, arrow keys and Enter: the second that fits',
    async page => {
      await openPalette(page, 'Run Selected Cell');
      await paletteItem(page, 'notebook:run-cell').waitFor();
      for (let press = 0; press < 10; press++) {
        const active = page.locator('.lm-CommandPalette-item.lm-mod-active');
        const command = await active.getAttribute('data-command');
        if (command === 'notebook:run-cell') {
          break;
        }
        await page.keyboard.press('ArrowDown');
      }
      await page.keyboard.press('Enter');
    },
    told(
      'apputils:activate-command-palette',
      'keybinding',
      'keyboard',
      'exact'
    ),
    told('notebook:run-cell', 'palette', 'keyboard', 'exact')
  ),
  interaction(
    'main menu: View > Activate Command Palette, and left',
    async page => {
      await openMenu(page, 'View');
      await item(page, 'Activate Command Palette').click();
      await page.locator('.lm-CommandPalette-input').last().waitFor();
      await page.keyboard.press('Escape');
    },
    told('apputils:activate-command-palette', 'main-menu', 'mouse', 'exact')
  ),
  interaction(
    'palette, mouse: a command with a dialog, refused',
    async page => {
      await openPalette(page, 'Restart Kernel…');
      await page
        .locator('.lm-CommandPalette-item.lm-mod-active')
        .first()
        .waitFor();
      await paletteItem(page, 'notebook:restart-kernel').click();
      await answer(page, 'reject');
    },
    told(
      'apputils:activate-command-palette',
      'keybinding',
      'keyboard',
      'exact'
    ),
    told('notebook:restart-kernel', 'palette', 'mouse', 'exact', 'cancelled')
  ),
  interaction(
    'a program, long after any gesture',
    async page => {
      // The rule itself is about time: a gesture explains a command for half a second.
      await page.waitForTimeout(600);
      await page.evaluate(id => window.jupyterapp.commands.execute(id), LEFT);
    },
    told(LEFT, 'programmatic', 'none', 'unknown')
  ),
  interaction(
    'a program, half a second after typing',
    async page => {
      await page
        .locator('.jp-NotebookPanel:visible .cm-content')
        .first()
        .click();
      await page.keyboard.press('Escape');
      await untilMode(page, 'command');
      await page.keyboard.press('Enter');
      await untilMode(page, 'edit');
      await page.keyboard.type('x');
      await page.evaluate(id => window.jupyterapp.commands.execute(id), LEFT);
    },
    told('notebook:enter-command-mode', 'keybinding', 'keyboard', 'exact'),
    told('notebook:enter-edit-mode', 'keybinding', 'keyboard', 'exact'),
    told(LEFT, 'programmatic', 'none', 'unknown')
  )
];

export const TOOLBARS: IGroup = {
  name: 'toolbars, context menus and palette',
  application: 'JupyterLab',
  path: 'lab/tree/first.ipynb',
  ready: '.jp-NotebookPanel .jp-Cell',
  prepare: lab => writeNotebook(lab, 'first.ipynb'),
  interactions: [...TOOLBAR, ...CELL_TOOLBAR, ...CONTEXT_MENU, ...PALETTE]
};
