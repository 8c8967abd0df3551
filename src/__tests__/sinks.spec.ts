import './browser';

import { ServerConnection } from '@jupyterlab/services';

import { TelemetryApi } from '../pipeline/api';
import type { IBatch } from '../pipeline/api';
import type { Sent } from '../pipeline/transport';
import { ConsoleSink } from '../sinks/console';
import { DeclaredSinks } from '../sinks/declared';
import { forSink } from '../sinks/project';
import { Returning } from '../sinks/returning';
import { ServerTransport } from '../sinks/server';
import { SinkTypes } from '../sinks/types';
import type {
  IBrowserSinkDeclaration,
  IConsentState,
  IEventSink,
  IQueuedEvent
} from '../tokens';
import { COMMAND, stateOf } from './consentStub';

const EVENT: IQueuedEvent = {
  id: 'id-1',
  schema: COMMAND,
  time: '2026-01-01T12:34:56.789Z',
  seq: 7,
  data: {
    command: 'a:b',
    trigger: { surface: 'toolbar' },
    duration_ms: 12
  }
};

const DECLARED: IBrowserSinkDeclaration = {
  name: 'watch',
  type: 'test',
  purposes: ['usage'],
  fields: { [COMMAND]: ['command', 'trigger'] },
  timeResolutionMs: 3_600_000
};

function declaring(
  mode: 'local' | 'on' | 'off',
  ...browserSinks: IBrowserSinkDeclaration[]
): IConsentState {
  return stateOf(mode, { browserSinks });
}

class Kept implements IEventSink {
  readonly events: IQueuedEvent[] = [];
  isDisposed = false;

  write(events: readonly IQueuedEvent[]): void {
    this.events.push(...events);
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

describe('what a browser-side sink sees', () => {
  it('is what its declaration names, cut to the declared time resolution, without a position', () => {
    expect(forSink(EVENT, DECLARED)).toEqual({
      id: 'id-1',
      schema: COMMAND,
      time: '2026-01-01T12:00:00.000Z',
      seq: 0,
      data: { command: 'a:b', trigger: { surface: 'toolbar' } }
    });
  });

  it('is nothing of a schema that is not declared', () => {
    expect(forSink({ ...EVENT, schema: 'other' }, DECLARED)).toBeNull();
    expect(forSink({ ...EVENT, schema: 'constructor' }, DECLARED)).toBeNull();
  });

  it('is a copy: what it changes changes nothing', () => {
    const seen = forSink(EVENT, DECLARED);
    (seen?.data.trigger as Record<string, unknown>).surface = 'changed';
    expect(EVENT.data.trigger).toEqual({ surface: 'toolbar' });
  });
});

function open() {
  const types = new SinkTypes();
  return { types, sinks: new DeclaredSinks(types) };
}

describe('browser-side sinks', () => {
  it('are made for a declaration, only of a known type, only under on', () => {
    const { sinks, types } = open();
    const make = jest.fn(() => new Kept());
    sinks.update(declaring('local', DECLARED));
    types.addType('test', make);
    expect(make).not.toHaveBeenCalled();
    sinks.update(declaring('on', { ...DECLARED, type: 'unknown' }));
    expect(make).not.toHaveBeenCalled();
    sinks.update(declaring('on', DECLARED));
    expect(make).toHaveBeenCalledTimes(1);
    expect(make).toHaveBeenCalledWith(DECLARED);
  });

  it('are made when their type comes later', () => {
    const { sinks, types } = open();
    const sink = new Kept();
    sinks.update(declaring('on', DECLARED));
    types.addType('test', () => sink);
    sinks.write(EVENT, 'usage');
    expect(sink.events).toHaveLength(1);
  });

  it('get nothing of another purpose, and nothing any more when it is off', () => {
    const { sinks, types } = open();
    const sink = new Kept();
    types.addType('test', () => sink);
    sinks.update(declaring('on', DECLARED));
    sinks.write(EVENT, 'learning');
    sinks.update(declaring('off', DECLARED));
    sinks.write(EVENT, 'usage');
    expect(sink.events).toEqual([]);
    expect(sink.isDisposed).toBe(true);
    expect(sinks.isEmpty).toBe(true);
  });

  it('of two purposes, one on and one local, get what is on', () => {
    const { sinks, types } = open();
    const sink = new Kept();
    types.addType('test', () => sink);
    const state = declaring('on', {
      ...DECLARED,
      purposes: ['usage', 'learning']
    });
    sinks.update({ ...state, modes: { usage: 'on', learning: 'local' } });
    sinks.write(EVENT, 'learning');
    expect(sink.events).toEqual([]);
    sinks.write(EVENT, 'usage');
    expect(sink.events).toHaveLength(1);
  });

  it('are made anew when the operator declares them differently', () => {
    const { sinks, types } = open();
    const make = jest.fn(() => new Kept());
    types.addType('test', make);
    sinks.update(declaring('on', DECLARED));
    sinks.update(declaring('on', { ...DECLARED, fields: {} }));
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('end with their type', () => {
    const { sinks, types } = open();
    const sink = new Kept();
    const type = types.addType('test', () => sink);
    sinks.update(declaring('on', DECLARED));
    type.dispose();
    expect(sink.isDisposed).toBe(true);
    types.addType('test', () => sink).dispose();
  });

  it('have one type of each name', () => {
    const { types } = open();
    types.addType('test', () => new Kept());
    expect(() => types.addType('test', () => new Kept())).toThrow("'test'");
  });

  it('harm nobody by throwing, rejecting or never answering', () => {
    const { sinks, types } = open();
    const good = new Kept();
    const bad = (write: () => void | Promise<void>): IEventSink => ({
      isDisposed: false,
      write,
      dispose: () => {
        throw new Error('dispose');
      }
    });
    const made: Record<string, () => IEventSink> = {
      throws: () =>
        bad(() => {
          throw new Error('write');
        }),
      rejects: () => bad(() => Promise.reject(new Error('write'))),
      hangs: () => bad(() => new Promise(() => undefined)),
      unmade: () => {
        throw new Error('make');
      },
      good: () => good
    };
    sinks.update(
      declaring(
        'on',
        ...Object.keys(made).map(type => ({ ...DECLARED, name: type, type }))
      )
    );
    Object.entries(made).forEach(([type, make]) => types.addType(type, make));
    sinks.write(EVENT, 'usage');
    expect(good.events).toHaveLength(1);
    sinks.dispose();
    expect(good.isDisposed).toBe(true);
  });
});

describe('the console sink', () => {
  it('writes one line an event, and none after it was disposed', () => {
    const info = jest.fn();
    const sink = new ConsoleSink('watch', { info });
    sink.write([EVENT]);
    sink.dispose();
    sink.write([EVENT]);
    expect(info.mock.calls).toEqual([[`[watch] ${JSON.stringify(EVENT)}`]]);
  });
});

describe('the way to the server', () => {
  const BATCH: IBatch = {
    sent_at: '2026-01-01T00:00:00.000Z',
    session: 's',
    modes: { usage: 'on' },
    events: [EVENT]
  };

  async function send(
    answer: () => Promise<Response>
  ): Promise<{ sent: unknown; request: Request }> {
    const requests: Request[] = [];
    const settings = ServerConnection.makeSettings({
      baseUrl: 'http://localhost/user/a/',
      token: 'secret-token',
      fetch: input => {
        requests.push(input as Request);
        return answer();
      }
    });
    const transport = new ServerTransport(new TelemetryApi(settings));
    const sent = await transport.send(BATCH, {
      keepalive: true,
      signal: new AbortController().signal
    });
    const [request] = requests;
    if (!request) {
      throw new Error('nothing was sent');
    }
    return { sent, request };
  }

  const answering = (status: number, body: unknown, headers = {}) =>
    send(() =>
      Promise.resolve(new Response(JSON.stringify(body), { status, headers }))
    );

  it.each<[number, unknown, Record<string, string>, unknown]>([
    [
      200,
      { accepted: 1, duplicates: 0, rejected: [] },
      {},
      { kind: 'acknowledged', refusals: [] }
    ],
    [
      200,
      {
        accepted: 0,
        duplicates: 0,
        rejected: [
          { id: 'a', code: 'paused', pointer: '' },
          { id: 'b', code: 'paused', pointer: '' }
        ]
      },
      {},
      { kind: 'acknowledged', refusals: ['paused'] }
    ],
    [400, { code: 'malformed_body' }, {}, { kind: 'unacceptable' }],
    [413, { code: 'too_large' }, {}, { kind: 'unacceptable' }],
    [401, {}, {}, { kind: 'stop' }],
    [403, {}, {}, { kind: 'stop' }],
    [404, {}, {}, { kind: 'stop' }],
    [429, {}, { 'Retry-After': '7' }, { kind: 'retry', retryAfterS: 7 }],
    [503, {}, { 'Retry-After': '90' }, { kind: 'retry', retryAfterS: 90 }],
    [500, {}, {}, { kind: 'retry', retryAfterS: null }],
    [502, 'not JSON', {}, { kind: 'retry', retryAfterS: null }]
  ])('%i means %j %j → %j', async (status, body, headers, expected) => {
    expect((await answering(status, body, headers)).sent).toEqual(expected);
  });

  it('a Retry-After may be a date; what is neither counts as none', async () => {
    jest.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
    try {
      const later = { 'Retry-After': 'Thu, 01 Jan 2026 00:01:30 GMT' };
      expect((await answering(503, {}, later)).sent).toEqual({
        kind: 'retry',
        retryAfterS: 90
      });
      const nonsense = { 'Retry-After': 'soon' };
      expect((await answering(503, {}, nonsense)).sent).toEqual({
        kind: 'retry',
        retryAfterS: null
      });
    } finally {
      jest.useRealTimers();
    }
  });

  it('an unreachable server is tried again', async () => {
    const { sent } = await send(() => Promise.reject(new TypeError('offline')));
    expect(sent).toEqual({ kind: 'retry', retryAfterS: null });
  });

  it('carries the token and the XSRF header, to this server only', async () => {
    document.cookie = '_xsrf=value-of-cookie';
    const { request } = await answering(200, { rejected: [] });
    expect(request.url).toBe('http://localhost/user/a/api/telemetry/events');
    expect(request.method).toBe('POST');
    expect(request.headers.get('Authorization')).toBe('token secret-token');
    expect(request.headers.get('X-XSRFToken')).toBe('value-of-cookie');
  });

  it('asks for keepalive before the call returns', () => {
    const made: RequestInit[] = [];
    class SpiedRequest extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(input, init);
        made.push(init ?? {});
      }
    }
    const fetch = jest.fn(
      (_input: RequestInfo | URL, _init?: RequestInit) =>
        new Promise<Response>(() => undefined)
    );
    const settings = ServerConnection.makeSettings({
      baseUrl: 'http://localhost/',
      Request: SpiedRequest,
      fetch
    });
    const { signal } = new AbortController();
    void new ServerTransport(new TelemetryApi(settings)).send(BATCH, {
      keepalive: true,
      signal
    });
    expect(made).toHaveLength(1);
    expect(made[0]?.keepalive).toBe(true);
    expect(made[0]?.signal).toBe(signal);
    // Firefox has to be told twice.
    expect(fetch.mock.calls[0]?.[1]).toEqual({ keepalive: true });
  });
});

describe('a server that was away', () => {
  it('is asked once what holds by now, when it takes a batch again', async () => {
    const answers: Sent[] = [
      { kind: 'acknowledged', refusals: [] },
      { kind: 'retry', retryAfterS: null },
      { kind: 'retry', retryAfterS: 1 },
      { kind: 'acknowledged', refusals: [] },
      { kind: 'acknowledged', refusals: [] }
    ];
    const isBack = jest.fn();
    const told: number[] = [];
    let answer: Sent;
    const transport = new Returning(
      { send: () => Promise.resolve(answer) },
      isBack
    );
    for (answer of answers) {
      await transport.send({} as IBatch, {
        keepalive: false,
        signal: new AbortController().signal
      });
      told.push(isBack.mock.calls.length);
    }
    expect(told).toEqual([0, 0, 0, 1, 1]);
  });
});
