// Nothing that is executed escapes: a random walk over the registry, counted by lumino's own signal and by us.
// EVENTLOG_SEED repeats a walk.

import { writeFileSync } from 'fs';
import { join } from 'path';

import type { Page, Request } from '@playwright/test';

import type { ILab } from '../lab';
import { QUIET_COMMANDS } from '../../src/commands/quiet';
import { expect, test } from '../lab';
import type { IHeldEvent, IRegistryWatch } from '../registry';
import {
  answerDialogs,
  CENSUS,
  consentTo,
  ENDS_THE_SERVER,
  enter,
  heldEvents,
  nothingWaits,
  STAYS_AT_HOME,
  untilRecording,
  watchRegistry
} from '../registry';

/** In the page: made by `watchRegistry`. */
declare const registryWatch: IRegistryWatch;
/** In the page: notes a step, for who has to find out where a walk ended. */
declare const walked: (step: string) => void;

const SEED = Number(
  process.env.EVENTLOG_SEED ?? Math.floor(Math.random() * 1_000_000)
);

const NOTEBOOK = {
  cells: ['1 + 1', 'print("walk")', 'x = 2'].map((source, index) => ({
    cell_type: 'code',
    execution_count: null,
    id: `cell-${index}`,
    metadata: {},
    outputs: [],
    source
  })),
  metadata: {
    kernelspec: {
      display_name: 'Python 3 (ipykernel)',
      language: 'python',
      name: 'python3'
    }
  },
  nbformat: 4,
  nbformat_minor: 5
};

/** See to it that there is one of each kind of document to walk in; a page of Notebook has one document. */
async function openDocuments(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { commands, name, shell } = window.jupyterapp;
    if (name !== 'JupyterLab') {
      return;
    }
    const open: [string, string, Record<string, unknown>][] = [
      ['.jp-NotebookPanel', 'docmanager:open', { path: 'walk.ipynb' }],
      ['.jp-FileEditor', 'docmanager:open', { path: 'walk.md' }],
      [
        '.jp-CodeConsole',
        'console:create',
        { kernelPreference: { name: 'python3' } }
      ],
      ['.jp-Terminal', 'terminal:create-new', {}],
      ['.jp-Launcher', 'launcher:create', {}]
    ];
    for (const [selector, id, args] of open) {
      if (!document.querySelector(selector) && commands.hasCommand(id)) {
        const done = commands.execute(id, args as never).catch(() => undefined);
        const late = new Promise(resolve => setTimeout(resolve, 5000));
        await Promise.race([done, late]);
      }
    }
    // A hundred documents would slow the walk down and show nothing more.
    const surplus = [...shell.widgets('main')].slice(0, -12);
    surplus.forEach(widget => widget.dispose());
  });
}

/** Execute so many commands, one after the other, whatever comes of them. */
async function walk(page: Page, seed: number, steps: number): Promise<void> {
  await page.evaluate(
    async ([start, count, excluded]) => {
      const { commands, shell } = window.jupyterapp;
      let state = start;
      const random = (): number => {
        // mulberry32
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
      };
      const pick = <T>(from: readonly T[]): T =>
        from[Math.floor(random() * from.length)] as T;

      interface IDeclared {
        readonly type?: unknown;
        readonly enum?: readonly unknown[];
      }
      const safeValue = ({ type, enum: choices }: IDeclared): unknown => {
        if (choices && choices.length > 0) {
          return pick(choices);
        }
        switch (type) {
          case 'boolean':
            return random() < 0.5;
          case 'integer':
          case 'number':
            return Math.floor(random() * 4);
          default:
            return undefined;
        }
      };
      const safeArgs = async (id: string): Promise<Record<string, unknown>> => {
        const described = await commands.describedBy(id).catch(() => null);
        const properties = (described?.args?.properties ?? {}) as Record<
          string,
          IDeclared
        >;
        const args: Record<string, unknown> = {};
        for (const [name, declared] of Object.entries(properties)) {
          const value = random() < 0.5 ? safeValue(declared) : undefined;
          if (value !== undefined) {
            args[name] = value;
          }
        }
        return args;
      };
      const isPossible = (id: string, args: never): boolean => {
        try {
          return commands.isEnabled(id, args) && commands.isVisible(id, args);
        } catch {
          return false;
        }
      };

      for (let step = 0; step < count;) {
        if (step % 5 === 0) {
          const widgets = [...shell.widgets('main')];
          if (widgets.length > 0) {
            shell.activateById(pick(widgets).id);
          }
        }
        const id = pick(
          commands.listCommands().filter(one => one !== excluded)
        );
        const args = (await safeArgs(id)) as never;
        if (!commands.hasCommand(id) || !isPossible(id, args)) {
          continue;
        }
        step += 1;
        walked(`${id} ${JSON.stringify(args)}`);
        const done = commands.execute(id, args).catch(() => undefined);
        await Promise.race([
          done,
          new Promise(resolve => setTimeout(resolve, 50))
        ]);
        // Timers and the answering of dialogs have their turn.
        await new Promise(resolve => setTimeout(resolve));
      }
    },
    [seed, steps, ENDS_THE_SERVER] as const
  );
}

/** What lumino told of while we recorded: how often each id, under the name by which it may be told. */
function byName(executed: IRegistryWatch['executed']): Map<string, number> {
  const first = executed.findIndex(({ isShadowed }) => isShadowed);
  const recorded = executed.slice(first);
  expect(recorded.every(({ isShadowed }) => isShadowed)).toBe(true);
  return countBy(recorded.map(({ id }) => (CENSUS.has(id) ? id : '(other)')));
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}

/** Leave the page as its user would, once nothing runs any more; what had been executed, and what never settles. */
async function leave(
  page: Page
): Promise<{ executed: IRegistryWatch['executed']; unsettled: string[] }> {
  await page
    .waitForFunction(() => registryWatch.pending().length === 0, null, {
      timeout: 10_000
    })
    .catch(() => undefined);
  return page.evaluate(() => {
    const executed = [...registryWatch.executed];
    const unsettled = registryWatch.pending();
    window.dispatchEvent(new PageTransitionEvent('pagehide'));
    return { executed, unsettled };
  });
}

/** What was recorded until the page was left, once it is all held; what runs later belongs to no walk. */
async function recordedUntilLeft(
  page: Page,
  lab: ILab,
  sent: ReadonlySet<string>
): Promise<{ commands: string[]; quiet: number }> {
  const isEnd = ({ recorded }: IHeldEvent): boolean =>
    recorded.data.phase === 'end';
  const missing = async (): Promise<string[]> => {
    const held = new Set((await heldEvents(lab)).map(({ id }) => id));
    return [...sent].filter(id => !held.has(id));
  };
  await expect
    .poll(
      async () =>
        (await heldEvents(lab, 'session')).some(isEnd) &&
        (await nothingWaits(page)),
      { timeout: 60_000 }
    )
    .toBe(true);
  await expect.poll(missing, { message: 'sent and not held' }).toEqual([]);
  const sessions = await heldEvents(lab, 'session');
  const last = sessions.find(isEnd)?.recorded.sequence ?? '';
  const isBefore = ({ recorded }: IHeldEvent): boolean =>
    recorded.sequence <= last;
  const commands = (await heldEvents(lab, 'command')).filter(isBefore);
  return {
    commands: commands.map(({ recorded }) => String(recorded.data.command)),
    quiet: sum(
      sessions
        .filter(isBefore)
        .map(({ recorded }) => Number(recorded.data.quiet_commands ?? 0))
    )
  };
}

function isBatch(request: Request): boolean {
  return (
    request.method() === 'POST' &&
    request.url().includes('/api/telemetry/events')
  );
}

async function walkAndCompare(
  page: Page,
  lab: ILab,
  length: number
): Promise<void> {
  process.stdout.write(`EVENTLOG_SEED=${SEED}\n`);
  const steps: string[] = [];
  await page.exposeFunction('walked', (step: string) => steps.push(step));
  const sent = new Set<string>();
  page.on('request', request => {
    if (isBatch(request)) {
      const { events } = request.postDataJSON() as { events: { id: string }[] };
      events.forEach(({ id }) => sent.add(id));
    }
  });
  const refused: string[] = [];
  page.on('response', response => {
    if (isBatch(response.request())) {
      void response
        .text()
        .then(text => {
          if (!response.ok() || !text.includes('"rejected":[]')) {
            refused.push(`${response.status()} ${text}`);
          }
        })
        .catch(() => undefined);
    }
  });

  await answerDialogs(page, SEED);
  for (let done = 0; done < length; done += 50) {
    await openDocuments(page);
    await walk(page, SEED + done, 50).catch((error: unknown) => {
      const last = steps.slice(-12).join('\n');
      throw new Error(`the walk ended after\n${last}\n${String(error)}`);
    });
  }
  const left = await leave(page);
  const { commands, quiet } = await recordedUntilLeft(page, lab, sent);
  const executed = byName(left.executed);
  const recorded = countBy(commands);
  process.stdout.write(
    `${sum(executed.values())} executed = ${commands.length} recorded + ${quiet} quiet;` +
      ` ${executed.size} ids; unsettled: ${left.unsettled.join(', ')}\n`
  );
  expect(refused).toEqual([]);
  const missing = [...executed]
    .map(([name, count]) => [name, count - (recorded.get(name) ?? 0)] as const)
    .filter(([, difference]) => difference !== 0);
  expect(missing.filter(([name]) => !QUIET_COMMANDS.has(name))).toEqual([]);
  expect([...recorded.keys()].filter(name => !executed.has(name))).toEqual([]);
  expect(sum(missing.map(([, count]) => count))).toBe(quiet);
  expect(commands.length + quiet).toBe(sum(executed.values()));
}

// A trace of a thousand commands would take longer than they do.
test.use({
  eventlog: `${STAYS_AT_HOME}
c.JupyterNotebookApp.expose_app_in_browser = True`,
  trace: 'off'
});

async function prepare(lab: ILab): Promise<void> {
  writeFileSync(join(lab.root, 'walk.ipynb'), JSON.stringify(NOTEBOOK));
  writeFileSync(join(lab.root, 'walk.md'), '# One\n\ntext\n\n## Two\n');
  await consentTo(lab, 'local');
}

test('every executed command is recorded or counted, in a walk of 1,000 commands', async ({
  page,
  lab
}) => {
  await prepare(lab);
  await watchRegistry(page);
  await enter(page, `${lab.url}/lab?token=${lab.token}`);
  await walkAndCompare(page, lab, 1000);
});

test('in Notebook too, in a walk of 300 commands', async ({ browser, lab }) => {
  await prepare(lab);
  // Galata's page knows JupyterLab only.
  const page = await browser.newPage();
  await watchRegistry(page);
  await enter(page, `${lab.url}/notebooks/walk.ipynb?token=${lab.token}`);
  await walkAndCompare(page, lab, 300);
  await page.close();
});

test('what has not settled when the page is left is recorded as unsettled, and once only', async ({
  browser,
  lab
}) => {
  // Galata's page would look for JupyterLab where there is none any more.
  const page = await browser.newPage();
  await consentTo(lab, 'local');
  await watchRegistry(page);
  await page.goto(`${lab.url}/lab?token=${lab.token}`);
  await untilRecording(page);
  await page.evaluate(() => window.jupyterapp.restored);
  await page.waitForFunction(() => registryWatch.pending().length === 0);
  const pending = await page.evaluate(async () => {
    const { commands } = window.jupyterapp;
    commands.addCommand('walk:endless', {
      execute: () => new Promise(() => undefined)
    });
    for (const id of ['walk:endless', 'help:about']) {
      commands.execute(id).catch(() => undefined);
    }
    await commands.execute('application:toggle-left-area');
    return registryWatch.pending();
  });
  expect(pending).toEqual(['walk:endless', 'help:about']);
  await page.goto('about:blank');

  const outcomes = async (): Promise<string[]> =>
    (await heldEvents(lab, 'command'))
      .map(
        ({ recorded: { data } }) =>
          `${String(data.command)} ${String(data.outcome)}`
      )
      .filter(told => told.endsWith('unsettled'));
  await expect
    .poll(outcomes)
    .toEqual(['(other) unsettled', 'help:about unsettled']);
});
