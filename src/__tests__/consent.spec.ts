import { Consent } from '../consent/model';
import { fromPageConfig, OFF } from '../consent/state';
import type { IConsentMessage, ITabs } from '../consent/tabs';
import { fromRest } from '../consent/told';
import type { IConsentState } from '../tokens';
import {
  COMMAND,
  DIFFERENCE,
  manifestOf,
  PURPOSE,
  STALE,
  TelemetryServer
} from './telemetryServer';

/** Tabs that are wires in this test. */
class Wires implements ITabs {
  listening: string | null = null;
  readonly told: IConsentMessage[] = [];
  isDisposed = false;

  constructor(readonly hear: (message: IConsentMessage) => void) {}

  listen(name: string | null): void {
    this.listening = name;
  }

  tell(_name: string, message: IConsentMessage): void {
    this.told.push(message);
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

function setUp(
  initial: Partial<IConsentState> = {},
  options: { readonly locks?: LockManager } = {}
): { consent: Consent; server: TelemetryServer; wires: Wires } {
  const server = new TelemetryServer();
  const made: Wires[] = [];
  const consent = new Consent({
    manifest: manifestOf(server),
    initial: { ...OFF, ownerKey: 'owner', ...initial },
    baseUrl: 'http://localhost/',
    locale: 'de',
    ...options,
    tabs: hear => {
      const wires = new Wires(hear);
      made.push(wires);
      return wires;
    }
  });
  const wires = made[0];
  if (!wires) {
    throw new Error('no tabs were made');
  }
  return { consent, server, wires };
}

const settle = () => new Promise(resolve => setTimeout(resolve, 0));

describe('the consent state of a page', () => {
  it.each([
    ['is missing', ''],
    ['is no JSON', '{'],
    ['is another thing', '[1]'],
    ['has no modes', '{"schemas": {}}']
  ])('is off where the option %s', (_, option) => {
    expect(fromPageConfig(option)).toEqual(OFF);
  });

  it('leaves out a sink that is none', () => {
    const sink = {
      name: 'a',
      type: 'console',
      purposes: ['usage'],
      fields: {},
      timeResolutionMs: 60_000
    };
    const state = fromPageConfig(
      JSON.stringify({
        modes: {},
        schemas: {},
        browserSinks: [
          null,
          'x',
          { ...sink, purposes: 1 },
          { ...sink, fields: { s: 1 } },
          { ...sink, timeResolutionMs: 0 },
          sink
        ]
      })
    );
    expect(state.browserSinks).toEqual([sink]);
  });

  it("keeps those of the operator's commands that are well-formed", () => {
    const read = (commands: unknown) =>
      fromPageConfig(JSON.stringify({ modes: {}, schemas: {}, commands }))
        .commands;
    expect(
      read({
        'own:command': {
          mode: ['fast', 'slow'],
          isNew: 'flag',
          path: 'present'
        },
        'own:plain': {},
        'own:bad rule': {},
        'own:value': { path: 'value' },
        'own:list': ['flag'],
        "jane's:command": {}
      })
    ).toEqual({
      'own:command': { mode: ['fast', 'slow'], isNew: 'flag', path: 'present' },
      'own:plain': {}
    });
    expect(read(undefined)).toEqual({});
    expect(read('own:command')).toEqual({});
  });

  it('takes a mode that it does not know for off', () => {
    const state = fromPageConfig(
      '{"modes": {"usage": "ON", "other": true, "third": "local"}, "schemas": {}}'
    );
    expect(state.modes).toEqual({ usage: 'off', other: 'off', third: 'local' });
  });

  it('is the same from the page and from the REST API', () => {
    const server = new TelemetryServer([
      { ...PURPOSE, difference: DIFFERENCE },
      { ...PURPOSE, name: 'operations', policy: 'opt-out' },
      { ...PURPOSE, name: 'audit', policy: 'locked', mandatory: true }
    ]);
    const commands = { 'own:command': { isNew: 'flag' } } as const;
    expect(fromRest({ ...server.now, commands })).toEqual({
      hash: 'sha256:manifest',
      ownerKey: 'owner',
      modes: { usage: 'off' },
      chosenAt: {},
      schemas: { [COMMAND]: 'usage' },
      unanswered: ['usage'],
      pausedUntil: null,
      problem: null,
      changedTerms: ['usage'],
      notices: ['operations'],
      serverModes: { operations: 'off' },
      mandatory: ['audit'],
      commands,
      browserSinks: []
    });
  });

  it('asks no more about terms that were answered, nor for a notice that was shown or objected to', () => {
    const optOut = { ...PURPOSE, policy: 'opt-out' };
    const server = new TelemetryServer([
      { ...PURPOSE, difference: { ...DIFFERENCE, answer: 'kept' } },
      { ...optOut, name: 'seen', notice_shown: '2026-01-01T00:00:00Z' },
      {
        ...optOut,
        name: 'grown',
        notice_shown: '2026-01-01T00:00:00Z',
        difference: DIFFERENCE
      },
      { ...optOut, name: 'broken', problem: 'EventLogApp.purposes' },
      {
        ...optOut,
        name: 'objected',
        choice: { mode: 'off', terms: '', at: '', control: 'panel' }
      }
    ]);
    const { changedTerms, notices } = fromRest(server.now);
    expect({ changedTerms, notices }).toEqual({
      changedTerms: [],
      notices: ['grown']
    });
  });

  describe('in a browser that asks for privacy', () => {
    beforeEach(() =>
      Object.defineProperty(navigator, 'globalPrivacyControl', {
        value: true,
        configurable: true
      })
    );
    afterEach(() => {
      Reflect.deleteProperty(navigator, 'globalPrivacyControl');
    });

    const on = { ...PURPOSE, mode: 'on' } as const;

    it('is never more than local, and nothing more is asked for', () => {
      const page = fromPageConfig(
        '{"modes": {"usage": "on", "other": "off"}, "schemas": {}, "unanswered": ["third"]}'
      );
      expect(page.modes).toEqual({ usage: 'local', other: 'off' });
      expect(page.unanswered).toEqual([]);
    });

    it.each([
      [null, 'local'],
      ['not_allowed_here', 'off']
    ] as const)(
      'says so where the server did not hear of it (local: %s → %s)',
      async (local, mode) => {
        const server = new TelemetryServer([
          { ...on, offers: { ...on.offers, local } }
        ]);
        const { purposes, signals } = await manifestOf(server).load();
        expect(purposes).toMatchObject([{ mode, offers: { on: 'gpc' } }]);
        expect(signals.gpc).toBe(true);
      }
    );

    it('records no more than local after an answer of the server', async () => {
      const { consent } = setUp({ modes: { usage: 'off' } });
      const heard: unknown[] = [];
      consent.stateChanged.connect((_, { modes }) => void heard.push(modes));
      await consent.setMode('usage', 'on', 'sha256:one', 'panel');
      expect(heard[0]).toEqual({ usage: 'local' });
      expect(heard.at(-1)).toEqual({ usage: 'local' });
    });
  });

  it('calls a purpose unanswered only where sharing is offered', () => {
    const server = new TelemetryServer([
      { ...PURPOSE, offers: { off: null, local: null, on: 'no_recipient' } }
    ]);
    expect(fromRest(server.now).unanswered).toEqual([]);
  });
});

describe('consent in a tab', () => {
  it('asks nothing and listens to no tab before a choice', async () => {
    const { server, wires } = setUp({ modes: { usage: 'off' } });
    await settle();
    expect(server.calls).toEqual([]);
    expect(wires.listening).toBeNull();
  });

  it('does not take a pause that is over for a reason to ask', async () => {
    const { server, wires } = setUp({ pausedUntil: Date.now() - 1 });
    await settle();
    expect(server.calls).toEqual([]);
    expect(wires.listening).toBeNull();
  });

  it('changes after the server recorded it, and tells the other tabs', async () => {
    const { consent, server, wires } = setUp({ modes: { usage: 'off' } });
    const heard: IConsentState[] = [];
    consent.stateChanged.connect((_, state) => void heard.push(state));
    await consent.setMode('usage', 'local', 'sha256:one', 'panel');
    expect(server.requests).toEqual([
      {
        purpose: 'usage',
        mode: 'local',
        terms: 'sha256:one',
        notice_version: '2',
        locale: 'de',
        control: 'panel'
      }
    ]);
    expect(heard[0]?.modes).toEqual({ usage: 'local' });
    expect(wires.told).toEqual([
      { modes: { usage: 'local' }, pausedUntil: null }
    ]);
    expect(wires.listening).toBe('jupyter-eventlog:http://localhost/:owner');
  });

  it('keeps to earlier terms, and is asked no more', async () => {
    const { consent, server } = setUp({ changedTerms: ['usage', 'other'] });
    const heard: (readonly string[])[] = [];
    consent.stateChanged.connect(
      (_, { changedTerms }) => void heard.push(changedTerms)
    );
    await consent.keepTerms('usage', 'sha256:one', 'notice');
    expect(server.requests).toEqual([
      { purpose: 'usage', keep: 'sha256:one', locale: 'de', control: 'notice' }
    ]);
    expect(heard[0]).toEqual(['other']);
  });

  it('tells the server that a notice was shown', async () => {
    const { consent, server } = setUp({ notices: ['usage'] });
    await consent.noticeShown('usage', 'sha256:one');
    expect(server.requests).toEqual([
      {
        purpose: 'usage',
        notice_shown: 'sha256:one',
        notice_version: '2',
        locale: 'de',
        control: 'notice'
      }
    ]);
    expect(consent.state.notices).toEqual([]);
  });

  it('names each choice from the first answer on, and the next one otherwise', async () => {
    const { consent } = setUp({ modes: { usage: 'off' } });
    const named: (string | undefined)[] = [];
    consent.stateChanged.connect(
      (_, { chosenAt }) => void named.push(chosenAt.usage)
    );
    for (const mode of ['on', 'local', 'on'] as const) {
      await consent.setMode('usage', mode, 'sha256:one', 'panel');
      expect(named.at(-1)).toBe(consent.state.chosenAt.usage);
    }
    expect(named).not.toContain(undefined);
    expect(new Set(named).size).toBe(3);
  });

  it('takes what names a choice from the page, and nothing that is no text', () => {
    const state = fromPageConfig(
      '{"modes": {}, "schemas": {}, "chosenAt": {"usage": "2026-01-01T00:00:00.000Z", "other": 1}}'
    );
    expect(state.chosenAt).toEqual({
      usage: '2026-01-01T00:00:00.000Z',
      other: ''
    });
    expect(
      fromPageConfig('{"modes": {}, "schemas": {}, "chosenAt": 1}').chosenAt
    ).toEqual({});
  });

  it('stays as it was where the server refuses', async () => {
    const { consent, server, wires } = setUp({ modes: { usage: 'off' } });
    server.refusal = STALE;
    const before = consent.state;
    await expect(
      consent.setMode('usage', 'on', 'sha256:old', 'notice')
    ).rejects.toBe(STALE);
    expect(consent.state).toBe(before);
    expect(wires.told).toEqual([]);
  });

  it('turns off without naming terms, so that changed terms cannot stand in the way', async () => {
    const { consent, server } = setUp({ modes: { usage: 'on' } });
    await consent.setMode('usage', 'off', 'sha256:old', 'panel');
    expect(server.requests[0]).not.toHaveProperty('terms');
  });

  it('obeys another tab that turned off at once, before any answer of the server', () => {
    const { consent, wires, server } = setUp({ modes: { usage: 'on' } });
    server.isDown = true;
    wires.hear({ modes: { usage: 'off' }, pausedUntil: null });
    expect(consent.state.modes).toEqual({ usage: 'off' });
  });

  it('never turns on because another tab says so: only the server can say so', async () => {
    const { consent, wires, server } = setUp({ modes: { usage: 'local' } });
    server.isDown = true;
    wires.hear({ modes: { usage: 'on' }, pausedUntil: null });
    await settle();
    // What is captured as local meanwhile would be taken for what was agreed to since: it waits for the answer.
    expect(consent.state.modes).toEqual({ usage: 'off' });
  });

  it('takes nothing else from another tab, whatever it says', () => {
    const pausedUntil = Date.now() + 60_000;
    const { consent, wires, server } = setUp({
      modes: { usage: 'on', other: 'local' },
      pausedUntil
    });
    server.isDown = true;
    const modes = { usage: 'ON', evil: 'on' } as never;
    wires.hear({ modes, pausedUntil: 1 });
    expect(consent.state.modes).toEqual({ usage: 'off', other: 'off' });
    expect(consent.state.pausedUntil).toBe(pausedUntil);
    expect(consent.state.browserSinks).toEqual([]);
    consent.dispose();
  });

  it('is not turned on again by an answer that was asked for before it was turned off', async () => {
    const { consent, server } = setUp({ modes: { usage: 'on' } });
    await consent.setMode('usage', 'on', 'sha256:one', 'panel');
    const before = server.now;
    let answer: (state: typeof before) => void = () => undefined;
    jest
      .spyOn(server, 'getState')
      .mockReturnValueOnce(new Promise(resolve => (answer = resolve)))
      .mockRejectedValue(new TypeError('no network'));
    consent.refresh().catch(() => undefined);
    const off = consent.setMode('usage', 'off', '', 'panel');
    await settle();
    answer(before);
    await off;
    await settle();
    expect(consent.state.modes).toEqual({ usage: 'off' });
  });

  it('asks for one choice after the other, so that the last one is the last', async () => {
    const { consent, server } = setUp({ modes: { usage: 'off' } });
    let release: () => void = () => undefined;
    const put = server.putConsent.bind(server);
    jest.spyOn(server, 'putConsent').mockImplementationOnce(async request => {
      await new Promise<void>(resolve => (release = resolve));
      return put(request);
    });
    const on = consent.setMode('usage', 'on', 'sha256:one', 'panel');
    const off = consent.setMode('usage', 'off', '', 'settings');
    await settle();
    release();
    await Promise.all([on, off]);
    expect(server.now.purposes[0]?.mode).toBe('off');
    expect(consent.state.modes).toEqual({ usage: 'off' });
  });

  it('goes on with the next choice where one was refused', async () => {
    const { consent, server } = setUp({ modes: { usage: 'on' } });
    server.refusal = STALE;
    const refused = consent.setMode('usage', 'local', 'sha256:old', 'panel');
    const off = consent.setMode('usage', 'off', '', 'panel');
    await expect(refused).rejects.toBe(STALE);
    await off;
    expect(consent.state.modes).toEqual({ usage: 'off' });
  });

  it('agrees to more only while no tab is sending, and to less at once', async () => {
    const taken: string[] = [];
    let free: () => void = () => undefined;
    const locks = {
      request: async (
        name: string,
        _options: LockOptions,
        task: () => Promise<void>
      ) => {
        taken.push(name);
        await new Promise<void>(resolve => (free = resolve));
        await task();
      }
    } as unknown as LockManager;
    const { consent, server } = setUp({ modes: { usage: 'local' } }, { locks });
    const on = consent.setMode('usage', 'on', 'sha256:one', 'panel');
    await settle();
    expect(taken).toEqual(['jupyter-eventlog:http://localhost/:owner']);
    expect(server.requests).toEqual([]);
    free();
    await on;
    expect(server.requests).toHaveLength(1);
    await consent.setMode('usage', 'off', '', 'panel');
    expect(taken).toHaveLength(1);
  });

  it('asks again what another tab agreed to, where the server was not there', async () => {
    jest.useFakeTimers();
    try {
      const { consent, wires, server } = setUp({ modes: { usage: 'local' } });
      server.isDown = true;
      wires.hear({ modes: { usage: 'on' }, pausedUntil: null });
      await jest.advanceTimersByTimeAsync(1000);
      server.isDown = false;
      server.purposes = [{ ...PURPOSE, mode: 'on' }];
      await jest.advanceTimersByTimeAsync(60_000);
      expect(consent.state.modes).toEqual({ usage: 'on' });
      const asked = server.calls.length;
      server.isDown = true;
      wires.hear({ modes: { usage: 'off' }, pausedUntil: null });
      await jest.advanceTimersByTimeAsync(600_000);
      expect(server.calls.length).toBe(asked + 1);
    } finally {
      jest.useRealTimers();
    }
  });

  it('asks again where a pause ended without a network', async () => {
    jest.useFakeTimers();
    try {
      const { consent, server } = setUp({
        modes: { usage: 'off' },
        pausedUntil: Date.now() + 10_000
      });
      server.isDown = true;
      await jest.advanceTimersByTimeAsync(11_000);
      server.isDown = false;
      server.purposes = [{ ...PURPOSE, mode: 'local' }];
      await jest.advanceTimersByTimeAsync(60_000);
      expect(consent.state.modes).toEqual({ usage: 'local' });
      consent.dispose();
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps a pause that another tab does not know of', async () => {
    const pausedUntil = Date.now() + 60_000;
    const { consent, wires, server } = setUp({
      modes: { usage: 'local' },
      pausedUntil
    });
    server.isDown = true;
    wires.hear({ modes: { usage: 'local' }, pausedUntil: null });
    await settle();
    expect(consent.state.pausedUntil).toBe(pausedUntil);
    consent.dispose();
  });

  it('stops listening when the last purpose is off', async () => {
    const { consent, wires } = setUp({ modes: { usage: 'local' } });
    expect(wires.listening).not.toBeNull();
    await consent.setMode('usage', 'off', '', 'panel');
    expect(wires.listening).toBeNull();
  });
});

describe('the manifest', () => {
  it('never answers with what was asked for before the call', async () => {
    const server = new TelemetryServer();
    const manifest = manifestOf(server);
    const first = manifest.load();
    const second = manifest.load();
    const third = manifest.load();
    await Promise.all([first, second, third]);
    expect(server.calls).toEqual(['GET state', 'GET state']);
    expect(second).toBe(third);
  });

  it('asks again after a failure', async () => {
    const server = new TelemetryServer();
    const manifest = manifestOf(server);
    server.isDown = true;
    await expect(manifest.load()).rejects.toThrow();
    server.isDown = false;
    const answer = await manifest.load();
    expect(manifest.current).toBe(answer);
  });
});
