// Notebook 7: the same bundle, where each document is a page of its own.

import { existsSync, readFileSync } from 'fs';

import type { BrowserContext, Page, Request, Response } from '@playwright/test';

import { writeNotebook } from '../interactions/menus';
import { consentToLocal } from '../interactions/recorded';
import { byMenu } from '../interactions/steps';
import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';
import {
  chooseInPanel,
  databases,
  EVENTS_URL,
  execute,
  isShadowed,
  outwaitFlush,
  telemetryRequests
} from '../steps';

const READY = {
  tree: '.jp-DirListing-item',
  'notebooks/first.ipynb': '.jp-NotebookPanel .jp-Cell'
};
const PATHS = ['tree', 'notebooks/first.ipynb'] as const;
/** Asks nothing, and both kinds of page have it. */
const TOGGLE = 'application:toggle-top';
async function open(
  context: BrowserContext,
  lab: ILab,
  path: keyof typeof READY
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${lab.url}/${path}?token=${lab.token}`);
  await page.locator(READY[path]).first().waitFor();
  await page.evaluate(() => window.jupyterapp.restored);
  return page;
}

async function openPanel(page: Page): Promise<void> {
  await byMenu('Help', 'Telemetry')(page);
  await page.locator('.jp-eventlog-Panel').waitFor();
}

interface IHeld {
  readonly session?: string;
  readonly data: { readonly command?: string; readonly application?: string };
}

/** What the server holds, as it was recorded. */
async function held(lab: ILab): Promise<IHeld[]> {
  const response = await fetch(`${lab.url}/api/telemetry/events?limit=1000`, {
    headers: { Authorization: `token ${lab.token}` }
  });
  const { events } = (await response.json()) as {
    events: { recorded: IHeld }[];
  };
  return events.map(({ recorded }) => recorded);
}

/** Batches that the page hands to the server from now on. */
function submissions(page: Page): Response[] {
  const responses: Response[] = [];
  page.on('response', response => {
    if (
      response.url().includes('/api/telemetry/events') &&
      response.request().method() === 'POST'
    ) {
      responses.push(response);
    }
  });
  return responses;
}

/** The ids of the events of a command that the sink received. */
function received(lab: ILab, command: string): string[] {
  const lines = existsSync(lab.archive)
    ? readFileSync(lab.archive, 'utf8').split('\n').filter(Boolean)
    : [];
  return lines
    .map(line => JSON.parse(line) as { id: string; data: { command?: string } })
    .filter(({ data }) => data.command === command)
    .map(({ id }) => id);
}

test.beforeEach(({ lab }) => {
  writeNotebook(lab, 'first.ipynb');
});

test('a notebook opened from the tree is a page and a session of its own, both of Notebook', async ({
  context,
  lab
}) => {
  await consentToLocal(lab);
  const tree = await open(context, lab, 'tree');
  await expect.poll(() => isShadowed(tree)).toBe(true);
  const opened = context.waitForEvent('page');
  await tree.locator('.jp-DirListing-itemText').first().dblclick();
  const notebook = await opened;
  await notebook.locator('.jp-NotebookPanel .jp-Cell').first().waitFor();
  await expect.poll(() => isShadowed(notebook)).toBe(true);
  await byMenu('View', 'Show Header')(tree);
  await byMenu('Run', 'Run Selected Cell')(notebook);

  const sent = async (): Promise<IHeld[]> => {
    await tree.evaluate(() => window.dispatchEvent(new Event('pagehide')));
    await notebook.evaluate(() => window.dispatchEvent(new Event('pagehide')));
    return held(lab);
  };
  const sessionsOf = (events: IHeld[], told: string): unknown[] => [
    ...new Set(
      events
        .filter(({ data }) => [data.command, data.application].includes(told))
        .map(({ session }) => session)
    )
  ];
  let events: IHeld[] = [];
  await expect
    .poll(async () => {
      events = await sent();
      return ['Jupyter Notebook', TOGGLE, 'runmenu:run'].map(
        told => sessionsOf(events, told).length
      );
    })
    .toEqual([2, 1, 1]);
  const [ofTree] = sessionsOf(events, TOGGLE);
  const [ofNotebook] = sessionsOf(events, 'runmenu:run');
  expect(sessionsOf(events, 'Jupyter Notebook').sort()).toEqual(
    [ofTree, ofNotebook].sort()
  );
});

test.describe('where sharing is on offer', () => {
  test.use({ eventlog: SHARING });

  test('off: no page makes a telemetry request, a database or a ledger', async ({
    context,
    lab
  }) => {
    const pages: Page[] = [];
    const requests: string[][] = [];
    for (const path of PATHS) {
      const page = await open(context, lab, path);
      pages.push(page);
      requests.push(telemetryRequests(page));
      await execute(page, 100, TOGGLE);
    }
    for (const page of pages) {
      await outwaitFlush(page);
      expect(await isShadowed(page)).toBe(false);
      expect(await databases(page)).toEqual([]);
    }
    expect(requests).toEqual([[], []]);
    expect(existsSync(lab.ledger)).toBe(false);
  });

  test('a choice in one page holds in the others; all share, each event once; off in one ends all', async ({
    context,
    lab
  }) => {
    const notebook = await open(context, lab, 'notebooks/first.ipynb');
    const tree = await open(context, lab, 'tree');
    await openPanel(notebook);
    await test.step('a page that listens to nothing learns of the first choice when it is loaded', async () => {
      await chooseInPanel(notebook, 'Local');
      expect(await isShadowed(tree)).toBe(false);
      await tree.reload();
      await expect.poll(() => isShadowed(tree)).toBe(true);
    });
    await test.step('from local to on: the other page shares too, from then on', async () => {
      await execute(tree, 2, TOGGLE);
      const asked = tree.waitForResponse(/\/api\/telemetry(\?|$)/);
      await chooseInPanel(notebook, 'On');
      await (await asked).finished();
    });

    await test.step('both pages share one queue: while one sends, the other waits, and no event is sent twice', async () => {
      const submitted = [submissions(tree), submissions(notebook)];
      let release = (): void => undefined;
      const released = new Promise<void>(resolve => (release = resolve));
      const isBatch = (request: Request): boolean =>
        request.method() === 'POST' && EVENTS_URL.test(request.url());
      await tree.route(EVENTS_URL, async route => {
        if (isBatch(route.request())) {
          await released;
        }
        await route.continue();
      });
      const isSending = tree.waitForRequest(isBatch);
      await execute(tree, 10, TOGGLE);
      await isSending;
      const requests = telemetryRequests(notebook);
      await execute(notebook, 10, TOGGLE);
      await outwaitFlush(notebook);
      expect(requests.filter(isSubmission)).toEqual([]);

      release();
      await expect
        .poll(() => received(lab, TOGGLE).length, { timeout: 60_000 })
        .toBe(20);
      expect(new Set(received(lab, TOGGLE)).size).toBe(20);
      expect(await databases(tree)).toHaveLength(1);
      const answers = await Promise.all(
        submitted
          .flat()
          .map(
            async response => (await response.json()) as { duplicates: number }
          )
      );
      expect(answers.filter(({ duplicates }) => duplicates > 0)).toEqual([]);
      await tree.unroute(EVENTS_URL);
    });

    await test.step('off, chosen in the notebook, ends it in the tree too', async () => {
      // However long the choice takes: what waits then has not been sent before.
      await tree.route(EVENTS_URL, route =>
        route.request().method() === 'POST' ? route.abort() : route.continue()
      );
      await execute(tree, 5, TOGGLE);
      await chooseInPanel(notebook, 'Off');
      await expect.poll(() => isShadowed(tree)).toBe(false);
      await tree.unroute(EVENTS_URL);
      const requests = [telemetryRequests(tree), telemetryRequests(notebook)];
      await execute(tree, 20, TOGGLE);
      await execute(notebook, 20, TOGGLE);
      await outwaitFlush(tree);
      expect(requests.flat().filter(isSubmission)).toEqual([]);
      expect(received(lab, TOGGLE)).toHaveLength(20);
      expect(await databases(tree)).toEqual([]);
    });
  });
});

function isSubmission(request: string): boolean {
  return request.startsWith('POST');
}
