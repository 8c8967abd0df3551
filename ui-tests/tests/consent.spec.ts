// Consent under adverse conditions: before a choice, with a second tab, and while the server does not answer.

import { existsSync, readFileSync } from 'fs';

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';
import {
  chooseInPanel,
  databases,
  EVENTS_URL,
  execute,
  isShadowed,
  openLab,
  openPanel,
  telemetryRequests,
  TOGGLE
} from '../steps';
import { readTraces, watchTraces } from '../traces';

function archived(lab: ILab): string {
  return existsSync(lab.archive) ? readFileSync(lab.archive, 'utf8') : '';
}

/** A second tab of the same browser, which has JupyterLab's state already. */
async function secondTab(
  page: IJupyterLabPageFixture,
  lab: ILab
): Promise<IJupyterLabPageFixture> {
  const tab = (await page
    .context()
    .newPage()) as unknown as IJupyterLabPageFixture;
  await tab.goto(`${lab.url}/lab/workspaces/second?token=${lab.token}`);
  await tab.waitForFunction(() => window.jupyterapp?.restored);
  await tab.evaluate(() => window.jupyterapp.restored);
  return tab;
}

test.use({ eventlog: SHARING });

test('before a choice nothing of ours listens to the page, stores, makes ids or talks', async ({
  page,
  lab
}) => {
  await watchTraces(page);
  const requests = telemetryRequests(page);
  await openLab(page, lab);
  await execute(page, 20);
  await page.waitForTimeout(3000);
  expect(await readTraces(page)).toEqual([]);
  expect(requests).toEqual([]);

  // The same watch sees what is done after a choice.
  await openPanel(page);
  await chooseInPanel(page, 'Local');
  await expect
    .poll(async () =>
      (await readTraces(page)).map(trace => trace.split(' ')[0])
    )
    .toEqual(
      expect.arrayContaining([
        'addEventListener',
        'open',
        'randomUUID',
        'postMessage',
        'fetch'
      ])
    );
});

test('what was captured under local in one tab does not leave when another turns on', async ({
  page,
  lab
}) => {
  await openLab(page, lab);
  await openPanel(page);
  await chooseInPanel(page, 'Local');
  const second = await secondTab(page, lab);
  await expect.poll(() => isShadowed(second)).toBe(true);
  // The second tab hears of it, but cannot ask the server what holds.
  const isState = /\/api\/telemetry(\?|$)/;
  await second.route(isState, route => route.abort());
  await execute(second, 7);
  await chooseInPanel(page, 'On');
  await execute(second, 7);
  await second.waitForTimeout(7000);
  expect(archived(lab)).not.toContain(TOGGLE);
  await second.unroute(isState);
  // The tab in which it was turned on goes on under what the server says now.
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('application:toggle-presentation-mode')
  );
  await expect
    .poll(() => archived(lab), { timeout: 60_000 })
    .toContain('toggle-presentation-mode');
  expect(archived(lab)).not.toContain(TOGGLE);
});

test('off in one tab is off in the other, while the server refuses batches', async ({
  page,
  lab
}) => {
  await openLab(page, lab);
  await openPanel(page);
  await chooseInPanel(page, 'On');
  const second = await secondTab(page, lab);
  await expect.poll(() => isShadowed(second)).toBe(true);
  await page
    .context()
    .route(EVENTS_URL, route =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 503, body: '{}' })
        : route.continue()
    );
  await execute(page, 60);
  await execute(second, 60);
  await expect.poll(() => databases(page)).toHaveLength(1);

  await chooseInPanel(page, 'Off');
  await expect.poll(() => isShadowed(second)).toBe(false);
  await expect.poll(() => databases(page)).toEqual([]);
  await page.context().unroute(EVENTS_URL);
  const requests = [...[page, second].map(telemetryRequests)];
  await execute(page, 60);
  await execute(second, 60);
  await page.waitForTimeout(8000);
  expect(requests.flat().filter(request => request.startsWith('POST'))).toEqual(
    []
  );
  expect(await databases(second)).toEqual([]);
  expect(archived(lab)).not.toContain(TOGGLE);
});

test('a batch that is under way when its purpose is turned off is broken off', async ({
  page,
  lab
}) => {
  await openLab(page, lab);
  await openPanel(page);
  await chooseInPanel(page, 'On');
  let held = 0;
  await page.route(EVENTS_URL, async route => {
    if (route.request().method() === 'POST') {
      held += 1;
      return; // never answered
    }
    await route.continue();
  });
  const failed: string[] = [];
  page.on('requestfailed', request =>
    failed.push(`${request.method()} ${new URL(request.url()).pathname}`)
  );
  await execute(page, 60);
  await expect.poll(() => held).toBeGreaterThan(0);
  await chooseInPanel(page, 'Off');
  await expect.poll(() => failed).toContain('POST /api/telemetry/events');
  await expect.poll(() => databases(page)).toEqual([]);
});

test('the panel shows what it is told as text, whatever it looks like', async ({
  page,
  lab
}) => {
  const evil =
    '<img src=x onerror="traces.push(1)"><script>traces.push(2)</script>%1$&';
  const link = 'javascript:traces.push(3)';
  const poison = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) {
      return value.map(item => poison(item));
    }
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, poison(item, name)])
      );
    }
    const isText = [
      'title',
      'description',
      'recipient',
      'declared_in',
      'controller',
      'contact',
      'storage',
      'command',
      'legal_basis',
      'sink',
      'sent',
      'reason',
      'pointer',
      'protection',
      'error_class',
      'surface',
      'control'
    ].includes(key);
    return isText
      ? key === 'contact' || key === 'recipient'
        ? link
        : evil
      : value;
  };
  await page.addInitScript(() => {
    Object.assign(window, { traces: [] });
  });
  await openLab(page, lab);
  await openPanel(page);
  await chooseInPanel(page, 'On');
  await execute(page, 3);
  await expect.poll(() => archived(lab), { timeout: 60_000 }).toContain(TOGGLE);
  await page.route(/\/api\/telemetry/, async route => {
    if (route.request().method() !== 'GET') {
      await route.continue();
      return;
    }
    const response = await route.fetch();
    await route.fulfill({ response, json: poison(await response.json()) });
  });
  const panel = page.locator('.jp-eventlog-Panel');
  await panel.getByRole('button', { name: 'Refresh' }).click();
  await expect(panel).toContainText('<img src=x');
  await panel.getByRole('button', { expanded: false }).first().click();
  await panel.locator('summary').first().click();
  await expect(panel.locator('pre').first()).toBeVisible();
  expect(
    await page
      .locator('.jp-eventlog-Panel img, .jp-eventlog-Panel script')
      .count()
  ).toBe(0);
  expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
  expect(await readTraces(page)).toEqual([]);
});
