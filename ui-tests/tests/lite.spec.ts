// JupyterLite: nobody to ask, nobody to send to; what is local is kept in the browser, and only there.

import type { Page } from '@playwright/test';
import { readFileSync } from 'fs';

import type { ISite } from '../lite';
import { expect, stored, test } from '../lite';
import { untilRecording } from '../registry';

/** A page comes as hundreds of files, and the machine may have other work. */
const LOAD_MS = 60_000;

const TOGGLE = 'application:toggle-left-area';

test.afterEach(({ site }) => {
  expect(site.strayRequests).toEqual([]);
  expect(site.pageErrors).toEqual([]);
});

async function open(page: Page, site: ISite): Promise<void> {
  await page.goto(`${site.url}/lab/index.html`);
  await status(page).waitFor({ timeout: LOAD_MS });
  // The launcher, or what was open before.
  const tab = page.locator('#jp-main-dock-panel .lm-TabBar-tab').first();
  await tab.waitFor({ timeout: LOAD_MS });
}

const status = (page: Page) => page.locator('.jp-eventlog-Status');
const panel = (page: Page) => page.locator('.jp-eventlog-Panel');
const rows = (page: Page) => page.locator('.jp-eventlog-Row');
const mode = (page: Page, name: string) =>
  panel(page).getByRole('radio', { name: new RegExp(`^${name}\\b`) });

async function openPanel(page: Page): Promise<void> {
  await status(page).click();
  await panel(page).waitFor();
}

async function toggleByKey(page: Page): Promise<void> {
  await page.keyboard.press('Control+b');
}

async function toggleByMenu(page: Page): Promise<void> {
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^View$/ }).click();
  const appearance = page.locator('.lm-Menu-item', { hasText: 'Appearance' });
  await appearance.click();
  await page.locator(`.lm-Menu-item[data-command="${TOGGLE}"]`).click();
}

/** How the recorded toggles were started, newest first, once there are so many. */
async function expectToggles(page: Page, how: string[]): Promise<void> {
  const toggles = rows(page).filter({ hasText: TOGGLE });
  await expect(async () => {
    await panel(page).getByRole('button', { name: 'Refresh' }).click();
    await expect(toggles.locator('td:nth-child(3)')).toHaveText(how, {
      timeout: 500
    });
  }).toPass({ timeout: 60_000 });
}

async function download(page: Page, format: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    panel(page)
      .getByRole('button', { name: `Download ${format}`, exact: true })
      .click()
  ]);
  expect(file.suggestedFilename()).toBe(`my-events.${format.toLowerCase()}`);
  return readFileSync(await file.path(), 'utf8');
}

const listedIds = (page: Page): Promise<string[]> =>
  rows(page).evaluateAll(found =>
    found.map(row => (row as HTMLElement).dataset.eventId ?? '')
  );

test('off: nothing is stored, whatever is done and looked at', async ({
  page,
  site
}) => {
  await open(page, site);
  await toggleByKey(page);
  await toggleByMenu(page);
  await openPanel(page);
  await expect(status(page)).toHaveText('Telemetry: off');
  await expect(mode(page, 'Off')).toBeChecked();
  await expect(mode(page, 'On')).toBeDisabled();
  await expect(panel(page)).toContainText('There is no server here');
  await expect(panel(page)).not.toContainText(/your server|administrator/i);
  // Off is no more than what is: to say so stores nothing either.
  await mode(page, 'Off').click();
  await page.reload();
  await expect(status(page)).toHaveText('Telemetry: off', {
    timeout: LOAD_MS
  });
  expect(await stored(page)).toEqual({});
});

test('local: recorded with its trigger, kept over a reload, taken away as shown, erased', async ({
  page,
  site
}) => {
  await open(page, site);
  await openPanel(page);
  await mode(page, 'Local').check();
  await expect(status(page)).toHaveText('Telemetry: local');
  await expect(panel(page)).toContainText('in this browser, not forwarded');
  await untilRecording(page);
  await toggleByKey(page);
  await toggleByMenu(page);
  const how = ['main-menu, mouse', 'keybinding, keyboard'];
  await expectToggles(page, how);

  await page.reload();
  await expect(status(page)).toHaveText('Telemetry: local', {
    timeout: LOAD_MS
  });
  await openPanel(page);
  await expectToggles(page, how);

  // So that nothing comes between what is shown and what is taken away.
  await panel(page).getByRole('button', { name: 'Pause 1 h' }).click();
  await expect(status(page)).toHaveText(/Telemetry: paused, \d+ min/);
  await expectToggles(page, how);
  const ids = await listedIds(page);
  const json = JSON.parse(await download(page, 'JSON')) as {
    events: { id: string; recorded: { id: string; data: object } }[];
  };
  expect(json.events.map(({ id }) => id)).toEqual(ids);
  const lines = (await download(page, 'JSONL')).trimEnd().split('\n');
  expect(lines.map(line => JSON.parse(line) as unknown)).toEqual(
    json.events.map(({ recorded }) => recorded)
  );
  const cells = (await download(page, 'CSV')).trimEnd().split('\r\n').slice(1);
  expect(cells.map(row => row.split(',')[0])).toEqual(ids);
  await rows(page).first().getByRole('button').click();
  expect(
    JSON.parse(await page.locator('[data-recorded]').innerText()) as unknown
  ).toEqual(json.events[0]?.recorded);

  expect(JSON.stringify(await stored(page))).toContain(TOGGLE);
  await panel(page).getByRole('button', { name: 'Erase…' }).click();
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog).toContainText('Here: everything, now.');
  await dialog.getByText('Also turn off').click();
  await dialog.getByRole('button', { name: 'Erase' }).click();
  await expect(panel(page)).toContainText(`Here: ${ids.length}, now.`);
  await expect(rows(page)).toHaveCount(0);
  const left = await stored(page);
  // The queue is gone as a whole; the ledger holds what was chosen, and nothing of any event.
  expect(Object.keys(left)).toEqual([`jupyter-eventlog-site:${site.url}/`]);
  const records = Object.values(left).flat();
  expect(records).toMatchObject([
    { mode: 'local' },
    { mode: 'off' },
    // Until when it is paused.
    expect.any(Number)
  ]);
  const bytes = JSON.stringify(records);
  for (const trace of [TOGGLE, 'keybinding', ...ids]) {
    expect(bytes).not.toContain(trace);
  }
});

test('two tabs: what one chooses holds in the other, and off empties the queue of both', async ({
  page,
  context,
  site
}) => {
  await open(page, site);
  await openPanel(page);
  await mode(page, 'Local').check();
  await expect(status(page)).toHaveText('Telemetry: local');
  const other = await context.newPage();
  await open(other, site);
  await expect(status(other)).toHaveText('Telemetry: local');
  await untilRecording(other);
  await toggleByKey(other);
  await expectToggles(page, ['keybinding, keyboard']);

  await mode(page, 'Off').check();
  await expect(status(other)).toHaveText('Telemetry: off');
  await toggleByKey(other);
  await toggleByKey(page);
  await expect
    .poll(async () => Object.keys(await stored(page)))
    .toEqual([`jupyter-eventlog-site:${site.url}/`]);
  // What waited would be sent by now.
  await page.waitForTimeout(6_000);
  await expectToggles(page, ['keybinding, keyboard']);
  expect(Object.keys(await stored(page))).toHaveLength(1);
});

test('the other applications of a site load with the extension, which stores nothing', async ({
  page,
  site
}) => {
  for (const application of ['tree', 'notebooks', 'repl']) {
    const loaded = page.waitForResponse(response =>
      response.url().includes('jupyter-eventlog/static/lib_index')
    );
    await page.goto(`${site.url}/${application}/index.html`);
    await loaded;
    await page.locator('#main').waitFor();
    await page.waitForLoadState('networkidle');
    expect(await stored(page)).toEqual({});
  }
});
