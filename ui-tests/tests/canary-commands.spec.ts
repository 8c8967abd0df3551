// All commands of the registry, executed with strings that must not leave: as arguments, as errors, as results, as
// ids, and in everything that a user may name. `canary.spec.ts` covers an ordinary day.

import { execFileSync } from 'child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';

import type { Page } from '@playwright/test';

import { QUIET_COMMANDS } from '../../src/commands/quiet';
import type { IPlace } from '../canaries';
import {
  CANARY,
  CANARY_NUMBER,
  canariesIn,
  ODD_CANARY,
  placesInPage,
  placesOnDisk,
  watchSpeech,
  writtenInAllWays
} from '../canaries';
import type { ILab } from '../lab';
import { expect, test } from '../lab';
import {
  answerDialogs,
  callApi,
  CENSUS,
  consentTo,
  ENDS_THE_SERVER,
  enter,
  heldEvents,
  nothingWaits,
  STAYS_AT_HOME
} from '../registry';

const python = join(__dirname, '..', '..', '.venv', 'bin', 'python');

/** All of ours, a sink of each type, and secrets in the server's environment. */
const CONFIG = `
${STAYS_AT_HOME}
os.environ["${CANARY}_SECRET"] = "${CANARY}"
os.environ["SECRET_TOKEN"] = "${CANARY}"
c.EventLogApp.contact = "it-services@example.edu"
c.EventLogApp.purposes = {
    "usage": {"title": "How JupyterLab is used", "controller": "Example University", "retention": "90d"},
}
c.EventLogApp.allowed_schemas = {
    f"https://events.jupyter.org/jupyter_eventlog/{name}/v1": {
        "purpose": "usage",
        "allowed_categories": [
            "category.jupyter.org/unrestricted", "category.jupyter.org/technical",
        ],
    }
    for name in ("command", "activity", "session")
}
c.EventLogApp.sinks = [
    {"name": "archive", "type": "jsonl", "path": HOME + "/archive/events.jsonl"},
    {"name": "log", "type": "logging", "handler": "logging.FileHandler",
     "args": {"filename": HOME + "/archive/events.log"}},
    {"name": "console", "type": "console", "side": "browser"},
]
for sink in c.EventLogApp.sinks:
    sink.update(purposes=["usage"], recipient="IT Services, Example University", retention="30d")
`;

/** Files, directories, a kernel and a plugin of the user, all named by the canary. */
function nameEverything(lab: ILab): void {
  const kernel = join(lab.home, 'data', 'kernels', CANARY);
  mkdirSync(kernel, { recursive: true });
  const spec = {
    argv: ['python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    display_name: ODD_CANARY,
    language: 'python'
  };
  writeFileSync(join(kernel, 'kernel.json'), JSON.stringify(spec));

  mkdirSync(join(lab.root, CANARY, CANARY), { recursive: true });
  writeFileSync(join(lab.root, CANARY, `${CANARY}.md`), `# ${ODD_CANARY}\n`);
  const cell = {
    cell_type: 'code',
    execution_count: null,
    id: CANARY,
    metadata: { [CANARY]: CANARY, tags: [CANARY] },
    outputs: [],
    source: [
      `class ${CANARY}(Exception): pass`,
      `print("${CANARY}")`,
      `raise ${CANARY}("${CANARY}")`
    ].join('\n')
  };
  const notebook = {
    cells: [cell],
    metadata: {
      [CANARY]: CANARY,
      kernelspec: { name: CANARY, display_name: ODD_CANARY, language: 'python' }
    },
    nbformat: 4,
    nbformat_minor: 5
  };
  writeFileSync(
    join(lab.root, CANARY, `${CANARY}.ipynb`),
    JSON.stringify(notebook)
  );

  const plugin = join(lab.home, 'data', 'labextensions', CANARY, 'schemas');
  mkdirSync(join(plugin, CANARY), { recursive: true });
  const settings = {
    title: CANARY,
    description: CANARY,
    type: 'object',
    properties: { [CANARY]: { type: 'string', default: '' } }
  };
  writeFileSync(
    join(plugin, CANARY, `${CANARY}.json`),
    JSON.stringify(settings)
  );
}

/** Register commands whose ids, labels and keys are canaries, as extensions and kernels' links do. */
async function registerCanaries(page: Page): Promise<string[]> {
  return page.evaluate(
    ([canary, odd]) => {
      const { commands } = window.jupyterapp;
      const ids = [
        `help-menu-${canary}:${odd}`,
        `${canary}:${canary}`,
        `notebook:${canary}`,
        `notebook:run-cell:${canary}`,
        `__internal:context-menu-info-${canary}`,
        canary,
        odd
      ];
      for (const id of ids) {
        const args = {
          type: 'object',
          properties: {
            [canary]: { type: 'string', enum: [canary] },
            flag: { type: 'boolean', description: canary }
          }
        } as const;
        commands.addCommand(id, {
          label: odd,
          caption: canary,
          className: canary,
          describedBy: { args },
          execute: () => canary
        });
      }
      commands.addKeyBinding({
        command: 'application:toggle-presentation-mode',
        selector: 'body',
        keys: Array.from(canary.slice(0, 8).toUpperCase()),
        args: { [canary]: odd }
      });
      return ids;
    },
    [CANARY, ODD_CANARY] as const
  );
}

/**
 * Execute every registered command in several ways; its own effect is replaced by errors and results that hold
 * canaries, so that all of them can be run. Answers how many were executed.
 */
async function executeAllReplaced(page: Page): Promise<number> {
  return page.evaluate(
    async ([canary, odd, number]) => {
      const { commands } = window.jupyterapp;
      interface ICommand {
        execute: (args: unknown) => unknown;
      }
      const registered = (
        commands as unknown as { _commands: Map<string, ICommand> }
      )._commands;

      class Vq8wZk3nRt5yBx7m extends Error {
        override name = canary;
        override stack = `${canary} at ${odd}`;
        readonly traceback = [canary];
      }
      const refusal = { button: { accept: false, label: canary }, value: odd };
      const endings: (() => unknown)[] = [
        () => Promise.reject(new Vq8wZk3nRt5yBx7m(odd)),
        () => {
          throw new Vq8wZk3nRt5yBx7m(canary);
        },
        // What other people's code rejects with is not always an error.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        () => Promise.reject(canary),
        () =>
          Promise.reject(Object.assign(new TypeError(odd), { cause: canary })),
        () => Promise.resolve(refusal),
        () => ({ [canary]: odd, toString: () => canary })
      ];
      const nested = { [canary]: [odd, { [odd]: [canary, number] }] };
      const allOf = (names: readonly string[], value: unknown) =>
        Object.fromEntries(names.map(name => [name, value]));
      const mark = { type: 'keybinding', keys: [canary, odd] };
      const argsOf = (names: readonly string[]): unknown[] => [
        { ...allOf(names, canary), _luminoEvent: mark },
        { ...allOf(names, nested), [canary]: odd, [odd]: number },
        { ...allOf(names, [odd, canary]), _luminoEvent: { ...mark, type: odd } }
      ];

      const ids = commands.listCommands();
      let executed = 0;
      for (const id of ids) {
        const command = registered.get(id);
        const described = await commands.describedBy(id).catch(() => null);
        const names = Object.keys(described?.args?.properties ?? {});
        if (!command) {
          continue;
        }
        const original = command.execute;
        try {
          for (const args of argsOf([...names, 'path', 'name', 'cwd'])) {
            command.execute = endings[executed % endings.length] as () => never;
            await commands
              .execute(id, args as never)
              .then(String)
              .catch(() => undefined);
            executed += 1;
          }
        } finally {
          command.execute = original;
        }
      }
      // Not even objects, though the types say so.
      for (const args of [canary, [canary, odd], number, null]) {
        await commands.execute(canary, args as never).catch(() => undefined);
        executed += 1;
      }
      return executed;
    },
    [CANARY, ODD_CANARY, CANARY_NUMBER] as const
  );
}

/** Do what a person does, with documents, kernels, themes and settings that are named by the canary. */
async function work(page: Page): Promise<void> {
  await page.evaluate(
    async ([canary, odd]) => {
      const { commands, serviceManager } = window.jupyterapp;
      const path = `${canary}/${canary}`;
      await commands.execute('docmanager:open', { path: `${path}.md` });
      await commands.execute('docmanager:save');
      await serviceManager.contents.rename(`${path}.md`, `${path}2.md`);
      await commands.execute('docmanager:open', { path: `${path}.ipynb` });

      const plugin = (id: string): Promise<unknown> =>
        window.galata.getPlugin(id as never);
      const themes = (await plugin(
        '@jupyterlab/apputils-extension:themes'
      )) as {
        register(theme: object): void;
        setTheme(name: string): Promise<void>;
      };
      themes.register({
        name: odd,
        displayName: odd,
        isLight: true,
        load: () => Promise.resolve(),
        unload: () => Promise.resolve()
      });
      await themes.setTheme(odd);
      const settings = (await plugin(
        '@jupyterlab/apputils-extension:settings'
      )) as {
        load(id: string): Promise<unknown>;
        set(id: string, name: string, value: string): Promise<void>;
      };
      await settings.load(`${canary}:${canary}`);
      await settings.set(`${canary}:${canary}`, canary, odd);
    },
    [CANARY, ODD_CANARY] as const
  );
  const notebook = page.locator('.jp-NotebookPanel:visible');
  await notebook.locator('.jp-Cell').first().waitFor();
  const output = notebook.locator('.jp-OutputArea-output', { hasText: CANARY });
  // A notebook that has no kernel yet runs nothing.
  await expect(async () => {
    await page.evaluate(() =>
      window.jupyterapp.commands.execute('notebook:run-all-cells')
    );
    await output.first().waitFor({ timeout: 2000 });
  }).toPass();
  await page.keyboard.press('Escape');
  for (const key of CANARY.slice(0, 8)) {
    await page.keyboard.press(key.toUpperCase());
  }
  await page.keyboard.press('Control+f');
  await page.locator('.jp-DocumentSearch-input').first().fill(CANARY);
  await page.keyboard.press('Enter');
}

/** Execute every command as it is, with canaries in its arguments. */
async function executeAll(page: Page): Promise<void> {
  await page.evaluate(
    async ([canary, odd, number, excluded]) => {
      const { commands } = window.jupyterapp;
      const value = ({ type }: { type?: unknown }): unknown => {
        switch (type) {
          case 'boolean':
            return true;
          case 'number':
          case 'integer':
            return number;
          case 'array':
            return [odd];
          case 'object':
            return { [canary]: odd };
          default:
            return `${canary}/${canary}`;
        }
      };
      for (const id of commands.listCommands()) {
        const described = await commands.describedBy(id).catch(() => null);
        const declared = Object.entries(described?.args?.properties ?? {});
        const args = Object.fromEntries([
          [canary, odd],
          ...declared.map(([name, schema]) => [name, value(schema as object)])
        ]) as never;
        if (id !== excluded && commands.hasCommand(id)) {
          await Promise.race([
            commands.execute(id, args).catch(() => undefined),
            new Promise(resolve => setTimeout(resolve, 30))
          ]);
        }
      }
    },
    [CANARY, ODD_CANARY, CANARY_NUMBER, ENDS_THE_SERVER] as const
  );
}

/** What the server answers to who asks for everything. */
function serverAnswers(lab: ILab): IPlace {
  return {
    name: 'what the server tells and lets download',
    read: async () => {
      const paths = [
        '',
        '/consent',
        '/schemas',
        '/events?limit=1000',
        '/events?format=jsonl',
        '/events?format=csv'
      ];
      const answers = await Promise.all(
        paths.map(async path => (await callApi(lab, path)).arrayBuffer())
      );
      return answers
        .map(answer => Buffer.from(answer).toString('latin1'))
        .join('\n');
    },
    // A payload in the ledger, changed to one of the same length.
    plant: text => {
      const program = [
        'import pathlib, sqlite3, sys',
        'for path in pathlib.Path(sys.argv[1]).iterdir():',
        '    if path.read_bytes()[:15] != b"SQLite format 3":',
        '        continue',
        '    with sqlite3.connect(path) as ledger:',
        '        old, new = sys.argv[2].encode(), sys.argv[3].encode()',
        '        ledger.create_function("swap", 1, lambda body: body.replace(old, new))',
        '        ledger.execute("UPDATE slot SET body = swap(body)")'
      ].join('\n');
      const old = 'run-all-cells';
      execFileSync(existsSync(python) ? python : 'python3', [
        '-c',
        program,
        lab.ledger,
        old,
        text.slice(0, old.length)
      ]);
    }
  };
}

/** Leave the page; what it recorded is held afterwards. */
async function leave(page: Page): Promise<void> {
  await page.evaluate(() =>
    window.dispatchEvent(new PageTransitionEvent('pagehide'))
  );
  await expect.poll(() => nothingWaits(page), { timeout: 60_000 }).toBe(true);
}

// A trace of thousands of commands would take longer than they do.
test.use({ eventlog: CONFIG, trace: 'off' });

test('the canary is found in whatever way it is written', () => {
  const missed = Object.entries(writtenInAllWays())
    .filter(([, text]) => canariesIn(`before ${text} after`).length === 0)
    .map(([way]) => way);
  expect(missed).toEqual([]);
  expect(canariesIn('Vq8wZk3 and nRt5yBx: seven in a row')).toEqual([]);
});

test.describe('every registered command', () => {
  for (const mode of ['local', 'on'] as const) {
    test(`under ${mode}, executed with canaries, tells none in anything that we write`, async ({
      page,
      lab
    }) => {
      nameEverything(lab);
      await consentTo(lab, mode);
      const places = [
        ...(await watchSpeech(page)),
        ...placesInPage(page),
        ...placesOnDisk(lab),
        serverAnswers(lab)
      ];
      await enter(page, `${lab.url}/lab?token=${lab.token}`);
      const foreign = await registerCanaries(page);
      const registered = await page.evaluate(() =>
        window.jupyterapp.commands.listCommands()
      );

      await test.step('with their effects replaced', async () => {
        const executed = await executeAllReplaced(page);
        expect(executed).toBeGreaterThan(3 * 400);
      });
      await answerDialogs(page, 1);
      await test.step('an ordinary day', () => work(page));
      await test.step('with their own effects', () => executeAll(page));
      await page.evaluate(() =>
        window.jupyterapp.commands.execute('eventlog:open')
      );
      await page
        .locator('.jp-eventlog-Row')
        .first()
        .waitFor({ state: 'attached' });
      await leave(page);

      await test.step('no canary in any place', async () => {
        for (const place of places) {
          const text = await place.read();
          expect.soft(canariesIn(text), place.name).toEqual([]);
        }
        const shared = join(lab.home, 'archive', 'events.jsonl');
        const sent = existsSync(shared) ? readFileSync(shared, 'utf8') : '';
        expect(sent.includes('(other)')).toBe(mode === 'on');
      });
      await test.step('all of it was recorded', async () => {
        const held = await heldEvents(lab, 'command');
        const names = new Set(
          held.map(({ recorded: { data } }) => data.command)
        );
        const known = registered.filter(id => CENSUS.has(id));
        expect(known.length).toBeGreaterThan(400);
        expect(
          known.filter(id => !names.has(id) && !QUIET_COMMANDS.has(id))
        ).toEqual([]);
        expect(foreign.some(id => names.has(id))).toBe(false);
        expect(names.has('(other)')).toBe(true);
      });
      await test.step('a canary in any place would have been found', async () => {
        for (const place of places) {
          await place.plant(CANARY);
          await expect
            .poll(async () => canariesIn(await place.read()), {
              message: place.name
            })
            .not.toEqual([]);
        }
      });
    });
  }
});
