// Two users of one server, in one browser and in two: none reads, writes, erases or chooses for the other.

import type { BrowserContext, Page, Response } from '@playwright/test';

import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';
import { untilRecording } from '../registry';
import { execute, openPanel } from '../steps';
import { become, BY_COOKIE, callAs, heldIdsAs, shareAs } from '../twoUsers';

const PATIENCE = { timeout: 120_000 };

test.use({ eventlog: SHARING + BY_COOKIE });
test.setTimeout(400_000);

async function openAs(
  context: BrowserContext,
  lab: ILab,
  who: string
): Promise<Page> {
  await become(context, lab.url, who);
  const page = await context.newPage();
  await page.goto(`${lab.url}/lab/workspaces/${who}?token=${lab.token}`);
  await untilRecording(page);
  return page;
}

/** Record something in a page and wait until the server has it. */
async function record(page: Page, lab: ILab, who: string): Promise<void> {
  const before = (await heldIdsAs(lab, who)).length;
  await execute(page, 60); // enough to be sent at once
  await expect
    .poll(async () => (await heldIdsAs(lab, who)).length, PATIENCE)
    .toBeGreaterThanOrEqual(before + 60);
}

interface IState {
  readonly chosen: unknown;
  readonly erasures: unknown;
  readonly ids: readonly string[];
}

/** What somebody chose, paused, asked to be erased and has here. */
async function stateOf(lab: ILab, who: string): Promise<IState> {
  return {
    chosen: await callAs(lab, who, '/consent'),
    erasures: await callAs(lab, who, '/erasures'),
    ids: await heldIdsAs(lab, who)
  };
}

/** Nothing was changed and nothing is gone; a page of one's own may have recorded more. */
async function expectUntouched(
  lab: ILab,
  who: string,
  before: IState
): Promise<void> {
  const { chosen, erasures, ids } = await stateOf(lab, who);
  expect({ chosen, erasures }).toEqual({
    chosen: before.chosen,
    erasures: before.erasures
  });
  expect(ids).toEqual(expect.arrayContaining([...before.ids]));
}

/** The ids of what a page lists when it asks the server with what the browser sends by itself. */
async function idsReadBy(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const response = await fetch('/api/telemetry/events?limit=1000');
    const { events } = (await response.json()) as { events: { id: string }[] };
    return events.map(({ id }) => id);
  });
}

function answerTo(page: Page, method: string): Promise<Response> {
  return page.waitForResponse(
    response =>
      response.url().includes('/api/telemetry/') &&
      response.request().method() === method &&
      !response.request().postData()?.includes('"events"')
  );
}

async function eraseIn(page: Page): Promise<Response> {
  const panel = page.locator('.jp-eventlog-Panel');
  const answered = answerTo(page, 'DELETE');
  await panel.getByRole('button', { name: 'Erase…' }).click();
  await page
    .locator('.jp-Dialog')
    .getByRole('button', { name: 'Erase', exact: true })
    .click();
  return answered;
}

async function turnOffIn(page: Page): Promise<Response> {
  const answered = answerTo(page, 'PUT');
  await page
    .locator('.jp-eventlog-Panel')
    .getByRole('radio', { name: /^Off\b/ })
    .click();
  return answered;
}

test('in a tab that one left open nothing is erased or turned off for the other, and neither for oneself', async ({
  browser,
  lab
}) => {
  for (const who of ['ann', 'ben']) {
    await shareAs(lab, who);
  }
  const context = await browser.newContext();
  const anns = await openAs(context, lab, 'ann');
  await record(anns, lab, 'ann');
  await openPanel(anns);
  const bens = await openAs(context, lab, 'ben');
  await record(bens, lab, 'ben');
  const before = {
    ann: await stateOf(lab, 'ann'),
    ben: await stateOf(lab, 'ben')
  };

  // Ann's tab, and Ben's cookie.
  const erased = await eraseIn(anns);
  expect(erased.status()).toBe(409);
  await expect(anns.locator('.jp-eventlog-Erased')).toContainText('Not erased');
  const turnedOff = await turnOffIn(anns);
  expect(turnedOff.status()).toBe(409);
  for (const who of ['ann', 'ben'] as const) {
    await expectUntouched(lab, who, before[who]);
  }

  // What the one that is logged in is told is theirs, in whatever tab.
  for (const page of [anns, bens]) {
    const read = await idsReadBy(page);
    expect(read).toEqual(expect.arrayContaining([...before.ben.ids]));
    expect(read.filter(id => before.ann.ids.includes(id))).toEqual([]);
  }
  const annsIds = await heldIdsAs(lab, 'ann');
  expect(annsIds.filter(id => before.ben.ids.includes(id))).toEqual([]);
  await context.close();
});

test('in a browser of their own each erases and turns off for themselves alone', async ({
  browser,
  lab
}) => {
  for (const who of ['ann', 'ben']) {
    await shareAs(lab, who);
  }
  const pages: Page[] = [];
  for (const who of ['ann', 'ben']) {
    const page = await openAs(await browser.newContext(), lab, who);
    await record(page, lab, who);
    pages.push(page);
  }
  const [anns, bens] = pages as [Page, Page];
  const before = await stateOf(lab, 'ben');
  await openPanel(anns);
  expect((await turnOffIn(anns)).status()).toBe(200);
  expect((await eraseIn(anns)).status()).toBe(200);
  await expect.poll(() => heldIdsAs(lab, 'ann'), PATIENCE).toEqual([]);
  expect(await idsReadBy(anns)).toEqual([]);
  await expectUntouched(lab, 'ben', before);
  expect(await idsReadBy(bens)).toEqual(
    expect.arrayContaining([...before.ids])
  );
  await Promise.all(pages.map(page => page.context().close()));
});
