// What has to work in every JupyterLab and Notebook that we declare, the oldest included. Playwright alone:
// galata's helpers know the newest JupyterLab only.

import type { Page } from '@playwright/test';

import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';

/** Open a page; returns the errors in our code that nobody caught, also those that are still to come. */
async function visit(page: Page, lab: ILab, path: string): Promise<string[]> {
  const errors: string[] = [];
  page.on('pageerror', ({ stack = '' }) => {
    if (stack.includes('jupyter-eventlog')) {
      errors.push(stack);
    }
  });
  await page.goto(`${lab.url}/${path}?token=${lab.token}`);
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  return errors;
}

async function choose(page: Page, mode: string): Promise<void> {
  const recorded = page.waitForResponse(
    response =>
      response.url().includes('/api/telemetry/consent') &&
      response.request().method() === 'PUT'
  );
  await page
    .locator('.jp-eventlog-Panel')
    .getByRole('radio', { name: new RegExp(`^${mode}\\b`) })
    .check();
  expect((await recorded).status()).toBe(200);
}

async function expectRow(page: Page, text: string): Promise<void> {
  const panel = page.locator('.jp-eventlog-Panel');
  await expect(async () => {
    await panel.getByRole('button', { name: 'Refresh' }).click();
    await expect(
      panel.locator('.jp-eventlog-Row', { hasText: text }).first()
    ).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 60_000 });
}

test.use({ eventlog: SHARING });

test('JupyterLab: a command is recorded once local is chosen in the panel', async ({
  browser,
  lab
}) => {
  const page = await browser.newPage();
  const errors = await visit(page, lab, 'lab');
  await page.locator('.jp-eventlog-Status').click();
  await choose(page, 'Local');
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Tabs$/ }).click();
  await page
    .locator('.lm-Menu-item[data-command="application:activate-next-tab"]')
    .click();
  await page.locator('.jp-eventlog-Status').click();
  await expectRow(page, 'application:activate-next-tab');
  await expect(
    page
      .locator('.jp-eventlog-Row', { hasText: 'application:activate-next-tab' })
      .first()
  ).toContainText('main-menu, mouse');
  expect(errors).toEqual([]);
  await page.close();
});

test('Notebook: the page loads, and the panel opens from the Help menu', async ({
  browser,
  lab
}) => {
  const page = await browser.newPage();
  const errors = await visit(page, lab, 'tree');
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Help$/ }).click();
  await page.locator('.lm-Menu-item[data-command="eventlog:open"]').click();
  await choose(page, 'Local');
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^View$/ }).click();
  await page.locator('.lm-Menu-item[data-command]').first().click();
  await expectRow(page, 'main-menu');
  expect(errors).toEqual([]);
  await page.close();
});
