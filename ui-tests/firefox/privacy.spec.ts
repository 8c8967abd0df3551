// What is promised of consent and of the way to the server, in Firefox: its storage, its private windows and
// its way to let a page go are not Chromium's.

import { existsSync, readFileSync } from 'fs';

import type { Browser, Page } from '@playwright/test';

import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';
import {
  chooseInPanel,
  databases,
  execute,
  isShadowed,
  openLab,
  openPanel,
  outwaitFlush,
  refreshPanel,
  telemetryRequests,
  TOGGLE
} from '../steps';

/** How often a command was received by the sink. */
function received(lab: ILab, command: string): number {
  const lines = existsSync(lab.archive)
    ? readFileSync(lab.archive, 'utf8').split('\n').filter(Boolean)
    : [];
  return lines.filter(line => line.includes(`"${command}"`)).length;
}

/** JupyterLab in a browser that galata did not start. */
async function openIn(browser: Browser, lab: ILab): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${lab.url}/lab?token=${lab.token}`);
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await page.evaluate(() => window.jupyterapp.restored);
  return page;
}

test.use({ eventlog: SHARING });

test('off: 200 commands leave no telemetry request, no IndexedDB, no ledger, execute untouched', async ({
  page,
  lab
}) => {
  const requests = telemetryRequests(page);
  await openLab(page, lab);
  await execute(page, 200);
  await outwaitFlush(page);
  expect(await isShadowed(page)).toBe(false);
  expect(await databases(page)).toEqual([]);
  expect(existsSync(lab.ledger)).toBe(false);
  expect(requests).toEqual([]);
});

test('on, chosen in the panel, shares what follows; off ends it and leaves no database', async ({
  page,
  lab
}) => {
  await openLab(page, lab);
  await openPanel(page);
  await chooseInPanel(page, 'On');
  await execute(page, 4);
  await expect.poll(() => received(lab, TOGGLE), { timeout: 60_000 }).toBe(4);
  expect(await databases(page)).toHaveLength(1);

  await chooseInPanel(page, 'Off');
  const requests = telemetryRequests(page);
  await execute(page, 50);
  await outwaitFlush(page);
  expect(await isShadowed(page)).toBe(false);
  expect(await databases(page)).toEqual([]);
  expect(requests.filter(request => request.startsWith('POST'))).toEqual([]);
  expect(received(lab, TOGGLE)).toBe(4);
});

for (const [how, leave] of [
  ['its tab is closed', (page: Page) => page.close()],
  [
    'it is left for another page',
    async (page: Page) => {
      await page.evaluate(() => window.location.assign('about:blank'));
    }
  ]
] as const) {
  test(`what a page has not sent arrives when ${how}`, async ({
    page,
    lab
  }) => {
    await openLab(page, lab);
    await openPanel(page);
    await chooseInPanel(page, 'On');
    // The choice itself is sent first, so that nothing else calls for a flush.
    await execute(page, 1);
    await expect.poll(() => received(lab, TOGGLE), { timeout: 60_000 }).toBe(1);
    // From now on nothing in this page is done because time has passed: only its end can call for a flush.
    await page.evaluate(() => {
      Object.assign(window, { setTimeout: () => 0 });
    });
    await execute(page, 3);
    await leave(page);
    await expect.poll(() => received(lab, TOGGLE)).toBe(4);
  });
}

/** Errors of ours in a page that nobody caught, also those that are still to come. */
function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', ({ stack = '' }) => {
    if (stack.includes('jupyter-eventlog')) {
      errors.push(stack);
    }
  });
  return errors;
}

test('without IndexedDB what was agreed to is shared all the same', async ({
  playwright,
  lab
}) => {
  const browser = await playwright.firefox.launch({
    firefoxUserPrefs: { 'dom.indexedDB.enabled': false }
  });
  const page = await openIn(browser, lab);
  const errors = errorsOf(page);
  await openPanel(page);
  await chooseInPanel(page, 'On');
  await execute(page, 3);
  await expect.poll(() => received(lab, TOGGLE), { timeout: 60_000 }).toBe(3);
  expect(errors).toEqual([]);
  await browser.close();
});

test('a private window says Global Privacy Control: sharing is not on offer, local works', async ({
  playwright,
  lab
}) => {
  const browser = await playwright.firefox.launch({
    firefoxUserPrefs: { 'browser.privatebrowsing.autostart': true }
  });
  const page = await openIn(browser, lab);
  const errors = errorsOf(page);
  await openPanel(page);
  const panel = page.locator('.jp-eventlog-Panel');
  await expect(panel.getByRole('radio', { name: /^On\b/ })).toBeDisabled();
  await expect(panel).toContainText('Global Privacy Control');
  await chooseInPanel(page, 'Local');
  await execute(page, 3);
  await expect(async () => {
    await refreshPanel(page);
    await expect(
      panel.locator('.jp-eventlog-Row', { hasText: TOGGLE })
    ).toHaveCount(3, { timeout: 500 });
  }).toPass({ timeout: 60_000 });
  expect(received(lab, TOGGLE)).toBe(0);
  expect(errors).toEqual([]);
  await browser.close();
});
