import './browser';

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ServerConnection } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';
import { IDBFactory } from 'fake-indexeddb';

import { Manifest } from '../consent/manifest';
import { TelemetryApi } from '../pipeline/api';
import { LazyEventLog } from '../pipeline/lazyLog';
import { LogFront } from '../pipeline/logFront';
import { api } from '../plugins/api';
import { commands } from '../plugins/commands';
import { ConsentFront } from '../plugins/consentFront';
import { eventlog } from '../plugins/eventlog';
import { Live } from '../plugins/live';
import { sinks } from '../plugins/sinks';
import type { IConsentState } from '../tokens';
import { COMMAND, ConsentStub, stateOf } from './consentStub';
import { turns } from './turns';

interface IPage {
  readonly app: JupyterFrontEnd;
  readonly front: ConsentFront;
  /** What is behind the front. */
  readonly consent: ConsentStub;
  readonly log: LogFront;
  readonly bodies: { events: { schema: string; data: object }[] }[];
}

const pages: IPage[] = [];

async function open(state: IConsentState): Promise<IPage> {
  const bodies: IPage['bodies'] = [];
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/',
    fetch: async input => {
      bodies.push(JSON.parse(await (input as Request).text()) as never);
      return new Response(
        JSON.stringify({ accepted: 1, duplicates: 0, rejected: [] })
      );
    }
  });
  const registry = new CommandRegistry();
  registry.addCommand('notebook:run-cell', { execute: () => 'value' });
  const app = {
    name: 'JupyterLab',
    version: '4.6.6',
    commands: registry,
    contextMenu: { menu: { isAttached: false } },
    serviceManager: { serverSettings }
  } as unknown as JupyterFrontEnd;
  const consent = new ConsentStub(state);
  const manifest = new Manifest(new TelemetryApi(serverSettings));
  const front = new ConsentFront(state, () =>
    Promise.resolve(new Live(app, manifest, consent))
  );
  if (state.modes.usage !== 'off') {
    await front.load();
  }
  const sinkTypes = await sinks.activate(app);
  const log = await eventlog.activate(app, front, sinkTypes);
  if (!(log instanceof LogFront)) {
    throw new Error('another log than ours');
  }
  await commands.activate(app, log);
  const page = { app, front, consent, log, bodies };
  pages.push(page);
  await settle(page);
  return page;
}

/** Until what is loaded on demand is there, and what is stored is stored. */
async function settle({ log }: IPage): Promise<void> {
  await logOf(log)?.settled;
  await turns();
  await logOf(log)?.settled;
}

/** The log behind a front; null while nothing was ever on. */
function logOf({ recording }: LogFront): LazyEventLog | null {
  return recording instanceof LazyEventLog ? recording : null;
}

/** What a choice does: the code comes, and then the answer of the server. */
async function choose(
  { front, consent }: IPage,
  ...states: readonly IConsentState[]
): Promise<void> {
  await front.load();
  states.forEach(state => consent.become(state));
}

const isShadowed = ({ app }: IPage): boolean =>
  Object.hasOwn(app.commands, 'execute');

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

afterEach(() => {
  pages.splice(0).forEach(({ log, consent }) => {
    consent.become(stateOf('off'));
    logOf(log)?.dispose();
  });
  jest.restoreAllMocks();
});

describe('the plugins that record', () => {
  it('leave everything as it was while all is off, for 200 commands', async () => {
    // jsdom's own engine for selectors starts to listen with the first.
    document.querySelector(':hover');
    const spies = [
      jest.spyOn(window, 'addEventListener'),
      jest.spyOn(document, 'addEventListener'),
      jest.spyOn(globalThis.crypto, 'getRandomValues')
    ];
    const page = await open(stateOf('off'));
    for (let index = 0; index < 200; index++) {
      await page.app.commands.execute('notebook:run-cell');
    }
    expect(isShadowed(page)).toBe(false);
    expect(Reflect.get(page.app.commands, 'execute')).toBe(
      Reflect.get(CommandRegistry.prototype, 'execute')
    );
    expect(await indexedDB.databases()).toEqual([]);
    expect(page.bodies).toEqual([]);
    expect(page.log.recording).toBeNull();
    spies.forEach(spy => expect(spy.mock.calls).toEqual([]));
  });

  it('record a command while it is consented to, and give execute back after', async () => {
    const page = await open(stateOf('off'));
    await choose(page, stateOf('local'));
    await settle(page);
    expect(isShadowed(page)).toBe(true);
    await expect(page.app.commands.execute('notebook:run-cell')).resolves.toBe(
      'value'
    );
    window.dispatchEvent(new Event('pagehide'));
    await settle(page);
    const recorded = page.bodies
      .flatMap(({ events }) => events)
      .filter(({ schema }) => schema === COMMAND);
    expect(recorded.map(({ data }) => data)).toMatchObject([
      { command: 'notebook:run-cell', outcome: 'success' }
    ]);
    page.consent.become(stateOf('off'));
    expect(isShadowed(page)).toBe(false);
    await settle(page);
    expect(await indexedDB.databases()).toEqual([]);
  });

  it('do nothing where consent was withdrawn before the code had come', async () => {
    const page = await open(stateOf('off'));
    await choose(page, stateOf('local'), stateOf('off'));
    await settle(page);
    expect(isShadowed(page)).toBe(false);
  });

  it('do not record under new terms what began before they were accepted', async () => {
    const page = await open(stateOf('on', { changedTerms: ['usage'] }));
    let finish: () => void = () => undefined;
    page.app.commands.addCommand('notebook:run-all-cells', {
      execute: () => new Promise<void>(resolve => (finish = resolve))
    });
    const running = page.app.commands.execute('notebook:run-all-cells');
    page.consent.become(stateOf('on'));
    await settle(page);
    finish();
    await running;
    await page.app.commands.execute('notebook:run-cell');
    window.dispatchEvent(new Event('pagehide'));
    await settle(page);
    const recorded = page.bodies
      .flatMap(({ events }) => events)
      .filter(({ schema }) => schema === COMMAND);
    expect(recorded.map(({ data }) => data)).toMatchObject([
      { command: 'notebook:run-cell' }
    ]);
  });

  it("remove what another person's page left, also while all is off", async () => {
    await new Promise(resolve => {
      indexedDB.open('jupyter-eventlog:http://localhost/:you').onsuccess =
        event => {
          (event.target as IDBOpenDBRequest).result.close();
          resolve(undefined);
        };
    });
    await open(stateOf('off'));
    expect(await indexedDB.databases()).toEqual([]);
  });

  it('write to a console that the operator declared, under on only', async () => {
    const info = jest.spyOn(console, 'info').mockReturnValue();
    const declared = {
      browserSinks: [
        {
          name: 'watch',
          type: 'console',
          purposes: ['usage'],
          fields: { [COMMAND]: ['command'] },
          timeResolutionMs: 60_000
        }
      ]
    };
    const page = await open(stateOf('local', declared));
    await page.app.commands.execute('notebook:run-cell');
    expect(info).not.toHaveBeenCalled();
    page.consent.become(stateOf('on', declared));
    await settle(page);
    await page.app.commands.execute('notebook:run-cell');
    // Who asks what waits has everything written down.
    await page.log.waiting();
    expect(info).toHaveBeenCalledTimes(1);
    const line = String(info.mock.calls[0]?.[0]);
    expect(line).toMatch(/^\[watch\] /);
    expect(JSON.parse(line.slice('[watch] '.length))).toMatchObject({
      schema: COMMAND,
      data: { command: 'notebook:run-cell' }
    });
    expect(line).not.toMatch(/outcome|duration/);
  });
});

describe('another extension', () => {
  /** The data of the events of a schema that the page has sent. */
  const sent = ({ bodies }: IPage, schema: string): object[] =>
    bodies
      .flatMap(({ events }) => events)
      .filter(event => event.schema === schema)
      .map(({ data }) => data);
  const OWN = 'https://events.example.org/own/opened/v1';
  const schemas = { [COMMAND]: 'usage', [OWN]: 'usage' };

  /** One whose command emits an event of its own and says how it was started. */
  async function extend(page: IPage): Promise<void> {
    const log = await api.activate(page.app, page.log);
    log.declareCommands({ 'own:open': { mode: ['fast'] } });
    page.app.commands.addCommand('own:open', {
      execute: () =>
        log.emit({ schema: OWN, data: { ...log.currentTrigger() } })
    });
    page.app.commands.addCommand('own:secret', { execute: () => null });
  }

  it('declares before consent, and is told by name after it, with its own event', async () => {
    const page = await open(stateOf('off', { schemas }));
    await extend(page);
    await expect(page.app.commands.execute('own:open')).resolves.toBe(false);
    expect(isShadowed(page)).toBe(false);
    await choose(page, stateOf('local', { schemas }));
    await settle(page);
    await page.app.commands.execute('own:open', { mode: 'fast', path: '/x' });
    await page.app.commands.execute('own:secret', { mode: 'fast' });
    window.dispatchEvent(new Event('pagehide'));
    await settle(page);
    expect(sent(page, OWN)).toEqual([
      {
        trigger: { surface: 'command', device: 'none', certainty: 'exact' },
        parent: 'own:open'
      }
    ]);
    expect(sent(page, COMMAND)).toMatchObject([
      {
        command: 'own:open',
        args: [{ name: 'mode', choice: 'fast' }],
        undeclared_args: 1
      },
      { command: '(other)' }
    ]);
    expect(JSON.stringify(page.bodies)).not.toMatch(/secret|\/x/);
  });

  it('is told no trigger once all is off again', async () => {
    const page = await open(stateOf('local', { schemas }));
    await extend(page);
    expect(page.log.currentTrigger()).not.toBeNull();
    page.consent.become(stateOf('off', { schemas }));
    expect(page.log.currentTrigger()).toBeNull();
  });
});
