// Notebook 7: the same bundle, where each document is a page of its own.

import { existsSync, readFileSync } from 'fs';

import type { BrowserContext, Page, Response } from '@playwright/test';

import { writeNotebook } from '../interactions/menus';
import { consentToLocal, Recorded } from '../interactions/recorded';
import {
  answer,
  byContextMenu,
  byMenu,
  byMenuKeys,
  COMMAND_MODE,
  inCommandMode,
  openPalette,
  paletteItem,
  toolbarItem
} from '../interactions/steps';
import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';
import {
  chooseInPanel,
  databases,
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
const SESSION = encodeURIComponent(
  'https://events.jupyter.org/jupyter_eventlog/session/v1'
);

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

/** What a person started, as `command surface device`, in alphabetical order. */
async function startedByHand(
  page: Page,
  recorded: Recorded
): Promise<string[]> {
  return (await recorded.read(page))
    .filter(({ isActivity }) => !isActivity)
    .filter(({ surface }) => !['command', 'programmatic'].includes(surface))
    .map(({ what, surface, device }) => `${what} ${surface} ${device}`)
    .sort();
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
  test.setTimeout(120_000);
  writeNotebook(lab, 'first.ipynb');
});

test('in the tree, each surface and device is told by the gesture that was made', async ({
  context,
  lab
}) => {
  await consentToLocal(lab);
  const page = await open(context, lab, 'tree');
  await expect.poll(() => isShadowed(page)).toBe(true);
  const file = page.locator('.jp-DirListing-item').first();

  await byMenu('View', 'Show Header')(page);
  await byMenuKeys('View', 'Show Header')(page);
  await openPalette(page, 'Show Header');
  await paletteItem(page, TOGGLE).click();
  await page.locator('[data-jp-item-name="refresh"] [data-command]').click();
  await file.locator('.jp-DirListing-itemText').click();
  await page
    .locator('[data-jp-item-name="fileAction-duplicate"] [data-command]')
    .click();
  await page.locator('.jp-DirListing-item').nth(1).waitFor();
  await byContextMenu(page, file, 'Copy');
  await file.locator('.jp-DirListing-itemText').click();
  await page.keyboard.press('F2');
  await page.keyboard.press('Escape');

  const recorded = new Recorded(lab);
  await expect
    .poll(() => startedByHand(page, recorded))
    .toEqual(
      [
        `${TOGGLE} main-menu mouse`,
        `${TOGGLE} main-menu keyboard`,
        'apputils:activate-command-palette keybinding keyboard',
        `${TOGGLE} palette mouse`,
        'filebrowser:refresh toolbar mouse',
        'filebrowser:duplicate toolbar mouse',
        'filebrowser:copy context-menu mouse',
        'filebrowser:rename keybinding keyboard'
      ].sort()
    );
});

test('in a notebook, each surface and device is told by the gesture that was made', async ({
  context,
  lab
}) => {
  await consentToLocal(lab);
  const page = await open(context, lab, 'notebooks/first.ipynb');
  await expect.poll(() => isShadowed(page)).toBe(true);
  const prompt = page.locator(COMMAND_MODE).first();

  await inCommandMode('b')(page);
  await toolbarItem(page, 'insert').click();
  await byMenu('Run', /^Run Selected Cell$/)(page);
  await byMenuKeys('Run', /^Run Selected Cell$/)(page);
  await openPalette(page, 'Insert Cell Below');
  await paletteItem(page, 'notebook:insert-cell-below').click();
  await prompt.click();
  await page
    .locator('.jp-cell-toolbar [data-command="notebook:duplicate-below"]')
    .first()
    .click();
  await byContextMenu(page, prompt, 'Copy Cell');
  for (const decision of ['reject', 'accept'] as const) {
    await byMenu('Kernel', /^Restart Kernel…$/)(page);
    await answer(page, decision);
  }

  const recorded = new Recorded(lab);
  await expect
    .poll(() => startedByHand(page, recorded), { timeout: 20_000 })
    .toEqual(
      [
        'notebook:insert-cell-below keybinding keyboard',
        'notebook:insert-cell-below toolbar mouse',
        'runmenu:run main-menu mouse',
        'runmenu:run main-menu keyboard',
        'apputils:activate-command-palette keybinding keyboard',
        'notebook:insert-cell-below palette mouse',
        'notebook:duplicate-below cell-toolbar mouse',
        'notebook:copy-cell context-menu mouse',
        'kernelmenu:restart main-menu mouse',
        'kernelmenu:restart main-menu mouse'
      ].sort()
    );
  expect(
    recorded.events
      .filter(({ what }) => what === 'kernelmenu:restart')
      .map(({ outcome }) => outcome)
  ).toEqual(['cancelled', 'success']);
});

test('a session says that it was Notebook, in the tree and in a notebook', async ({
  context,
  lab
}) => {
  await consentToLocal(lab);
  for (const path of PATHS) {
    const page = await open(context, lab, path);
    await expect.poll(() => isShadowed(page)).toBe(true);
    await page.close();
  }
  const applications = async (): Promise<unknown[]> => {
    const response = await fetch(
      `${lab.url}/api/telemetry/events?schema=${SESSION}`,
      { headers: { Authorization: `token ${lab.token}` } }
    );
    const { events } = (await response.json()) as {
      events: { recorded: { data: { phase: string; application: string } } }[];
    };
    return events
      .map(({ recorded }) => recorded.data)
      .filter(({ phase }) => phase === 'start')
      .map(({ application }) => application);
  };
  await expect
    .poll(applications)
    .toEqual(['Jupyter Notebook', 'Jupyter Notebook']);
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

    await test.step('both pages share one queue, and no event is sent twice', async () => {
      const sent = [submissions(tree), submissions(notebook)];
      for (let round = 0; round < 3; round++) {
        await execute(tree, 5, TOGGLE);
        await execute(notebook, 5, TOGGLE);
      }
      await expect
        .poll(() => received(lab, TOGGLE).length, { timeout: 15_000 })
        .toBe(30);
      await outwaitFlush(tree);
      const ids = received(lab, TOGGLE);
      expect(new Set(ids).size).toBe(30);
      expect(await databases(tree)).toHaveLength(1);
      const answers = await Promise.all(
        sent
          .flat()
          .map(
            async response => (await response.json()) as { duplicates: number }
          )
      );
      expect(answers.length).toBeGreaterThan(0);
      expect(answers.filter(({ duplicates }) => duplicates > 0)).toEqual([]);
    });

    await test.step('off, chosen in the notebook, ends it in the tree too', async () => {
      await execute(tree, 5, TOGGLE);
      await chooseInPanel(notebook, 'Off');
      await expect.poll(() => isShadowed(tree)).toBe(false);
      const requests = [telemetryRequests(tree), telemetryRequests(notebook)];
      await execute(tree, 20, TOGGLE);
      await execute(notebook, 20, TOGGLE);
      await outwaitFlush(tree);
      expect(requests.flat().filter(isSubmission)).toEqual([]);
      expect(received(lab, TOGGLE)).toHaveLength(30);
      expect(await databases(tree)).toEqual([]);
    });
  });
});

function isSubmission(request: string): boolean {
  return request.startsWith('POST');
}
