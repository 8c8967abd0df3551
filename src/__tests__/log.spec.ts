import './browser';

import { IDBFactory } from 'fake-indexeddb';

import type { IBatch } from '../pipeline/api';
import { LazyEventLog } from '../pipeline/lazyLog';
import { Log, SUMMARY_EVERY_MS } from '../pipeline/log';
import type { ILogOptions } from '../pipeline/log';
import type { IDeferredEvent } from '../pipeline/recording';
import { MAX_SESSION_MS } from '../pipeline/session';
import { storageName } from '../pipeline/storage';
import type { Sent } from '../pipeline/transport';
import type {
  CommandDeclarations,
  IConsentState,
  IEventInput,
  IQueuedEvent
} from '../tokens';
import { COMMAND, ConsentStub, SESSION, stateOf } from './consentStub';
import { eventually, turns } from './turns';

const EVENT: IEventInput = { schema: COMMAND, data: { command: 'a:b' } };
const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

const later = ({ schema, data }: IEventInput): IDeferredEvent => ({
  schema,
  timeMs: Date.now(),
  data: () => data
});

interface IServer {
  readonly batches: IBatch[];
  readonly keepalives: boolean[];
  answers: Sent[];
  readonly events: () => (IQueuedEvent & { session: string })[];
}

interface ISetUp extends IServer {
  readonly log: LazyEventLog;
  readonly consent: ConsentStub;
  readonly factory: IDBFactory;
  readonly recorded: IQueuedEvent[];
  readonly loads: () => number;
}

const logs: LazyEventLog[] = [];

function setUp(
  state: IConsentState,
  options: Partial<ILogOptions> = {}
): ISetUp {
  const factory = new IDBFactory();
  const consent = new ConsentStub(state);
  const batches: IBatch[] = [];
  const keepalives: boolean[] = [];
  const recorded: IQueuedEvent[] = [];
  const server: IServer = {
    batches,
    keepalives,
    answers: [],
    events: () =>
      batches.flatMap(({ events, session }) =>
        events.map(event => ({ ...event, session }))
      )
  };
  let loads = 0;
  const log = new LazyEventLog(consent, current => {
    loads += 1;
    return Promise.resolve(
      new Log(
        {
          baseUrl: '/',
          application: { name: 'JupyterLab', version: '4.6.6' },
          navigator: { userAgent: CHROMIUM },
          transport: {
            send: (batch, { keepalive }) => {
              batches.push(batch);
              keepalives.push(keepalive);
              return Promise.resolve(
                server.answers.shift() ?? {
                  kind: 'acknowledged',
                  refusals: []
                }
              );
            }
          },
          indexedDB: factory,
          hasListeners: () => true,
          recorded: event => recorded.push(event),
          consentRefused: () => void consent.refresh(),
          ...options
        },
        current
      )
    );
  });
  logs.push(log);
  return Object.assign(server, {
    log,
    consent,
    factory,
    recorded,
    loads: () => loads
  });
}

/** Until there is a store. */
async function isStored(factory: IDBFactory): Promise<void> {
  await eventually(async () => (await factory.databases()).length === 1);
}

/** Take the page away: what waits is sent before this returns. */
function leave(): void {
  window.dispatchEvent(new PageTransitionEvent('pagehide'));
}

/** What the session's events tell, in order. */
function phases(events: readonly IQueuedEvent[]): unknown[] {
  return events
    .filter(({ schema }) => schema === SESSION)
    .map(({ data }) => [data.phase, data.quiet_commands]);
}

class PageTransitionEvent extends Event {
  readonly persisted: boolean;

  constructor(type: string, init: { persisted?: boolean } = {}) {
    super(type);
    this.persisted = init.persisted ?? false;
  }
}

afterEach(() => {
  logs.splice(0).forEach(log => log.dispose());
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('while everything is off', () => {
  it('nothing is loaded, listened to, stored or sent, whatever is emitted', async () => {
    const listen = [
      jest.spyOn(window, 'addEventListener'),
      jest.spyOn(document, 'addEventListener')
    ];
    const { log, factory, batches, loads } = setUp(stateOf('off'));
    const open = jest.spyOn(factory, 'open');
    for (let index = 0; index < 200; index++) {
      expect(log.emit(EVENT)).toBe(false);
    }
    await log.settled;
    leave();
    expect(loads()).toBe(0);
    expect(open).not.toHaveBeenCalled();
    expect(await factory.databases()).toEqual([]);
    expect(batches).toEqual([]);
    listen.forEach(spy => expect(spy).not.toHaveBeenCalled());
    expect(await log.waiting()).toBe(0);
  });
});

describe('while something is recorded', () => {
  it('events get a random id, their time, their place in the session, and the session its start', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    expect(log.emit(EVENT)).toBe(true);
    expect(
      log.emit({ ...EVENT, time: new Date('2026-01-01T00:00:00.001Z') })
    ).toBe(true);
    leave();
    const [start, first, second, end] = events();
    expect(start).toMatchObject({
      schema: SESSION,
      seq: 0,
      data: {
        phase: 'start',
        application: 'JupyterLab',
        application_version: '4.6.6',
        platform: 'linux',
        browser: 'chromium'
      }
    });
    expect(first).toMatchObject({ schema: COMMAND, seq: 1, data: EVENT.data });
    expect(first?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
    expect(second).toMatchObject({ seq: 2, time: '2026-01-01T00:00:00.001Z' });
    expect(end?.data).toMatchObject({ phase: 'end', quiet_commands: 0 });
    expect(new Set(events().map(({ session }) => session)).size).toBe(1);
  });

  it('what is emitted while the log is loading is recorded', async () => {
    const { log, events } = setUp(stateOf('local'));
    expect(log.emit(EVENT)).toBe(true);
    await log.settled;
    leave();
    expect(events().map(({ schema }) => schema)).toContain(COMMAND);
  });

  it('the store is named by address and owner, and holds what waits', async () => {
    const { log, factory } = setUp(stateOf('local'));
    await log.settled;
    log.emit(EVENT);
    await isStored(factory);
    expect((await factory.databases()).map(({ name }) => name)).toEqual([
      storageName('/', 'owner')
    ]);
    expect(await log.waiting()).toBe(2);
    await log.clear();
    expect(await log.waiting()).toBe(0);
  });

  it('what is emitted while the log is loading is kept as it was, and nothing of it throws', async () => {
    const { log, recorded } = setUp(stateOf('local'));
    const data: { command: string; self?: unknown } = { command: 'a:b' };
    expect(log.emit({ schema: COMMAND, data })).toBe(true);
    data.command = 'changed';
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const hostile = [
      undefined,
      null,
      { schema: COMMAND, data: circular },
      {
        schema: COMMAND,
        get data(): never {
          throw new Error('a trap');
        }
      },
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('a trap');
          }
        }
      )
    ];
    for (const event of hostile) {
      expect(log.emit(event as IEventInput)).toBe(false);
    }
    await log.settled;
    for (const event of hostile) {
      expect(log.emit(event as IEventInput)).toBe(false);
    }
    expect(
      recorded
        .filter(({ schema }) => schema === COMMAND)
        .map(event => event.data)
    ).toEqual([{ command: 'a:b' }]);
  });

  it('what cannot be JSON, or is too large, is refused and harms nothing', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(log.emit({ schema: COMMAND, data: circular })).toBe(false);
    expect(
      log.emit({ schema: COMMAND, data: { text: 'x'.repeat(50_000) } })
    ).toBe(false);
    // Bytes count, not characters.
    expect(
      log.emit({ schema: COMMAND, data: { text: '€'.repeat(17_000) } })
    ).toBe(false);
    expect(log.emit({ schema: 'unknown', data: {} })).toBe(false);
    leave();
    expect(events().filter(({ schema }) => schema === COMMAND)).toEqual([]);
  });

  it('what the caller changes afterwards changes nothing', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    const data = { command: 'a:b' };
    log.emit({ schema: COMMAND, data });
    data.command = 'jane';
    leave();
    expect(JSON.stringify(events())).not.toContain('jane');
  });

  it('when the page is hidden, what waits leaves with keepalive', async () => {
    const { log, batches, keepalives } = setUp(stateOf('local'));
    await log.settled;
    log.emit(EVENT);
    jest.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(batches).toHaveLength(1);
    expect(keepalives).toEqual([true]);
  });

  it('a session lasts four hours at most; the next has another id and starts anew', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    log.emit(EVENT);
    const nowMs = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(nowMs + MAX_SESSION_MS);
    log.emit(EVENT);
    leave();
    const phases = events().map(({ session, seq, data }) => [
      session,
      seq,
      data.phase ?? 'command'
    ]);
    const one = events()[0]?.session;
    const other = events().at(-1)?.session;
    expect(one).not.toBe(other);
    expect(phases).toEqual([
      [one, 0, 'start'],
      [one, 1, 'command'],
      [one, 2, 'end'],
      [other, 0, 'start'],
      [other, 1, 'command'],
      [other, 2, 'end']
    ]);
  });

  it('a page that comes back from the cache has a new session', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    leave();
    window.dispatchEvent(
      new PageTransitionEvent('pageshow', { persisted: true })
    );
    leave();
    expect(events().map(({ data }) => data.phase)).toEqual([
      'start',
      'end',
      'start',
      'end'
    ]);
    expect(new Set(events().map(({ session }) => session)).size).toBe(2);
  });

  it('quiet commands are told at the end, by number, also those from before the log was loaded', async () => {
    const { log, events } = setUp(stateOf('local'));
    log.countQuiet();
    await log.settled;
    log.countQuiet();
    leave();
    expect(phases(events())).toEqual([
      ['start', undefined],
      ['end', 2]
    ]);
  });

  it('what watchers tell when the page is left comes before the end, whoever listens to the page first', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    log.leaving = () => {
      log.record(later({ schema: COMMAND, data: { outcome: 'unsettled' } }));
      log.countQuiet();
    };
    leave();
    expect(events().map(({ data }) => data.phase ?? data.outcome)).toEqual([
      'start',
      'unsettled',
      'end'
    ]);
    expect(phases(events()).at(-1)).toEqual(['end', 1]);
  });

  it('the end is told though watching fails', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    log.leaving = () => {
      throw new Error('watching');
    };
    leave();
    expect(phases(events()).at(-1)).toEqual(['end', 0]);
  });

  it('quiet commands are told by the first of them after ten minutes, and without a timer', async () => {
    jest.useFakeTimers({ advanceTimers: true, now: Date.now() });
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    log.countQuiet();
    const timers = jest.getTimerCount();
    log.countQuiet();
    expect(jest.getTimerCount()).toBe(timers);
    jest.setSystemTime(Date.now() + SUMMARY_EVERY_MS);
    log.countQuiet();
    log.countQuiet();
    leave();
    expect(phases(events())).toEqual([
      ['start', undefined],
      ['summary', 3],
      ['end', 1]
    ]);
  });

  it('quiet commands are told when the page is hidden, with what waits; nothing is told of none', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    log.countQuiet();
    jest.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    document.dispatchEvent(new Event('visibilitychange'));
    document.dispatchEvent(new Event('visibilitychange'));
    expect(phases(events())).toEqual([
      ['start', undefined],
      ['summary', 1]
    ]);
  });

  it('quiet commands of a session that is over are told with its end', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    log.countQuiet();
    const nowMs = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(nowMs + MAX_SESSION_MS);
    log.countQuiet();
    leave();
    expect(phases(events())).toEqual([
      ['start', undefined],
      ['end', 2],
      ['start', undefined],
      ['end', 0]
    ]);
  });

  it('a listener that throws harms nothing', async () => {
    const { log, events } = setUp(stateOf('on'), {
      recorded: () => {
        throw new Error('listener');
      }
    });
    await log.settled;
    expect(log.emit(EVENT)).toBe(true);
    leave();
    expect(events().map(({ schema }) => schema)).toContain(COMMAND);
  });

  it('a refusal for want of consent makes the page ask, once a minute at most', async () => {
    const setup = setUp(stateOf('local'));
    await setup.log.settled;
    for (let index = 0; index < 3; index++) {
      setup.answers = [{ kind: 'acknowledged', refusals: ['not_consented'] }];
      setup.log.emit(EVENT);
      leave();
      await new Promise(resolve => setTimeout(resolve, 0));
    }
    expect(setup.consent.refreshed).toBe(1);
  });
});

describe('the trigger at hand', () => {
  const trigger = {
    surface: 'toolbar',
    device: 'mouse',
    certainty: 'direct'
  } as const;

  it('is null while nobody watches, and else what the one who watches says', () => {
    const { log } = setUp(stateOf('off'));
    expect(log.currentTrigger()).toBeNull();
    log.triggerSource = () => ({ trigger });
    expect(log.currentTrigger()).toEqual({ trigger });
    log.triggerSource = null;
    expect(log.currentTrigger()).toBeNull();
  });

  it("is null where watching fails: it is asked for in the middle of somebody else's work", () => {
    const { log } = setUp(stateOf('off'));
    log.triggerSource = () => {
      throw new Error('watching');
    };
    expect(log.currentTrigger()).toBeNull();
  });
});

describe('declared commands', () => {
  const listed = { 'own:open': { mode: ['fast'] } } as const;

  it("join the operator's, whose rules hold, also while all is off; the object is the same until something changes", () => {
    const { log, consent } = setUp(stateOf('off', { commands: listed }));
    const before = log.commands;
    expect(before).toEqual(listed);
    const declared = log.declareCommands({
      'own:open': { mode: ['fast', 'slow'], isNew: 'flag' },
      'own:close': {}
    });
    const joined = log.commands;
    expect(joined).toEqual({
      'own:open': { mode: ['fast'], isNew: 'flag' },
      'own:close': {}
    });
    consent.become(stateOf('local', { commands: listed }));
    expect(log.commands).toBe(joined);
    declared.dispose();
    expect(log.commands).toEqual(listed);
    consent.become(stateOf('local', { commands: {} }));
    expect(log.commands).toEqual({});
  });

  it("are not told under on beside the operator's: in the page, too, only listed words leave", () => {
    const { log, consent } = setUp(stateOf('local', { commands: listed }));
    log.declareCommands({ 'own:close': {} });
    expect(Object.keys(log.commands)).toContain('own:close');
    consent.become(stateOf('on', { commands: listed }));
    expect(log.commands).toEqual(listed);
  });

  it('are what they were when they were declared', () => {
    const { log } = setUp(stateOf('off'));
    const rules: Record<string, 'flag'> = { isNew: 'flag' };
    log.declareCommands({ 'own:open': rules });
    rules.path = 'flag';
    expect(log.commands).toEqual({ 'own:open': { isNew: 'flag' } });
  });

  it('of two extensions stay until both took them back', () => {
    const { log } = setUp(stateOf('off'));
    const one = log.declareCommands({ 'own:open': {} });
    const other = log.declareCommands({ 'own:open': {} });
    one.dispose();
    one.dispose();
    expect(log.commands).toEqual({ 'own:open': {} });
    other.dispose();
    expect(log.commands).toEqual({});
  });

  it.each<[string, unknown]>([
    ['no object', null],
    ['a list', []],
    ['a sentence as an id', { 'open the file of Jane': {} }],
    ['an id that is longer than the schema has it', { ['a'.repeat(129)]: {} }],
    ['no rules', { 'own:fine': {}, 'own:open': undefined }],
    ['rules in a list', { 'own:open': ['isNew'] }],
    ['an unknown rule', { 'own:open': { path: 'value' } }],
    ['an argument with a strange name', { 'own:open': { 'a\nb': 'flag' } }],
    ['a choice that is no string', { 'own:open': { size: [1] } }],
    ['a choice that is too long', { 'own:open': { size: ['a'.repeat(65)] } }]
  ])('are refused as a whole with a TypeError: %s', (_why, declarations) => {
    const { log } = setUp(stateOf('off'));
    expect(() =>
      log.declareCommands(declarations as CommandDeclarations)
    ).toThrow(TypeError);
    expect(log.commands).toEqual({});
  });
});

describe('when consent changes', () => {
  it('off: nothing more is recorded or sent, listeners and store are gone', async () => {
    const { log, consent, factory, batches } = setUp(stateOf('on'));
    await log.settled;
    log.emit(EVENT);
    await isStored(factory);
    consent.become(stateOf('off'));
    expect(log.emit(EVENT)).toBe(false);
    await log.settled;
    leave();
    expect(await factory.databases()).toEqual([]);
    expect(batches).toEqual([]);
    expect(await log.waiting()).toBe(0);
  });

  it('listens for the network while anything is recorded, and not after', async () => {
    const listening = new Set<unknown>();
    jest
      .spyOn(window, 'addEventListener')
      .mockImplementation((type, handler) => {
        if (type === 'online') {
          listening.add(handler);
        }
      });
    jest
      .spyOn(window, 'removeEventListener')
      .mockImplementation((_type, handler) => void listening.delete(handler));
    const { log, consent } = setUp(stateOf('on'));
    await log.settled;
    expect(listening.size).toBe(1);
    consent.become(stateOf('off'));
    await log.settled;
    expect(listening.size).toBe(0);
    jest.restoreAllMocks();
  });

  it('off before the log was loaded: nothing that was emitted is sent', async () => {
    const { log, consent, factory, batches } = setUp(stateOf('on'));
    log.emit(EVENT);
    consent.become(stateOf('off'));
    await log.settled;
    leave();
    expect(batches).toEqual([]);
    expect(await factory.databases()).toEqual([]);
  });

  it('off and on again: what was before is gone, the session is another', async () => {
    const { log, consent, events } = setUp(stateOf('on'));
    await log.settled;
    log.emit({ schema: COMMAND, data: { command: 'before' } });
    consent.become(stateOf('off'));
    consent.become(stateOf('on'));
    await log.settled;
    log.emit({ schema: COMMAND, data: { command: 'after' } });
    leave();
    expect(JSON.stringify(events())).not.toContain('before');
    expect(JSON.stringify(events())).toContain('after');
  });

  it('local to on: what was captured under local does not leave, and the session is another', async () => {
    const { log, consent, events } = setUp(stateOf('local'));
    await log.settled;
    log.emit({ schema: COMMAND, data: { command: 'local' } });
    consent.become(stateOf('on'));
    await log.settled;
    log.emit({ schema: COMMAND, data: { command: 'on' } });
    leave();
    expect(events().map(({ data }) => data.command ?? data.phase)).toEqual([
      'start',
      'on',
      'end'
    ]);
    expect(events()[0]?.seq).toBe(0);
  });

  it('local to on: the session is another also where it tells nothing of itself', async () => {
    const schemas = { [COMMAND]: 'usage' };
    const { log, consent, recorded } = setUp(stateOf('local', { schemas }));
    await log.settled;
    log.emit(EVENT);
    log.emit(EVENT);
    consent.become(stateOf('on', { schemas }));
    await log.settled;
    log.emit(EVENT);
    expect(recorded.map(({ seq }) => seq)).toEqual([0, 1, 0]);
  });

  it('on to local: what waits is sent, to be kept here', async () => {
    const { log, consent, events, batches } = setUp(stateOf('on'));
    await log.settled;
    log.emit({ schema: COMMAND, data: { command: 'on' } });
    consent.become(stateOf('local'));
    await log.settled;
    leave();
    expect(events().map(({ data }) => data.command)).toContain('on');
    // The server may know of a later *on* already, and does no more than is asked.
    expect(batches.map(({ modes }) => modes)).toEqual(
      batches.map(() => ({ usage: 'local' }))
    );
  });

  it.each([
    ['by this page', [stateOf('local', { chosenAt: { usage: 'second' } })]],
    ['by another browser', []]
  ])(
    'on to local to on, %s: what waited all the time is not sent',
    async (_who, between) => {
      const chosenAt = (usage: string) => ({ chosenAt: { usage } });
      const { log, consent, events, recorded } = setUp(
        stateOf('on', chosenAt('first'))
      );
      await log.settled;
      log.emit({ schema: COMMAND, data: { command: 'before' } });
      between.forEach(state => consent.become(state));
      consent.become(stateOf('on', chosenAt('third')));
      await log.settled;
      log.emit({ schema: COMMAND, data: { command: 'after' } });
      leave();
      const told = events().map(({ data }) => data.command ?? data.phase);
      expect(told).toEqual(['start', 'after', 'end']);
      expect(events()[0]?.session).toBe(events()[2]?.session);
      expect(recorded.map(({ seq }) => seq).slice(-3)).toEqual([0, 1, 2]);
    }
  );

  it("another owner: the first one's events are gone with their store", async () => {
    const { log, consent, events, factory } = setUp(stateOf('local'));
    await log.settled;
    log.emit({ schema: COMMAND, data: { command: 'mine' } });
    await isStored(factory);
    consent.become(stateOf('local', { ownerKey: 'you' }));
    await log.settled;
    log.emit({ schema: COMMAND, data: { command: 'yours' } });
    leave();
    expect(JSON.stringify(events())).not.toContain('mine');
    expect((await factory.databases()).map(({ name }) => name)).not.toContain(
      storageName('/', 'owner')
    );
  });

  it('others are told once for each change of what is active', () => {
    const { log, consent } = setUp(stateOf('off'));
    const told = jest.fn();
    log.activeChanged.connect(told);
    consent.become(stateOf('off', { unanswered: ['usage'] }));
    expect(told).not.toHaveBeenCalled();
    consent.become(stateOf('local'));
    expect(log.isActive(COMMAND)).toBe(true);
    consent.become(stateOf('local', { pausedUntil: Date.now() + 10_000 }));
    expect(log.isActive(COMMAND)).toBe(false);
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('disposed: it records nothing, and leaves what waits to the next page', async () => {
    const { log, factory } = setUp(stateOf('local'));
    await log.settled;
    log.emit(EVENT);
    log.dispose();
    expect(log.emit(EVENT)).toBe(false);
    await isStored(factory);
    await turns();
    expect(await factory.databases()).toHaveLength(1);
  });
});

describe('what is recorded now and written down a moment later', () => {
  const named = (command: string): IEventInput => ({
    schema: COMMAND,
    data: { command }
  });
  const commandsOf = (events: readonly IQueuedEvent[]): unknown[] =>
    events.filter(({ schema }) => schema === COMMAND).map(({ data }) => data);

  it('is written by itself', async () => {
    const { log, recorded } = setUp(stateOf('local'));
    await log.settled;
    expect(log.record(later(EVENT))).toBe(true);
    expect(commandsOf(recorded)).toEqual([]);
    await eventually(() => commandsOf(recorded).length > 0);
    expect(commandsOf(recorded)).toEqual([EVENT.data]);
  });

  it('leaves with the page, whichever way that goes', async () => {
    for (const go of [
      leave,
      () => {
        jest
          .spyOn(document, 'visibilityState', 'get')
          .mockReturnValue('hidden');
        document.dispatchEvent(new Event('visibilitychange'));
      }
    ]) {
      const { log, events } = setUp(stateOf('local'));
      await log.settled;
      log.record(later(EVENT));
      go();
      expect(commandsOf(events())).toEqual([EVENT.data]);
    }
  });

  it('stands in the order and with the time of its capture', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    const before = Date.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(before - 1000);
    log.record(later(named('first')));
    clock.mockRestore();
    log.emit(named('second'));
    leave();
    const told = events().filter(({ schema }) => schema === COMMAND);
    expect(told.map(({ data, seq }) => [data.command, seq])).toEqual([
      ['first', 1],
      ['second', 2]
    ]);
    expect(told[0]?.time).toBe(new Date(before - 1000).toISOString());
  });

  it('counts as waiting, and is forgotten with what waits', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    const before = await log.waiting();
    log.record(later(EVENT));
    expect(await log.waiting()).toBe(before + 1);
    log.record(later(EVENT));
    await log.clear();
    leave();
    expect(commandsOf(events())).toEqual([]);
  });

  it('is gone when its consent is withdrawn, and does not leave under a higher one', async () => {
    const revoked = setUp(stateOf('on'));
    await revoked.log.settled;
    revoked.log.record(later(EVENT));
    revoked.consent.become(stateOf('off'));
    await revoked.log.settled;
    leave();
    expect(commandsOf(revoked.events())).toEqual([]);
    expect(commandsOf(revoked.recorded)).toEqual([]);

    const raised = setUp(stateOf('local'));
    await raised.log.settled;
    raised.log.record(later(named('local')));
    raised.consent.become(stateOf('on'));
    await raised.log.settled;
    raised.log.record(later(named('on')));
    leave();
    expect(commandsOf(raised.events())).toEqual([{ command: 'on' }]);
  });

  it('is told to nobody once that was withdrawn, whatever else stays on', async () => {
    const modes = { usage: 'on', learning: 'on' } as const;
    for (const less of ['off', 'local'] as const) {
      const { log, consent, recorded } = setUp(stateOf('on', { modes }));
      await log.settled;
      log.record(later(EVENT));
      consent.become(stateOf('on', { modes: { ...modes, usage: less } }));
      await log.settled;
      expect(commandsOf(recorded)).toEqual([]);
    }
  });

  it('never waits in any number, though no timer runs', async () => {
    const { log, recorded } = setUp(stateOf('local'));
    await log.settled;
    for (let n = 0; n < 1200; n++) {
      log.record(later(EVENT));
    }
    expect(commandsOf(recorded)).toHaveLength(1000);
  });

  it('is put together then, once, and is no event where that cannot be done', async () => {
    const { log, events } = setUp(stateOf('local'));
    await log.settled;
    const data = jest.fn(() => ({ command: 'a:b' }));
    log.record({ schema: COMMAND, timeMs: Date.now(), data });
    expect(data).not.toHaveBeenCalled();
    const broken = (): never => {
      throw new Error('no data');
    };
    log.record({ schema: COMMAND, timeMs: Date.now(), data: broken });
    leave();
    expect(data).toHaveBeenCalledTimes(1);
    expect(commandsOf(events())).toEqual([{ command: 'a:b' }]);
  });

  it('is refused while nothing is active', () => {
    expect(setUp(stateOf('off')).log.record(later(EVENT))).toBe(false);
  });
});
