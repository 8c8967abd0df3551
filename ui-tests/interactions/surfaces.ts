// Launcher, file browser, tab bars, side panels, status bar, notifications, settings.

import { mkdirSync, writeFileSync } from 'fs';
import { join } from 'path';

import type { Locator, Page } from '@playwright/test';

import { tap } from './pointers';
import { answer, byContextMenu, item, markByKeys } from './steps';
import type { IGroup, IInteraction } from './table';
import { child, interaction, told } from './table';

const card = (page: Page, category: string, label: RegExp | string): Locator =>
  page
    .locator(
      `.jp-Launcher:visible .jp-LauncherCard[data-category="${category}"]`
    )
    .filter({ hasText: label })
    .first();

const newTab = (page: Page): Locator =>
  page.locator('#jp-main-dock-panel .lm-TabBar-addButton:visible').first();

const file = (page: Page, name: string): Locator =>
  page.locator('.jp-DirListing-item', { hasText: name }).first();

const sidebar = (page: Page, id: string): Locator =>
  page.locator(`.jp-SideBar .lm-TabBar-tab[data-id="${id}"]`);

/** Open a launcher, so that its cards can be used. */
async function openLauncher(page: Page): Promise<void> {
  await newTab(page).click();
  await page.locator('.jp-Launcher:visible').waitFor();
}

const LAUNCHED = told('launcher:create', 'tab-bar', 'mouse', 'direct');

const LAUNCHER: readonly IInteraction[] = [
  interaction('tab bar: the add button', openLauncher, LAUNCHED),
  interaction(
    'tab bar, finger: the add button',
    async page => tap(page, newTab(page)),
    told('launcher:create', 'tab-bar', 'touch', 'direct')
  ),
  interaction(
    'launcher: a text file',
    async page => card(page, 'Other', 'Text File').click(),
    told('fileeditor:create-new', 'launcher', 'mouse', 'direct'),
    child('docmanager:new-untitled', 'fileeditor:create-new', 'exact'),
    child('docmanager:open', 'fileeditor:create-new', 'inferred')
  ),
  interaction(
    'launcher, Enter: a Markdown file',
    async page => {
      await openLauncher(page);
      await card(page, 'Other', 'Markdown File').focus();
      await page.keyboard.press('Enter');
    },
    LAUNCHED,
    told(
      'fileeditor:create-new-markdown-file',
      'launcher',
      'keyboard',
      'direct'
    ),
    child(
      'docmanager:new-untitled',
      'fileeditor:create-new-markdown-file',
      'exact'
    ),
    child('docmanager:open', 'fileeditor:create-new-markdown-file', 'inferred')
  ),
  interaction(
    'launcher, finger: a Python file',
    async page => {
      await openLauncher(page);
      await tap(page, card(page, 'Other', 'Python File'));
    },
    LAUNCHED,
    told('fileeditor:create-new', 'launcher', 'touch', 'direct'),
    child('docmanager:new-untitled', 'fileeditor:create-new', 'exact'),
    child('docmanager:open', 'fileeditor:create-new', 'inferred')
  ),
  interaction(
    'launcher: a notebook',
    async page => {
      await openLauncher(page);
      await card(page, 'Notebook', 'Python 3').click();
      await page
        .locator('.jp-NotebookPanel:visible .jp-Cell')
        .first()
        .waitFor();
    },
    LAUNCHED,
    told('notebook:create-new', 'launcher', 'mouse', 'direct'),
    child('docmanager:new-untitled', 'notebook:create-new', 'exact'),
    child('docmanager:open', 'notebook:create-new', 'inferred')
  ),
  interaction(
    'launcher: a console',
    async page => {
      await openLauncher(page);
      await card(page, 'Console', 'Python 3').click();
      await page.locator('.jp-CodeConsole').first().waitFor();
    },
    LAUNCHED,
    told('console:create', 'launcher', 'mouse', 'direct')
  ),
  interaction(
    'launcher: contextual help',
    async page => {
      await openLauncher(page);
      await card(page, 'Other', 'Contextual Help').click();
    },
    LAUNCHED,
    told('inspector:open', 'launcher', 'mouse', 'direct')
  )
];

const FILES: readonly IInteraction[] = [
  interaction(
    'file browser toolbar: new launcher',
    async page =>
      page.locator('.jp-FileBrowser [data-command="launcher:create"]').click(),
    told('launcher:create', 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'file browser toolbar: refresh',
    async page =>
      page
        .locator('.jp-FileBrowser [data-command="filebrowser:refresh"]')
        .first()
        .click(),
    told('filebrowser:refresh', 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'file browser toolbar, Enter: filter',
    async page => {
      await page
        .locator(
          '.jp-FileBrowser [data-command="filebrowser:toggle-file-filter"]'
        )
        .first()
        .focus();
      await page.keyboard.press('Enter');
    },
    told('filebrowser:toggle-file-filter', 'toolbar', 'keyboard', 'exact')
  ),
  interaction(
    'file browser, context menu: Duplicate',
    async page => byContextMenu(page, file(page, 'a.txt'), 'Duplicate'),
    told('filebrowser:duplicate', 'context-menu', 'mouse', 'exact')
  ),
  interaction(
    'file browser, context menu by its letter: Rename',
    async page => {
      await file(page, 'a.txt').click({ button: 'right' });
      await item(page, 'Rename').waitFor();
      await page.keyboard.press('r');
      await page.locator('.jp-DirListing-editor:visible').waitFor();
      await page.keyboard.press('Escape');
    },
    told('filebrowser:rename', 'context-menu', 'keyboard', ['direct', 'exact'])
  ),
  interaction(
    'file browser, context menu: Delete, refused',
    async page => {
      await byContextMenu(
        page,
        file(page, 'a.txt'),
        /^(Delete|Move to Trash)$/
      );
      await answer(page, 'reject');
    },
    told('filebrowser:delete', 'context-menu', 'mouse', 'exact', 'cancelled')
  ),
  interaction(
    'file browser, context menu, keys: Open',
    async page => {
      await file(page, 'a.txt').click({ button: 'right' });
      await markByKeys(page, 'Open');
      await page.keyboard.press('Enter');
    },
    told('filebrowser:open', 'context-menu', 'keyboard', 'exact'),
    child('docmanager:open', 'filebrowser:open', 'exact')
  ),
  interaction(
    'file browser, key binding: F2',
    async page => {
      await file(page, 'b.md').click();
      await page.keyboard.press('F2');
      await page.locator('.jp-DirListing-editor:visible').waitFor();
      await page.keyboard.press('Escape');
    },
    told('filebrowser:rename', 'keybinding', 'keyboard', 'exact')
  ),
  interaction('file browser, a file selected: nothing', async page =>
    file(page, 'b.md').click()
  ),
  interaction(
    'file browser, context menu: Copy',
    async page => byContextMenu(page, file(page, 'b.md'), 'Copy'),
    told('filebrowser:copy', 'context-menu', 'mouse', 'exact')
  ),
  interaction(
    'file browser, context menu of the empty part: Paste',
    async page => {
      await page
        .locator('.jp-DirListing-content')
        .first()
        .click({ button: 'right', position: { x: 40, y: 480 } });
      await item(page, 'Paste').click();
    },
    told('filebrowser:paste', 'context-menu', 'mouse', 'exact')
  )
];

const PANELS: readonly IInteraction[] = [
  interaction('side bar: a click opens a panel', async page =>
    sidebar(page, 'jp-running-sessions').click()
  ),
  interaction(
    'running panel, toolbar: search',
    async page => {
      await page
        .locator('#jp-running-sessions [data-command="running:show-modal"]')
        .first()
        .click();
      await page.keyboard.press('Escape');
    },
    told('running:show-modal', 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'table of contents, toolbar: collapse all',
    async page => {
      await sidebar(page, 'filebrowser').click();
      await file(page, 'b.md').dblclick();
      await page.locator('.jp-FileEditor:visible .cm-content').waitFor();
      await sidebar(page, 'table-of-contents').click();
      await page.locator('#table-of-contents .jp-tocItem').first().waitFor();
      await page
        .locator('#table-of-contents [data-command="toc:toggle-collapse"]')
        .first()
        .click();
    },
    told('toc:toggle-collapse', 'toolbar', 'mouse', 'exact')
  ),
  interaction('status bar: go to line, and left', async page => {
    await page
      .locator('.jp-StatusBar-Widget .jp-StatusBar-Item', { hasText: /^Ln / })
      .first()
      .click();
    await page.keyboard.press('Escape');
  }),
  interaction('status bar: kernel sessions, which is no command', async page =>
    page
      .locator('.jp-StatusBar-Widget .jp-StatusBar-Item')
      .filter({ has: page.locator('.jp-StatusBar-GroupItem svg, svg') })
      .first()
      .click()
  ),
  interaction(
    'status bar: Telemetry',
    async page => {
      await page.locator('.jp-eventlog-Status').click();
      await page.locator('.jp-eventlog-Panel').waitFor();
    },
    told('eventlog:open', 'other-widget', 'mouse', 'direct')
  ),
  interaction(
    'context menu of a tab: Close Tab',
    async page =>
      byContextMenu(
        page,
        page.getByRole('tab', { name: 'Telemetry' }).first(),
        'Close Tab'
      ),
    told('application:close', 'context-menu', 'mouse', 'exact')
  ),
  interaction(
    'a notification and its action',
    async page => {
      await page.evaluate(() =>
        window.jupyterapp.commands.execute('apputils:notify', {
          message: 'Something is done',
          type: 'info',
          options: {
            autoClose: false,
            actions: [
              { label: 'Do it', commandId: 'application:toggle-left-area' }
            ]
          }
        })
      );
      await page.getByRole('button', { name: 'Do it' }).first().click();
    },
    told('apputils:notify', 'programmatic', 'none', 'unknown'),
    told('application:toggle-left-area', 'notification', 'mouse', 'direct')
  ),
  interaction(
    'status bar: notifications, and an action in their list',
    async page => {
      await page.waitForTimeout(600);
      await page.evaluate(() =>
        window.jupyterapp.commands.execute('apputils:notify', {
          message: 'Something else is done',
          type: 'info',
          options: {
            autoClose: false,
            actions: [
              { label: 'Do that', commandId: 'application:toggle-left-area' }
            ]
          }
        })
      );
      await page.locator('.jp-Notification-Status').click();
      await page
        .locator('.jp-Notification-Center')
        .getByRole('button', { name: 'Do that' })
        .first()
        .click();
    },
    told('apputils:notify', 'programmatic', 'none', 'unknown'),
    told('application:toggle-left-area', 'notification', 'mouse', 'direct')
  ),
  interaction(
    'key binding: Ctrl+,',
    async page => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+,');
      await page.locator('.jp-SettingsPanel').waitFor();
    },
    told('settingeditor:open', 'keybinding', 'keyboard', 'exact')
  ),
  interaction(
    'settings editor, toolbar: JSON',
    async page =>
      page
        .locator('[data-command="settingeditor:open-json"]:visible')
        .first()
        .click(),
    told('settingeditor:open-json', 'toolbar', 'mouse', 'exact')
  ),
  interaction(
    'key binding: Alt+W closes a tab',
    async page => {
      await page.locator('#jp-main-dock-panel .lm-TabBar-tab').first().click();
      await page.keyboard.press('Alt+w');
    },
    told('application:close', 'keybinding', 'keyboard', 'exact')
  )
];

export const SURFACES: IGroup = {
  name: 'launcher, files, panels and bars',
  application: 'JupyterLab',
  path: 'lab',
  ready: '.jp-LauncherCard',
  prepare: lab => {
    writeFileSync(join(lab.root, 'a.txt'), 'hello\n');
    writeFileSync(join(lab.root, 'b.md'), '# one\n\ntext\n\n## two\n');
    mkdirSync(join(lab.root, 'folder'));
  },
  interactions: [...LAUNCHER, ...FILES, ...PANELS]
};
