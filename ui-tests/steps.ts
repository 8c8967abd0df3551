// What a person does, in steps that the tests share.

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import type { ILab } from './lab';
import { expect } from './lab';

type ModeName = 'Off' | 'Local' | 'On';

/** Open JupyterLab as a person does who follows the link that the server printed. */
export async function openLab(page: IJupyterLabPageFixture, lab: ILab): Promise<void> {
  await page.goto(`lab?token=${lab.token}`);
}

/** The telemetry requests that the page makes from now on, as `METHOD path`. */
export function telemetryRequests(page: IJupyterLabPageFixture): string[] {
  const requests: string[] = [];
  page.on('request', request => {
    const { pathname } = new URL(request.url());
    if (pathname.includes('/api/telemetry')) {
      requests.push(`${request.method()} ${pathname}`);
    }
  });
  return requests;
}

/** Open the panel, or bring it to the front, through the status item. */
export async function openPanel(page: IJupyterLabPageFixture): Promise<void> {
  await page.locator('.jp-eventlog-Status').click();
  await page.locator('.jp-eventlog-Panel').waitFor();
}

async function choose(page: IJupyterLabPageFixture, within: string, mode: ModeName): Promise<void> {
  const recorded = page.waitForResponse(
    response => response.url().includes('/api/telemetry/consent') && response.request().method() === 'PUT'
  );
  const radio = page.locator(within).getByRole('radio', { name: new RegExp(`^${mode}\\b`) });
  await radio.check();
  expect((await recorded).status()).toBe(200);
  await expect(radio).toBeChecked();
}

export async function chooseInPanel(page: IJupyterLabPageFixture, mode: ModeName): Promise<void> {
  await choose(page, '.jp-eventlog-Panel', mode);
}

/** Choose a mode on JupyterLab's settings page, reached through the Settings menu. */
export async function chooseInSettings(page: IJupyterLabPageFixture, mode: ModeName): Promise<void> {
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Settings$/ }).click();
  await page.locator('.lm-Menu-item[data-command="settingeditor:open"]').click();
  await page.locator('.jp-PluginList-entry', { hasText: 'Telemetry' }).click();
  await choose(page, '.jp-SettingsPanel', mode);
}

/** One recorded command, as the panel's API tells it. */
export interface ICommandRow {
  command: string;
  surface: string;
  device: string;
  outcome: string;
}
