// What a person does, in steps that the tests share.

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Page } from '@playwright/test';

import type { ILab } from './lab';
import { expect } from './lab';

type ModeName = 'Off' | 'Local' | 'On';

/** Open JupyterLab as a person does who follows the link that the server printed. */
export async function openLab(
  page: IJupyterLabPageFixture,
  lab: ILab
): Promise<void> {
  // What tests ask the page counts as a gesture, so that to the browser somebody is always there.
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'userActivation', {
      value: { isActive: false, hasBeenActive: true }
    });
  });
  await page.goto(`?token=${lab.token}`);
}

/** The telemetry requests that the page makes from now on, as `METHOD path`. */
export function telemetryRequests(page: Page): string[] {
  const requests: string[] = [];
  page.on('request', request => {
    const { pathname } = new URL(request.url());
    if (pathname.includes('/api/telemetry')) {
      requests.push(`${request.method()} ${pathname}`);
    }
  });
  return requests;
}

/** Where batches go, whoever they are said to be from; events are read there too. */
export const EVENTS_URL = /\/api\/telemetry\/events(\?|$)/;

/** A command that asks nothing, changes little and is never quiet. */
export const TOGGLE = 'application:toggle-left-area';

/** Execute a command some times, as code does. */
export async function execute(
  page: Page,
  times: number,
  command = TOGGLE
): Promise<void> {
  await page.evaluate(
    async ([id, count]) => {
      for (let i = 0; i < count; i++) {
        await window.jupyterapp.commands.execute(id);
      }
    },
    [command, times] as const
  );
}

/** Let the time pass in which a queue would have been sent; that nothing came cannot be waited for otherwise. */
export async function outwaitFlush(page: Page): Promise<void> {
  await page.waitForTimeout(6_000);
}

/** Whether `commands.execute` is ours and not the original. */
export async function isShadowed(page: Page): Promise<boolean> {
  return page.evaluate(() =>
    Object.prototype.hasOwnProperty.call(window.jupyterapp.commands, 'execute')
  );
}

/** The names of our databases in this browser. */
export async function databases(page: Page): Promise<string[]> {
  return page.evaluate(async () =>
    (await indexedDB.databases())
      .map(({ name }) => name ?? '')
      .filter(name => name.startsWith('jupyter-eventlog'))
  );
}

/** Open the panel, or bring it to the front, through the status item. */
export async function openPanel(page: Page): Promise<void> {
  await page.locator('.jp-eventlog-Status').click();
  await page.locator('.jp-eventlog-Panel').waitFor();
}

/** Begin the page anew, whatever is in front; galata's own way waits for the launcher. */
export async function reopen(page: Page): Promise<void> {
  const loaded = page.waitForEvent('load', { timeout: 120_000 });
  await page.evaluate(() => location.reload());
  await loaded;
  await page.waitForFunction(() => window.jupyterapp?.restored, null, {
    timeout: 120_000
  });
  await page.evaluate(() => window.jupyterapp.restored);
  await page.locator('.jp-eventlog-Status').waitFor();
}

/** Have the panel ask the server again. */
export async function refreshPanel(page: Page): Promise<void> {
  const answered = page.waitForResponse(response =>
    response.url().includes('/api/telemetry/events')
  );
  await page
    .locator('.jp-eventlog-Panel')
    .getByRole('button', { name: 'Refresh' })
    .click();
  await answered;
}

async function choose(
  page: Page,
  within: string,
  mode: ModeName
): Promise<void> {
  const recorded = page.waitForResponse(
    response =>
      response.url().includes('/api/telemetry/consent') &&
      response.request().method() === 'PUT'
  );
  const radio = page
    .locator(within)
    .getByRole('radio', { name: new RegExp(`^${mode}\\b`) });
  await radio.check();
  expect((await recorded).status()).toBe(200);
  await expect(radio).toBeChecked();
  // What follows the answer comes after it: the page takes it in, and what records is loaded.
  await expect.poll(() => isShadowed(page)).toBe(mode !== 'Off');
}

export async function chooseInPanel(page: Page, mode: ModeName): Promise<void> {
  await choose(page, '.jp-eventlog-Panel', mode);
}

/** Open our entry of JupyterLab's settings page, through the Settings menu. */
export async function openSettings(
  page: IJupyterLabPageFixture
): Promise<void> {
  await page
    .locator('.lm-MenuBar-itemLabel', { hasText: /^Settings$/ })
    .click();
  await page
    .locator('.lm-Menu-item[data-command="settingeditor:open"]')
    .click();
  await page
    .locator('.jp-PluginList-entry', { hasText: /^Telemetry$/ })
    .click();
  await page.locator('.jp-SettingsPanel .jp-eventlog-ModeControl').waitFor();
}

export async function chooseInSettings(
  page: IJupyterLabPageFixture,
  mode: ModeName
): Promise<void> {
  await openSettings(page);
  await choose(page, '.jp-SettingsPanel', mode);
}

/** One recorded command, as the panel lists it. */
export interface ICommandRow {
  command: string;
  surface: string;
  device: string;
  outcome: string;
}

/** The runs of a cell in the panel's list, oldest first, without those that another command started. */
export async function listedRuns(
  page: IJupyterLabPageFixture
): Promise<ICommandRow[]> {
  const rows = page.locator('.jp-eventlog-Row');
  const cells = await rows.evaluateAll(found =>
    found.map(row =>
      Array.from(row.querySelectorAll('td'), cell => cell.textContent ?? '')
    )
  );
  return cells
    .map(([, command = '', how = '', outcome = '']) => {
      const [surface = '', device = ''] = how.split(', ');
      return { command, surface, device, outcome };
    })
    .filter(({ command, surface }) => isRun(command) && surface !== 'command')
    .reverse();
}

/** Whether a command runs the selected cell. */
export function isRun(command: string): boolean {
  return ['notebook:run-cell-and-select-next', 'runmenu:run'].includes(command);
}
