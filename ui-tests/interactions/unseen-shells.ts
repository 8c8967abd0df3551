// Terminals and consoles.

import type { Page } from '@playwright/test';

import { byContextMenu, press } from './steps';
import type { IGroup } from './table';
import { activity, told } from './table';
import type { IUnseen } from './unseen-rows';
import {
  after,
  answerByKey,
  carriedOut,
  keyed,
  program,
  row,
  SEEN,
  tab
} from './unseen-rows';

const card = (page: Page, category: string, label: string) =>
  page
    .locator(
      `.jp-Launcher:visible .jp-LauncherCard[data-category="${category}"]`
    )
    .filter({ hasText: label })
    .first();

async function openLauncher(page: Page): Promise<void> {
  await page
    .locator('#jp-main-dock-panel .lm-TabBar-addButton:visible')
    .first()
    .click();
  await page.locator('.jp-Launcher:visible').waitFor();
}

const terminal = (page: Page) => page.locator('.jp-Terminal:visible').first();

const TERMINAL: readonly IUnseen[] = [
  row(
    'launcher: a terminal',
    async page => {
      await card(page, 'Other', 'Terminal').click();
      await page.locator('.jp-Terminal .xterm-screen').first().waitFor();
    },
    told('terminal:create-new', 'launcher', 'mouse', 'direct'),
    carriedOut('document-opened', 'terminal:create-new')
  ),
  row('a command typed into a terminal: nothing', async page => {
    await terminal(page).click();
    await page.keyboard.type('echo a');
    await page.keyboard.press('Enter');
  }),
  row(
    'Ctrl+Shift+C inside a terminal, and Escape',
    async page => {
      await terminal(page).click();
      await page.keyboard.press('Control+Shift+C');
      await page.locator('.lm-CommandPalette-input:visible').last().waitFor();
      await page.keyboard.press('Escape');
    },
    keyed('apputils:activate-command-palette')
  ),
  row(
    'context menu of a terminal: Refresh Terminal',
    page => byContextMenu(page, terminal(page), /Refresh Terminal/),
    told('terminal:refresh', 'context-menu', 'mouse', 'exact')
  ),
  row(
    'a terminal that ends because "exit" was typed: nobody asked the page',
    async page => {
      await terminal(page).click();
      await page.keyboard.type('exit');
      await page.keyboard.press('Enter');
      await page.locator('.jp-Terminal').waitFor({ state: 'detached' });
    },
    activity(program('document-closed'))
  )
];

const CONSOLE: readonly IUnseen[] = [
  after(
    openLauncher,
    row(
      'launcher, space bar: a console',
      async page => {
        await card(page, 'Console', 'Python 3').focus();
        await page.keyboard.press('Enter');
        await page.locator('.jp-CodeConsole-promptCell').waitFor();
      },
      told('console:create', 'launcher', 'keyboard', 'direct'),
      carriedOut('document-opened', 'console:create')
    )
  ),
  row(
    'Shift+Enter at a console prompt',
    async page => {
      await page.locator('.jp-CodeConsole-promptCell .cm-content').click();
      await page.keyboard.type('1 + 1');
      await page.keyboard.press('Shift+Enter');
      await page
        .locator('.jp-CodeConsole-content .jp-OutputArea-output')
        .first()
        .waitFor({ timeout: 30_000 });
    },
    keyed('console:run-forced', 'success')
  ),
  row(
    'Tab at a console prompt, and Escape',
    async page => {
      await page.locator('.jp-CodeConsole-promptCell .cm-content').click();
      await page.keyboard.type('pr');
      await page.keyboard.press('Tab');
      await page.locator('.jp-Completer:visible').waitFor();
      await page.keyboard.press('Escape');
    },
    keyed('completer:invoke-console')
  ),
  row(
    'console toolbar: clear',
    page =>
      page
        .locator('.jp-ConsolePanel [data-command="console:clear"]')
        .first()
        .click(),
    told('console:clear', 'toolbar', 'mouse', 'exact')
  ),
  row(
    'context menu of a console: restart, dialog closed with Escape',
    async page => {
      await byContextMenu(
        page,
        page.locator('.jp-CodeConsole').first(),
        /^Restart Kernel/
      );
      await answerByKey(page, 'Escape');
    },
    told(
      'console:restart-kernel',
      'context-menu',
      'mouse',
      'exact',
      'cancelled'
    )
  ),
  after(
    openLauncher,
    row(
      'Alt+W in a launcher beside a console',
      press('Alt+w'),
      keyed('application:close'),
      carriedOut('document-closed', 'application:close')
    )
  ),
  row(
    'a console closed with its cross',
    page => tab(page, 'Console').locator('.lm-TabBar-tabCloseIcon').click(),
    activity(told('document-closed', 'tab-bar', 'mouse', SEEN))
  )
];

export const SHELLS: IGroup & { readonly interactions: readonly IUnseen[] } = {
  name: 'terminals and consoles',
  application: 'JupyterLab',
  path: 'lab',
  ready: '.jp-LauncherCard',
  interactions: [...TERMINAL, ...CONSOLE]
};
