// The main path from end to end: a click, an event, what its user sees, and what a sink received.

import { execFileSync } from 'child_process';
import { existsSync, readdirSync, readFileSync } from 'fs';
import { join } from 'path';

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Request } from '@playwright/test';

import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';
import {
  chooseInPanel,
  chooseInSettings,
  databases,
  EVENTS_URL,
  execute,
  isRun,
  isShadowed,
  listedRuns,
  openLab,
  openPanel,
  outwaitFlush,
  refreshPanel,
  telemetryRequests
} from '../steps';

const RUN = 'notebook:run-cell-and-select-next';

/** The five ways to run a cell that the promise names, and what each must be recorded as. */
const RUNS = [
  { command: RUN, surface: 'toolbar', device: 'mouse' }, // a click on Run
  { command: 'runmenu:run', surface: 'keybinding', device: 'keyboard' }, // Shift+Enter
  { command: 'runmenu:run', surface: 'main-menu', device: 'mouse' }, // the Run menu, by mouse
  { command: 'runmenu:run', surface: 'main-menu', device: 'keyboard' }, // and by keyboard
  { command: RUN, surface: 'palette', device: 'keyboard' } // the palette
];

async function runFiveWays(page: IJupyterLabPageFixture): Promise<void> {
  const run = page.locator(
    '.jp-NotebookPanel-toolbar [data-jp-item-name="run"]'
  );
  await run.click();

  await page.notebook.selectCells(0);
  await page.keyboard.press('Shift+Enter');

  await page.notebook.selectCells(0);
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Run$/ }).click();
  await page.locator('.lm-Menu-item[data-command="runmenu:run"]').click();

  await page.notebook.selectCells(0);
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Run$/ }).click();
  await page.locator('.lm-Menu-item[data-command="runmenu:run"]').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');

  await page.notebook.selectCells(0);
  await page.keyboard.press('Control+Shift+C');
  await page
    .locator('.lm-CommandPalette-input')
    .last()
    .fill('Run Selected Cell');
  await expect(async () => {
    await page.keyboard.press('ArrowDown');
    await expect(
      page.locator('.lm-CommandPalette-item.lm-mod-active')
    ).toHaveAttribute('data-command', RUN, {
      timeout: 200
    });
  }).toPass();
  await page.keyboard.press('Enter');
}

function readArchive(lab: ILab): Record<string, unknown>[] {
  if (!existsSync(lab.archive)) {
    return [];
  }
  return readFileSync(lab.archive, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

test.describe('an untouched install', () => {
  for (const [name, eventlog] of [
    ['without configuration', ''],
    ['where the operator offers sharing', SHARING]
  ] as const) {
    test.describe(name, () => {
      test.use({ eventlog });

      test('200 commands: no telemetry request, no IndexedDB, no ledger, execute untouched', async ({
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
    });
  }
});

test.describe('the main path', () => {
  test.use({ eventlog: SHARING });

  test('off → local → on → erase → off', async ({ page, lab }) => {
    await openLab(page, lab);
    await page.notebook.createNew('Untitled.ipynb');
    await page.notebook.setCell(0, 'code', '1 + 1');

    await test.step('local, through the settings page: five events, none at a sink', async () => {
      await chooseInSettings(page, 'Local');
      await page.activity.activateTab('Untitled.ipynb');
      await runFiveWays(page);
      await openPanel(page);
      await expect
        .poll(
          async () => {
            await refreshPanel(page);
            return (await listedRuns(page)).length;
          },
          { timeout: 60_000 }
        )
        .toBe(RUNS.length);
      expect(await listedRuns(page)).toEqual(
        RUNS.map(run => ({ ...run, outcome: 'worked' }))
      );
      expect(
        existsSync(lab.archive) ? readFileSync(lab.archive, 'utf8') : ''
      ).toBe('');
    });

    const keptLocal = await heldIds(page);
    expect(keptLocal.length).toBeGreaterThanOrEqual(RUNS.length);

    await test.step('on, through the panel: exactly the five new events reach the file, sent within 6 s', async () => {
      const waitedMs: number[] = [];
      page.on('request', request => waitedMs.push(...waitsOf(request)));
      await openPanel(page);
      await chooseInPanel(page, 'On');
      await page.activity.activateTab('Untitled.ipynb');
      await runFiveWays(page);
      await expect.poll(() => runs(readArchive(lab)).length).toBe(RUNS.length);
      expect(waitedMs.length).toBeGreaterThanOrEqual(RUNS.length);
      expect(Math.max(...waitedMs)).toBeLessThan(6_000);
      expect(runs(readArchive(lab))).toEqual(
        RUNS.map(run => ({ ...run, outcome: 'success' }))
      );
      expect(
        readArchive(lab).filter(({ id }) => keptLocal.includes(String(id)))
      ).toEqual([]);
    });

    await test.step('pandas and DuckDB read the file', () => {
      const python = join(__dirname, '..', '..', '.venv', 'bin', 'python');
      const program = [
        'import sys, duckdb, pandas',
        'frame = pandas.read_json(sys.argv[1], lines=True)',
        'rows = duckdb.sql(f"select count(*) from read_json(\'{sys.argv[1]}\')").fetchall()[0][0]',
        'print(len(frame), rows)'
      ].join('\n');
      const lines = readArchive(lab).length;
      expect(
        execFileSync(
          existsSync(python) ? python : 'python3',
          ['-c', program, lab.archive],
          { encoding: 'utf8' }
        ).trim()
      ).toBe(`${lines} ${lines}`);
    });

    await test.step('the bytes in the file are the JSON shown as sent', async () => {
      await openPanel(page);
      await refreshPanel(page);
      const lines = readFileSync(lab.archive, 'utf8')
        .split('\n')
        .filter(Boolean);
      const line = lines[lines.length - 1] ?? '';
      const id = (JSON.parse(line) as { id: string }).id;
      await page
        .locator(`[data-event-id="${id}"]`)
        .getByRole('button')
        .first()
        .click();
      await expect(page.locator(`[data-sent-to="archive"]`).first()).toHaveText(
        line
      );
    });

    await test.step('the download has them', async () => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download JSONL' }).click()
      ]);
      const downloaded = readFileSync(await download.path(), 'utf8')
        .split('\n')
        .filter(Boolean);
      for (const line of readFileSync(lab.archive, 'utf8')
        .split('\n')
        .filter(Boolean)) {
        expect(downloaded).toContain(line);
      }
    });

    await test.step('erase removes them from panel, API and ledger files', async () => {
      // What is in the events alone: the terms that were agreed to stay, with examples of events.
      const sessions = readArchive(lab).map(event => String(event.session));
      const needles = ['runmenu:run', ...new Set(sessions)];
      for (const needle of needles) {
        expect(ledgerBytes(lab)).toContain(needle);
      }
      await page.getByRole('button', { name: 'Erase…' }).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: 'Erase', exact: true })
        .click();
      await expect(page.locator('[data-event-id]')).toHaveCount(0);
      expect(await heldIds(page)).toEqual([]);
      const bytes = ledgerBytes(lab);
      for (const needle of needles) {
        expect(bytes).not.toContain(needle);
      }
    });

    await test.step('off: nothing more, and execute is the original again', async () => {
      await chooseInPanel(page, 'Off');
      const requests = telemetryRequests(page);
      await execute(page, 50);
      await outwaitFlush(page);
      expect(await isShadowed(page)).toBe(false);
      expect(requests.filter(request => request.startsWith('POST'))).toEqual(
        []
      );
      expect(await databases(page)).toEqual([]);
    });
  });
});

/** For how many milliseconds each event of a batch waited in the page. */
function waitsOf(request: Request): number[] {
  if (request.method() !== 'POST' || !EVENTS_URL.test(request.url())) {
    return [];
  }
  const { sent_at, events } = request.postDataJSON() as {
    sent_at: string;
    events: { time: string }[];
  };
  return events.map(({ time }) => Date.parse(sent_at) - Date.parse(time));
}

function runs(
  events: Record<string, unknown>[]
): { command: string; surface: string; device: string; outcome: string }[] {
  return events
    .map(
      event =>
        event.data as {
          command: string;
          trigger: { surface: string; device: string };
          outcome: string;
        }
    )
    .filter(({ command }) => isRun(command))
    .filter(({ trigger }) => trigger.surface !== 'command')
    .map(({ command, trigger, outcome }) => ({
      command,
      surface: trigger.surface,
      device: trigger.device,
      outcome
    }));
}

/** The ids of the command events that the API says are held. */
async function heldIds(page: IJupyterLabPageFixture): Promise<string[]> {
  const body = await page.evaluate(async () => {
    const schema = 'https://events.jupyter.org/jupyter_eventlog/command/v1';
    const query = new URLSearchParams({ schema, limit: '1000' });
    return (await fetch(`/api/telemetry/events?${query.toString()}`)).text();
  });
  return (JSON.parse(body) as { events: { id: string }[] }).events.map(
    ({ id }) => id
  );
}

function ledgerBytes(lab: ILab): string {
  return readdirSync(lab.ledger)
    .map(name => readFileSync(join(lab.ledger, name), 'latin1'))
    .join('');
}
