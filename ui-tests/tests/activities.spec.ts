// Activities by real gestures: what is told of each, how often, and what is not.

import { writeFileSync } from 'fs';
import { join } from 'path';

import type { Locator, Page } from '@playwright/test';

import type { ActivityV1 } from '../../src/schemas';
import { consentToLocal } from '../interactions/recorded';
import { untilIdle } from '../interactions/steps';
import type { ILab } from '../lab';
import { expect, test } from '../lab';
import {
  chooseInPanel,
  databases,
  openLab,
  openPanel,
  openSettings,
  telemetryRequests
} from '../steps';

const ACTIVITY = 'https://events.jupyter.org/jupyter_eventlog/activity/v1';
/** In every name and text that could be told by mistake. */
const CANARY = 'canary';

const code = (source: string) => ({
  cell_type: 'code',
  execution_count: null,
  metadata: {},
  outputs: [],
  source
});

const NOTEBOOK = {
  cells: [
    code('1 + 1'),
    code(' '),
    code('import time; time.sleep(0.5); canary'),
    { cell_type: 'markdown', metadata: {}, source: '# canary' },
    code('2')
  ],
  metadata: {
    kernelspec: {
      display_name: 'Python 3',
      language: 'python',
      name: 'python3'
    }
  },
  nbformat: 4,
  nbformat_minor: 4
};

/** How many listen for drops on the window: nobody else does than who records them. */
type CountingWindow = Window & { dropListeners?: number };

/** Before the page is opened: count who listens. */
async function countListeners(page: Page): Promise<void> {
  await page.addInitScript(() => {
    for (const [name, step] of [
      ['addEventListener', 1],
      ['removeEventListener', -1]
    ] as const) {
      const original = window[name].bind(window);
      const counting = (type: string, ...rest: never[]): void => {
        if (type === 'lm-drop') {
          const counts = window as CountingWindow;
          counts.dropListeners = (counts.dropListeners ?? 0) + step;
        }
        Reflect.apply(original, window, [type, ...rest]);
      };
      Object.assign(window, { [name]: counting });
    }
  });
}

async function listeners(page: Page): Promise<number | undefined> {
  return page.evaluate(() => (window as CountingWindow).dropListeners);
}

async function isRecording(page: Page): Promise<void> {
  await expect.poll(() => listeners(page), { timeout: 60_000 }).toBe(1);
}

interface IWorkspace {
  readonly data: Readonly<Record<string, unknown>>;
}

/** That a layout with this document was saved: to be asked for before the document is opened. */
async function layoutSaved(page: Page, document: string): Promise<void> {
  await page.waitForResponse(response => {
    const request = response.request();
    if (
      request.method() !== 'PUT' ||
      !request.url().includes('/api/workspaces')
    ) {
      return false;
    }
    const workspace = request.postDataJSON() as IWorkspace | null;
    const layout = workspace?.data['layout-restorer:data'];
    return JSON.stringify(layout ?? null).includes(document);
  });
}

interface IHeld {
  readonly recorded: { readonly time: string; readonly data: ActivityV1 };
}

/** What the server holds, in the order in which it began, after the page has sent what waits. */
async function held(page: Page, lab: ILab): Promise<ActivityV1[]> {
  await page.evaluate(() => window.dispatchEvent(new Event('pagehide')));
  const response = await fetch(
    `${lab.url}/api/telemetry/events?limit=1000&schema=${encodeURIComponent(ACTIVITY)}`,
    { headers: { Authorization: `token ${lab.token}` } }
  );
  const { events } = (await response.json()) as { events: IHeld[] };
  return events
    .map(({ recorded }) => recorded)
    .reverse()
    .sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
    .map(({ data }) => data);
}

/** The facts, then how it was started: `surface device`, or the command. */
function line(event: ActivityV1): string {
  const { activity, document, cell, outcome, plugin, theme } = event;
  const { trigger, parent } = event;
  const how = parent ? `< ${parent}` : `${trigger.surface} ${trigger.device}`;
  return [activity, document, cell, outcome, plugin, theme, how]
    .filter(part => part !== undefined)
    .join(' ');
}

/** Reads on where it read last; all of what is expected, and nothing else, has to be there. */
class Told {
  constructor(
    private readonly _page: Page,
    private readonly _lab: ILab
  ) {}

  async toBe(...expected: readonly unknown[]): Promise<void> {
    await this._expect(expected, lines => lines);
  }

  /** The same for what begins at one time, in the order of the alphabet. */
  async toHold(...expected: readonly string[]): Promise<void> {
    await this._expect(expected, lines => lines.sort());
  }

  private async _expect(
    expected: readonly unknown[],
    order: (lines: string[]) => string[]
  ): Promise<void> {
    let lines: string[] = [];
    await expect
      .poll(
        async () => {
          const events = await held(this._page, this._lab);
          expect(JSON.stringify(events)).not.toContain(CANARY);
          lines = events.map(line);
          return order(lines.slice(this._read));
        },
        { timeout: 60_000 }
      )
      .toEqual(expected);
    this._read = lines.length;
  }

  private _read = 0;
}

const file = (page: Page, name: string): Locator =>
  page.locator('.jp-DirListing-item', { hasText: name });

const tab = (page: Page, name: string): Locator =>
  page.locator('#jp-main-dock-panel .lm-TabBar-tab', { hasText: name });

const closeIcon = (page: Page, name: string): Locator =>
  tab(page, name).last().locator('.lm-TabBar-tabCloseIcon');

/** Within the notebook that is seen. */
const inNotebook = (page: Page, selector: string): Locator =>
  page.locator(`.jp-NotebookPanel:visible ${selector}`);

async function commandMode(page: Page, index = 0): Promise<void> {
  await inNotebook(page, '.jp-InputPrompt').nth(index).click();
}

async function openNotebook(page: Page): Promise<void> {
  await file(page, 'canary.ipynb').dblclick();
  await inNotebook(page, '.jp-Cell').first().waitFor();
  await untilIdle(page);
}

async function launch(page: Page, card: string): Promise<void> {
  await page
    .locator('#jp-main-dock-panel .lm-TabBar-addButton:visible')
    .first()
    .click();
  await page.locator(`.jp-LauncherCard${card}:visible`).first().click();
}

async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  if (!start || !end) {
    throw new Error('nothing to drag, or nowhere to');
  }
  await page.mouse.move(start.x + 15, start.y + 8);
  await page.mouse.down();
  await page.mouse.move(end.x + 15, end.y + 8, { steps: 12 });
  await page.mouse.up();
}

test.beforeEach(({ lab }) => {
  const write = (name: string, text: string) =>
    writeFileSync(join(lab.root, name), text);
  write('canary.ipynb', JSON.stringify(NOTEBOOK));
  write('canary.md', '# canary\n');
  write('canary.csv', 'canary,b\n1,2\n');
  write('canary.txt', 'canary\n');
});

test.describe('in JupyterLab, under local', () => {
  test.beforeEach(async ({ lab, page }) => {
    await consentToLocal(lab);
    await countListeners(page);
    await openLab(page, lab);
    await isRecording(page);
  });

  test('documents are told as opened, activated, saved, renamed and closed', async ({
    page,
    lab
  }) => {
    const told = new Told(page, lab);
    await test.step('opened with the mouse and with the keyboard', async () => {
      await file(page, 'canary.md').dblclick();
      await tab(page, 'canary.md').waitFor();
      await told.toBe('document-opened markdown file-browser mouse');
      await file(page, 'canary.csv').click();
      await page.keyboard.press('Enter');
      await tab(page, 'canary.csv').waitFor();
      await told.toBe('document-opened csv file-browser keyboard');
      await file(page, 'canary.txt').dblclick();
      await tab(page, 'canary.txt').waitFor();
      await told.toBe('document-opened text file-browser mouse');
    });
    await test.step('activated by its tab, and by opening it again', async () => {
      await tab(page, 'canary.md').click();
      await told.toBe('tab-activated markdown tab-bar mouse');
      await file(page, 'canary.txt').dblclick();
      await told.toBe('tab-activated text file-browser mouse');
    });
    await test.step('saved', async () => {
      await page.locator('.jp-FileEditor:visible .cm-content').click();
      await page.keyboard.type('canary');
      await page.keyboard.press('Control+s');
      await told.toBe('document-saved text success < docmanager:save');
    });
    await test.step('not saved', async () => {
      await page.route('**/api/contents/canary.txt**', (route, request) =>
        request.method() === 'PUT'
          ? route.fulfill({ status: 500, body: '{"message": "canary"}' })
          : route.fallback()
      );
      await page.keyboard.type('canary');
      await page.keyboard.press('Control+s');
      await page.locator('.jp-Dialog-button').click();
      await told.toBe('document-saved text failure < docmanager:save');
      await page.unroute('**/api/contents/canary.txt**');
    });
    await test.step('closed, which asks and saves', async () => {
      await closeIcon(page, 'canary.txt').click();
      await page
        .locator('.jp-Dialog .jp-mod-accept', { hasText: 'Save' })
        .click();
      await expect(tab(page, 'canary.txt')).toHaveCount(0);
      await told.toBe(
        'document-closed text tab-bar mouse',
        'document-saved text success dialog mouse'
      );
    });
    await test.step('renamed', async () => {
      await file(page, 'canary.csv').click();
      await page.keyboard.press('F2');
      await page.keyboard.type('canary2.csv');
      await page.keyboard.press('Enter');
      await tab(page, 'canary2.csv').waitFor();
      // The line in which the name was typed may be gone before anybody asks where it was.
      await told.toBe(
        expect.stringMatching(
          /^document-renamed csv (file-browser|other-widget) keyboard$/
        )
      );
    });
    await test.step('all closed by a command', async () => {
      await page.evaluate(() =>
        window.jupyterapp.commands.execute('application:close-all')
      );
      await expect(tab(page, 'canary')).toHaveCount(0);
      await told.toBe(
        'document-closed launcher < application:close-all',
        'document-closed markdown < application:close-all',
        'document-closed csv < application:close-all'
      );
    });
  });

  test('views of no file are told, and the launcher only where somebody asks for it', async ({
    page,
    lab
  }) => {
    const told = new Told(page, lab);
    await page.locator('.jp-Launcher').waitFor();
    await page
      .locator('.jp-LauncherCard[data-category="Other"]:visible', {
        hasText: 'Terminal'
      })
      .first()
      .click();
    await page.locator('.jp-Terminal').waitFor();
    await told.toBe('document-opened terminal < terminal:create-new');
    await launch(page, '[data-category="Console"]');
    await page.locator('.jp-ConsolePanel').waitFor();
    await told.toBe(
      'document-opened launcher < launcher:create',
      'document-opened console < console:create'
    );
    await openSettings(page);
    await told.toBe('document-opened settings < settingeditor:open');
    await page
      .locator('#jp-main-dock-panel .lm-TabBar-addButton:visible')
      .first()
      .click();
    await closeIcon(page, 'Launcher').click();
    await told.toBe(
      'document-opened launcher < launcher:create',
      'document-closed launcher tab-bar mouse'
    );
  });

  test('cells are told as executed once each, and as changed in type', async ({
    page,
    lab
  }) => {
    const told = new Told(page, lab);
    await openNotebook(page);
    await told.toBe('document-opened notebook file-browser mouse');
    await test.step('all cells of a run, one of them empty', async () => {
      await commandMode(page);
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Control+Enter');
      // What comes after the failure is left out, and of an empty cell there is nothing to execute.
      await told.toHold(
        'cell-executed notebook code failure < notebook:run-cell',
        'cell-executed notebook code success < notebook:run-cell',
        'cell-executed notebook markdown success < notebook:run-cell'
      );
      const failure = (await held(page, lab)).find(
        ({ outcome }) => outcome === 'failure'
      );
      expect(failure?.duration_ms).toBeGreaterThanOrEqual(500);
    });
    await test.step('by key, undone, and by dropdown', async () => {
      await commandMode(page);
      await page.keyboard.press('m');
      await told.toBe(
        'cell-type-changed notebook markdown < notebook:change-cell-to-markdown'
      );
      await page.keyboard.press('z');
      await told.toBe(
        'cell-type-changed notebook code < notebook:undo-cell-action'
      );
      await inNotebook(
        page,
        '.jp-Notebook-toolbarCellTypeDropdown select'
      ).focus();
      await page.keyboard.press('ArrowDown');
      await told.toBe('cell-type-changed notebook markdown toolbar keyboard');
    });
  });

  test('kernels are told as chosen, restarted and interrupted', async ({
    page,
    lab
  }) => {
    const told = new Told(page, lab);
    await openNotebook(page);
    await told.toBe('document-opened notebook file-browser mouse');
    const selector = inNotebook(page, '.jp-KernelName');
    await selector.click();
    await page.locator('.jp-Dialog .jp-mod-reject').click();
    await selector.click();
    await page.locator('.jp-Dialog .jp-mod-accept').click();
    await told.toBe('kernel-chosen notebook dialog mouse');
    await untilIdle(page);
    await inNotebook(page, '[data-command="notebook:restart-kernel"]').click();
    await page.locator('.jp-Dialog .jp-mod-accept').click();
    await told.toBe('kernel-restarted notebook < notebook:restart-kernel');
    await untilIdle(page);
    await inNotebook(
      page,
      '[data-command="notebook:interrupt-kernel"]'
    ).click();
    await told.toBe('kernel-interrupted notebook < notebook:interrupt-kernel');
    await selector.click();
    await page.locator('.jp-Dialog select').selectOption('null');
    await page.locator('.jp-Dialog .jp-mod-accept').click();
    await told.toBe('kernel-chosen notebook dialog mouse');
  });

  test('a drop, a search and a picked completion are told once each', async ({
    page,
    lab
  }) => {
    const told = new Told(page, lab);
    await openNotebook(page);
    await told.toBe('document-opened notebook file-browser mouse');
    await test.step('a completion', async () => {
      await commandMode(page, 3);
      await page.keyboard.press('b');
      await page.keyboard.press('Enter');
      await page.keyboard.type('is');
      // A kernel that has just begun may take longer than the completer waits.
      await expect(async () => {
        await page.keyboard.press('Tab');
        await page
          .locator('.jp-Completer-item')
          .first()
          .waitFor({ timeout: 2000 });
      }).toPass();
      await page.keyboard.press('Enter');
      await told.toBe('completion-picked notebook < completer:select-notebook');
      await page.keyboard.press('Escape');
    });
    await test.step('a search', async () => {
      await commandMode(page);
      await page.keyboard.press('Control+f');
      await page.locator('.jp-DocumentSearch-overlay').waitFor();
      await page.keyboard.type('canary');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await told.toBe('search-used notebook < documentsearch:start');
    });
    await test.step('a drop', async () => {
      const prompts = inNotebook(page, '.jp-InputPrompt');
      await drag(page, prompts.nth(0), prompts.nth(2));
      await told.toBe('item-dropped notebook other-widget mouse');
    });
  });

  test('a setting is told by its plugin, and a theme by its name', async ({
    page,
    lab
  }) => {
    const told = new Told(page, lab);
    await page
      .locator('.lm-MenuBar-itemLabel', { hasText: /^Settings$/ })
      .click();
    await page.locator('.lm-Menu-item', { hasText: /^Theme$/ }).hover();
    await page
      .locator('.lm-Menu-item', { hasText: /^JupyterLab Dark$/ })
      .click();
    await told.toBe('theme-changed JupyterLab Dark < apputils:change-theme');
    await openSettings(page);
    await told.toBe('document-opened settings < settingeditor:open');
    await page
      .locator('.jp-PluginList-entry', { hasText: /^Document Manager$/ })
      .click();
    await page
      .locator('.jp-SettingsPanel input[type="checkbox"]:visible')
      .first()
      .click();
    await told.toBe(
      'setting-changed @jupyterlab/docmanager-extension:plugin other-widget mouse'
    );
  });

  test('what a page restores when it loads is not told, and what is closed then is', async ({
    page,
    lab
  }) => {
    const told = new Told(page, lab);
    // Saved a moment after it was changed, before or after its events are found.
    const saved = layoutSaved(page, 'canary.csv');
    await file(page, 'canary.md').dblclick();
    await file(page, 'canary.csv').dblclick();
    await tab(page, 'canary.csv').waitFor();
    await told.toBe(
      'document-opened markdown file-browser mouse',
      'document-opened csv file-browser mouse'
    );
    await saved;
    // Galata's own way waits for a launcher, which need not come.
    const loaded = page.waitForEvent('load');
    await page.evaluate(() => window.location.reload());
    await loaded;
    await tab(page, 'canary.csv').waitFor();
    await isRecording(page);
    await closeIcon(page, 'canary.csv').click();
    await told.toBe('document-closed csv tab-bar mouse');
  });
});

test('a hundred things that are done while all is off are neither recorded nor listened to', async ({
  page,
  lab
}) => {
  const requests = telemetryRequests(page);
  const scripts: string[] = [];
  page.on('request', request => {
    if (request.url().includes('jupyter-eventlog')) {
      scripts.push(request.url());
    }
  });
  await countListeners(page);
  await openLab(page, lab);
  await file(page, 'canary.md').dblclick();
  await file(page, 'canary.csv').dblclick();
  await openNotebook(page);
  const before = scripts.length;
  for (let index = 0; index < 30; index++) {
    await tab(page, 'canary.md').click();
    await tab(page, 'canary.csv').click();
    await tab(page, 'canary.ipynb').click();
  }
  await commandMode(page);
  await page.keyboard.press('m');
  await page.keyboard.press('y');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.press('Control+s');
  await page.keyboard.press('Control+f');
  await page.keyboard.press('Escape');
  const prompts = inNotebook(page, '.jp-InputPrompt');
  await drag(page, prompts.nth(0), prompts.nth(2));
  for (const name of ['canary.md', 'canary.csv']) {
    await closeIcon(page, name).click();
  }
  expect(await listeners(page)).toBeUndefined();
  expect(scripts.slice(before)).toEqual([]);
  expect(await databases(page)).toEqual([]);
  expect(requests).toEqual([]);
  expect(await held(page, lab)).toEqual([]);
});

test('withdrawing consent ends all listening, in the page as it is', async ({
  page,
  lab
}) => {
  await consentToLocal(lab);
  await countListeners(page);
  await openLab(page, lab);
  await isRecording(page);
  await openPanel(page);
  await chooseInPanel(page, 'Off');
  await expect.poll(() => listeners(page)).toBe(0);
  await file(page, 'canary.md').dblclick();
  await tab(page, 'canary.md').waitFor();
  await openPanel(page);
  await chooseInPanel(page, 'Local');
  await isRecording(page);
  await closeIcon(page, 'canary.md').click();
  const markdown = async (): Promise<string[]> =>
    (await held(page, lab))
      .filter(({ document }) => document === 'markdown')
      .map(line);
  await expect
    .poll(markdown, { timeout: 60_000 })
    .toEqual(['document-closed markdown tab-bar mouse']);
});

test('in Notebook, what is opened from the tree is told there, and cells in their own page', async ({
  browser,
  lab
}) => {
  await consentToLocal(lab);
  const context = await browser.newContext();
  const tree = await context.newPage();
  await countListeners(tree);
  await tree.goto(`${lab.url}/tree?token=${lab.token}`);
  await isRecording(tree);
  const told = new Told(tree, lab);
  const opening = context.waitForEvent('page');
  await file(tree, 'canary.ipynb').dblclick();
  const notebook = await opening;
  await told.toBe('document-opened notebook file-browser mouse');
  // The page was there before it could be counted who listens in it.
  await countListeners(notebook);
  await notebook.reload();
  await isRecording(notebook);
  await untilIdle(notebook);
  await inNotebook(notebook, '.jp-InputPrompt').first().click();
  await notebook.keyboard.press('Shift+Enter');
  await new Told(notebook, lab).toBe(
    'document-opened notebook file-browser mouse',
    'cell-executed notebook code success < notebook:run-cell-and-select-next'
  );
  await context.close();
});
