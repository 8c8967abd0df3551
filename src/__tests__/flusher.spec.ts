import type { IBatch } from '../pipeline/api';
import { MAX_KEEPALIVE_BYTES } from '../pipeline/batch';
import {
  COALESCE_MS,
  FLUSH_AFTER_MS,
  FLUSH_AT_EVENTS,
  ONLINE_AFTER_MS,
  Flusher
} from '../pipeline/flusher';
import type { IFlusherOptions } from '../pipeline/flusher';
import type { IQueue, IWaiting } from '../pipeline/queue';
import { MemoryQueue } from '../pipeline/queue';
import type { ITransport, Sent } from '../pipeline/transport';
import { waiting } from './waiting';

const OK: Sent = { kind: 'acknowledged', refusals: [] };

/** The server as far as a flusher sees it: answers from a list, then OK; keeps what came. */
class FakeTransport implements ITransport {
  readonly batches: IBatch[] = [];
  readonly keepalives: boolean[] = [];
  answers: (Sent | Promise<Sent>)[] = [];
  aborted = 0;

  async send(
    batch: IBatch,
    options: { keepalive: boolean; signal: AbortSignal }
  ): Promise<Sent> {
    this.batches.push(batch);
    this.keepalives.push(options.keepalive);
    options.signal.addEventListener('abort', () => (this.aborted += 1));
    return (await this.answers.shift()) ?? OK;
  }

  get ids(): string[][] {
    return this.batches.map(({ events }) => events.map(({ id }) => id));
  }
}

interface ISetUp {
  readonly flusher: Flusher;
  readonly transport: FakeTransport;
  readonly queue: MemoryQueue;
  readonly opened: () => number;
}

function setUp(options: Partial<IFlusherOptions> = {}): ISetUp {
  const transport = new FakeTransport();
  const queue = new MemoryQueue();
  let opened = 0;
  const flusher = new Flusher({
    name: 'lock',
    transport,
    openQueue: () => {
      opened += 1;
      return Promise.resolve(queue);
    },
    maySend: () => true,
    modeNow: ({ mode }) => mode,
    consentRefused: () => undefined,
    random: () => 1,
    ...options
  });
  return { flusher, transport, queue, opened: () => opened };
}

/** A queue that tabs share, as they do that in IndexedDB. */
class SharedQueue extends MemoryQueue {
  override takeTurn(
    holder: string,
    nowMs: number,
    forMs: number
  ): Promise<number> {
    const isOthers = this._holder !== holder && this._untilMs > nowMs;
    if (isOthers) {
      return Promise.resolve(this._untilMs - nowMs);
    }
    this._holder = holder;
    this._untilMs = nowMs + forMs;
    return Promise.resolve(0);
  }

  private _holder = '';
  private _untilMs = 0;
}

function freeLock(): LockManager {
  return {
    request: (_name: string, _how: object, task: (lock: object) => unknown) =>
      Promise.resolve(task({}))
  } as unknown as LockManager;
}

function add(flusher: Flusher, count: number, facts: Partial<IWaiting> = {}) {
  for (let index = 0; index < count; index++) {
    flusher.add(waiting(facts));
  }
}

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('when it is sent', () => {
  it('after five seconds', async () => {
    const { flusher, transport } = setUp();
    add(flusher, 3);
    await pass(FLUSH_AFTER_MS - 1);
    expect(transport.batches).toEqual([]);
    await pass(1);
    expect(transport.batches.map(({ events }) => events.length)).toEqual([3]);
  });

  it('a burst of 100 goes in one request, at once', async () => {
    const { flusher, transport } = setUp();
    add(flusher, 100);
    await pass(COALESCE_MS);
    expect(transport.batches.map(({ events }) => events.length)).toEqual([100]);
    await pass(60_000);
    expect(transport.batches).toHaveLength(1);
  });

  it('at fifty events, not at forty-nine', async () => {
    const { flusher, transport } = setUp();
    add(flusher, FLUSH_AT_EVENTS - 1);
    await pass(COALESCE_MS);
    expect(transport.batches).toEqual([]);
    add(flusher, 1);
    await pass(COALESCE_MS);
    expect(transport.batches).toHaveLength(1);
  });

  it('at 40 kB', async () => {
    const { flusher, transport } = setUp();
    add(flusher, 2, { bytes: 20_000 });
    await pass(COALESCE_MS);
    expect(transport.batches).toHaveLength(1);
  });

  it('what is recorded while a batch is under way goes with the next', async () => {
    const { flusher, transport } = setUp();
    let answer: (sent: Sent) => void = () => undefined;
    transport.answers = [new Promise(resolve => (answer = resolve))];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    add(flusher, 2);
    await pass(FLUSH_AFTER_MS);
    expect(transport.batches).toHaveLength(1);
    answer(OK);
    await pass(FLUSH_AFTER_MS);
    expect(transport.batches.map(({ events }) => events.length)).toEqual([
      1, 2
    ]);
  });

  it('nothing waits: no timer runs and no request is made', async () => {
    const { flusher, transport, opened } = setUp();
    expect(jest.getTimerCount()).toBe(0);
    expect(opened()).toBe(0);
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    expect(jest.getTimerCount()).toBe(0);
    await pass(3_600_000);
    expect(transport.batches).toHaveLength(1);
  });

  it('what an earlier page left goes too, each session in its own batch', async () => {
    const { flusher, transport, queue } = setUp();
    await queue.put(
      [
        waiting({ id: 'a', session: 'old' }),
        waiting({ id: 'b', session: 'older' }),
        waiting({ id: 'c', session: 'old' })
      ],
      0
    );
    await flusher.start();
    await pass(FLUSH_AFTER_MS);
    expect(transport.ids).toEqual([['a', 'c'], ['b']]);
    expect(transport.batches.map(({ session }) => session)).toEqual([
      'old',
      'older'
    ]);
  });

  it('a queue that nothing was left in starts no timer', async () => {
    const { flusher } = setUp();
    await flusher.start();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('when the page is hidden', () => {
  it('the request is on its way before the call returns, with keepalive', () => {
    const { flusher, transport } = setUp();
    add(flusher, 3);
    flusher.hide();
    expect(transport.batches.map(({ events }) => events.length)).toEqual([3]);
    expect(transport.keepalives).toEqual([true]);
  });

  it('hidden and then left: sent once', async () => {
    const { flusher, transport, queue } = setUp();
    add(flusher, 3);
    flusher.hide();
    flusher.hide();
    await pass(60_000);
    expect(transport.batches).toHaveLength(1);
    expect(await queue.count()).toBe(0);
  });

  it('no more than 51 kB; the rest waits for the next page', async () => {
    const { flusher, transport, queue } = setUp();
    add(flusher, 10, { bytes: 10_000 });
    flusher.hide();
    expect(transport.batches).toHaveLength(1);
    expect(transport.batches[0]?.events.length).toBe(5);
    expect(5 * 10_000).toBeLessThan(MAX_KEEPALIVE_BYTES);
    await Promise.resolve();
    await pass(0);
    expect(await queue.count()).toBe(5);
  });

  it('what could not be sent then is still in the queue', async () => {
    const { flusher, transport, queue } = setUp();
    transport.answers = [{ kind: 'retry', retryAfterS: null }];
    add(flusher, 3);
    flusher.hide();
    await pass(0);
    expect(await queue.count()).toBe(3);
  });

  it('what the server does not want now is not forced on it', async () => {
    const { flusher, transport } = setUp();
    transport.answers = [{ kind: 'retry', retryAfterS: 60 }];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    flusher.hide();
    expect(transport.batches).toHaveLength(1);
  });

  it('a large backlog goes without keepalive while the page is there', async () => {
    const { flusher, transport, queue } = setUp();
    await queue.put(
      Array.from({ length: 10 }, () => waiting({ bytes: 10_000 })),
      0
    );
    await flusher.flush();
    expect(transport.keepalives).toEqual([false]);
  });
});

describe('what an answer means', () => {
  it('only a 2xx removes', async () => {
    const { flusher, transport, queue } = setUp();
    transport.answers = [{ kind: 'retry', retryAfterS: 1 }];
    add(flusher, 2);
    await pass(FLUSH_AFTER_MS);
    expect(await queue.count()).toBe(2);
    await pass(60_000);
    expect(await queue.count()).toBe(0);
    expect(transport.ids[1]).toEqual(transport.ids[0]);
  });

  it('Retry-After is the least that is waited', async () => {
    const { flusher, transport } = setUp();
    transport.answers = [{ kind: 'retry', retryAfterS: 30 }];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    add(flusher, 100);
    await pass(30_000 - 1);
    expect(transport.batches).toHaveLength(1);
    await pass(30_000);
    expect(transport.batches).toHaveLength(2);
  });

  it('failures in a row are further and further apart, up to five minutes', async () => {
    const { flusher, transport } = setUp();
    const sentMs: number[] = [];
    jest.spyOn(transport, 'send').mockImplementation(() => {
      sentMs.push(Date.now());
      return Promise.resolve({ kind: 'retry', retryAfterS: null });
    });
    add(flusher, 1);
    await pass(3_600_000);
    const gaps = sentMs.slice(1).map((ms, index) => ms - (sentMs[index] ?? 0));
    expect(gaps.slice(0, 3)).toEqual([2_000, 4_000, 8_000]);
    expect(Math.max(...gaps)).toBe(300_000);
  });

  it('jitter spreads what is waited', async () => {
    const { flusher, transport } = setUp({ random: () => 0.5 });
    transport.answers = Array.from({ length: 4 }, () => ({
      kind: 'retry',
      retryAfterS: null
    }));
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS + 1_000 + 2_000 - 1);
    expect(transport.batches).toHaveLength(2);
    await pass(1);
    expect(transport.batches).toHaveLength(3);
  });

  it('401 and 403 stop it until consent was read again', async () => {
    const { flusher, transport, queue } = setUp();
    transport.answers = [{ kind: 'stop' }];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    add(flusher, 100);
    flusher.hide();
    await pass(3_600_000);
    expect(transport.batches).toHaveLength(1);
    expect(await queue.count()).toBe(101);
    flusher.resume();
    await pass(FLUSH_AFTER_MS);
    expect(await queue.count()).toBe(0);
  });

  it('one event that spoils a batch is found, let go of, and harms no other', async () => {
    const { flusher, transport, queue } = setUp();
    const accepted: string[] = [];
    jest.spyOn(transport, 'send').mockImplementation(({ events }) => {
      if (events.some(({ id }) => id === 'bad')) {
        return Promise.resolve({ kind: 'unacceptable' });
      }
      accepted.push(...events.map(({ id }) => id));
      return Promise.resolve(OK);
    });
    ['a', 'b', 'bad', 'c', 'd'].forEach(id => flusher.add(waiting({ id })));
    await pass(FLUSH_AFTER_MS);
    expect(accepted.sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(await queue.count()).toBe(0);
  });

  it('events that a 200 rejects are removed, and consent is read again if that is why', async () => {
    const consentRefused = jest.fn();
    const { flusher, transport, queue } = setUp({ consentRefused });
    transport.answers = [
      { kind: 'acknowledged', refusals: ['invalid'] },
      { kind: 'acknowledged', refusals: ['not_consented'] }
    ];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    expect(consentRefused).not.toHaveBeenCalled();
    add(flusher, 1);
    await pass(60_000);
    expect(transport.batches).toHaveLength(2);
    expect(await queue.count()).toBe(0);
    expect(consentRefused).toHaveBeenCalledTimes(1);
  });

  it('a server that never answers is given up after half a minute', async () => {
    const { flusher, transport, queue } = setUp();
    jest.spyOn(transport, 'send').mockImplementationOnce(
      (_batch, { signal }) =>
        new Promise(resolve => {
          signal.addEventListener('abort', () =>
            resolve({ kind: 'retry', retryAfterS: null })
          );
        })
    );
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS + 30_000);
    expect(await queue.count()).toBe(1);
    await pass(10_000);
    expect(await queue.count()).toBe(0);
  });
});

describe('when the network is back', () => {
  const FAILED: Sent = { kind: 'retry', retryAfterS: null };

  it('what waited minutes for another try is sent at once', async () => {
    const { flusher, transport } = setUp();
    transport.answers = Array.from({ length: 9 }, () => FAILED);
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS + 511_000);
    expect(transport.batches).toHaveLength(9);
    flusher.networkBack();
    await pass(ONLINE_AFTER_MS);
    expect(transport.batches).toHaveLength(10);
  });

  it('a try that had begun without one is soon followed by another', async () => {
    const { flusher, transport } = setUp();
    let fail: (sent: Sent) => void = () => undefined;
    transport.answers = [
      ...Array.from({ length: 8 }, () => FAILED),
      new Promise(resolve => (fail = resolve))
    ];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS + 511_000);
    flusher.networkBack();
    fail(FAILED);
    await pass(2_000);
    expect(transport.batches).toHaveLength(10);
  });

  it('a server that wants to be left alone is', async () => {
    const { flusher, transport } = setUp();
    transport.answers = [{ kind: 'retry', retryAfterS: 60 }];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    flusher.networkBack();
    await pass(60_000 - 1);
    expect(transport.batches).toHaveLength(1);
  });

  it('nothing waits: nothing is asked', () => {
    const { flusher, opened } = setUp();
    flusher.networkBack();
    expect(jest.getTimerCount()).toBe(0);
    expect(opened()).toBe(0);
  });
});

describe('withdrawal', () => {
  it('empties everything at once and breaks off what is under way', async () => {
    const { flusher, transport, queue } = setUp();
    transport.answers = [new Promise(() => undefined)];
    add(flusher, 3);
    await pass(FLUSH_AFTER_MS);
    add(flusher, 3);
    const destroy = jest.spyOn(queue, 'destroy');
    await flusher.destroy();
    expect(transport.aborted).toBe(1);
    expect(destroy).toHaveBeenCalled();
    expect(jest.getTimerCount()).toBeLessThanOrEqual(1);
    add(flusher, 100);
    flusher.hide();
    await pass(3_600_000);
    expect(transport.batches).toHaveLength(1);
    expect(await queue.count()).toBe(0);
  });

  it('opens no store that was not open', async () => {
    const { flusher, opened } = setUp();
    await flusher.destroy();
    await flusher.clear();
    await flusher.prune();
    expect(await flusher.waiting()).toBe(0);
    expect(opened()).toBe(0);
  });

  it('of one purpose removes that one only, here and in the queue', async () => {
    const allowed = new Set(['usage', 'learning']);
    const { flusher, transport, queue } = setUp({
      maySend: ({ purpose }) => allowed.has(purpose)
    });
    transport.answers = [{ kind: 'retry', retryAfterS: 1 }];
    flusher.add(waiting({ id: 'a' }));
    flusher.add(waiting({ id: 'b', purpose: 'learning' }));
    await pass(FLUSH_AFTER_MS);
    allowed.delete('usage');
    flusher.add(waiting({ id: 'c', purpose: 'learning' }));
    await flusher.prune();
    expect(await queue.count()).toBeLessThanOrEqual(2);
    await pass(60_000);
    expect(transport.ids.slice(1).flat()).toEqual(['b', 'c']);
  });

  it('what consent no longer covers is not sent, even before it was pruned', async () => {
    let may = true;
    const { flusher, transport, queue } = setUp({ maySend: () => may });
    add(flusher, 2);
    may = false;
    await pass(60_000);
    flusher.hide();
    expect(transport.batches).toEqual([]);
    expect(await queue.count()).toBe(0);
  });
});

describe('clear', () => {
  it('waits for the batch under way, then forgets the rest', async () => {
    const { flusher, transport, queue } = setUp();
    let answer: (sent: Sent) => void = () => undefined;
    transport.answers = [new Promise(resolve => (answer = resolve))];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    add(flusher, 2);
    let isCleared = false;
    const cleared = flusher.clear().then(() => (isCleared = true));
    await pass(1_000);
    expect(isCleared).toBe(false);
    answer(OK);
    await cleared;
    await pass(60_000);
    expect(transport.batches).toHaveLength(1);
    expect(await queue.count()).toBe(0);
    expect(await flusher.waiting()).toBe(0);
  });
});

describe('taking turns', () => {
  it('only the tab that gets the lock sends; the other looks again later', async () => {
    let isFree = false;
    const asked: unknown[] = [];
    const locks = {
      request: (
        name: string,
        options: unknown,
        task: (lock: unknown) => unknown
      ) => {
        asked.push([name, options]);
        return Promise.resolve(task(isFree ? {} : null));
      }
    } as unknown as LockManager;
    const { flusher, transport } = setUp({ locks });
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    expect(asked).toEqual([['lock', { ifAvailable: true }]]);
    expect(transport.batches).toEqual([]);
    isFree = true;
    await pass(FLUSH_AFTER_MS);
    expect(transport.batches).toHaveLength(1);
  });

  it('what another tab has sent is not sent again', async () => {
    const { flusher, transport, queue } = setUp();
    add(flusher, 2);
    await pass(1_000);
    await queue.removeWhere(() => true);
    await pass(FLUSH_AFTER_MS);
    flusher.hide();
    expect(transport.batches).toEqual([]);
  });

  it('without locks one tab sends what all have kept, and a tab that broke is waited for no longer than a request', async () => {
    const queue = new SharedQueue();
    const openQueue = () => Promise.resolve(queue);
    const [one, other] = [setUp({ openQueue }), setUp({ openQueue })];
    await queue.takeTurn('broken', Date.now(), 35_000);
    add(one.flusher, 2);
    add(other.flusher, 2);
    await pass(34_000);
    expect(one.transport.batches).toEqual([]);
    expect(other.transport.batches).toEqual([]);
    await pass(20_000);
    const batches = [...one.transport.batches, ...other.transport.batches];
    expect(batches.map(({ events }) => events.length)).toEqual([4]);
    expect(await queue.count()).toBe(0);
  });

  it.each([
    // It is free: nobody is at it while the server is left alone.
    ['with locks', freeLock()],
    ['without', undefined]
  ])(
    'no tab asks a server that told another to wait, %s',
    async (_name, locks) => {
      const queue = new SharedQueue();
      const openQueue = () => Promise.resolve(queue);
      const [told, other] = [
        setUp({ openQueue, locks }),
        setUp({ openQueue, locks })
      ];
      told.transport.answers = [{ kind: 'retry', retryAfterS: 60 }];
      add(told.flusher, 1);
      await pass(FLUSH_AFTER_MS + 1_000);
      add(other.flusher, 100);
      await pass(50_000);
      expect(told.transport.batches).toHaveLength(1);
      expect(other.transport.batches).toEqual([]);
      await pass(60_000);
      expect(
        [...told.transport.ids.slice(1), ...other.transport.ids].flat()
      ).toHaveLength(101);
    }
  );
});

describe('a clock that is set', () => {
  it('back by a day while the server is left alone: it is asked again in time', async () => {
    const { flusher, transport } = setUp();
    transport.answers = [{ kind: 'retry', retryAfterS: 30 }];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    jest.setSystemTime(Date.now() - 24 * 3_600_000);
    await pass(120_000);
    expect(transport.batches).toHaveLength(2);
  });

  it('ahead by a day while the server is left alone: that is no reason to ask it', async () => {
    const { flusher, transport } = setUp();
    transport.answers = [{ kind: 'retry', retryAfterS: 30 }];
    add(flusher, 1);
    await pass(FLUSH_AFTER_MS);
    jest.setSystemTime(Date.now() + 24 * 3_600_000);
    add(flusher, 100);
    flusher.hide();
    await pass(20_000);
    expect(transport.batches).toHaveLength(1);
  });
});

describe('a store that fails', () => {
  it('goes on in memory, and everything arrives', async () => {
    const failing: IQueue = new MemoryQueue();
    failing.put = () =>
      Promise.reject(new DOMException('', 'QuotaExceededError'));
    const { flusher, transport } = setUp({
      openQueue: () => Promise.resolve(failing)
    });
    add(flusher, 3);
    await pass(FLUSH_AFTER_MS);
    expect(transport.batches.map(({ events }) => events.length)).toEqual([3]);
    expect(await flusher.waiting()).toBe(0);
  });

  it('half-way: what it has goes first, then what is in memory, and all of it once', async () => {
    const queue = new MemoryQueue();
    const { flusher, transport } = setUp({
      openQueue: () => Promise.resolve(queue)
    });
    transport.answers = [{ kind: 'retry', retryAfterS: 1 }];
    flusher.add(waiting({ id: 'stored' }));
    await pass(1_000);
    queue.put = () =>
      Promise.reject(new DOMException('', 'QuotaExceededError'));
    flusher.add(waiting({ id: 'a' }));
    flusher.add(waiting({ id: 'b' }));
    await pass(60_000);
    expect(transport.ids.at(-1)).toEqual(['stored', 'a', 'b']);
    expect(await flusher.waiting()).toBe(0);
    expect(flusher.lost).toBe(0);
  });

  it('a page that is hidden sends what is in memory, and no other is taken for it', async () => {
    const queue = new MemoryQueue();
    const { flusher, transport } = setUp({
      openQueue: () => Promise.resolve(queue)
    });
    flusher.add(waiting({ id: 'stored', session: 'one' }));
    await pass(1_000);
    queue.put = () =>
      Promise.reject(new DOMException('', 'QuotaExceededError'));
    flusher.add(waiting({ id: 'in-memory', session: 'other' }));
    await pass(1_000);
    transport.answers = [OK, { kind: 'retry', retryAfterS: 1 }];
    flusher.hide();
    await pass(60_000);
    expect(transport.ids).toEqual([['stored'], ['in-memory'], ['in-memory']]);
  });

  it('cannot be read for a while: nothing is taken for sent, and a page that is hidden sends what it has', async () => {
    const { flusher, transport, queue } = setUp();
    flusher.add(waiting({ id: 'a' }));
    await pass(1_000);
    const read = jest
      .spyOn(queue, 'read')
      .mockRejectedValue(new DOMException('', 'UnknownError'));
    await pass(60_000);
    expect(read).toHaveBeenCalled();
    expect(transport.batches).toEqual([]);
    flusher.hide();
    expect(transport.ids).toEqual([['a']]);
  });

  it('can be read again: what waits in it is sent without another event', async () => {
    const { flusher, transport, queue } = setUp();
    flusher.add(waiting({ id: 'a' }));
    await pass(1_000);
    jest
      .spyOn(queue, 'read')
      .mockRejectedValueOnce(new DOMException('', 'UnknownError'));
    await pass(60_000);
    expect(transport.ids).toEqual([['a']]);
  });

  it('cannot be read while what is in memory is under way: the rest is not taken for sent', async () => {
    const { flusher, transport, queue } = setUp();
    flusher.add(waiting({ id: 'stored', session: 'one' }));
    await pass(1_000);
    jest
      .spyOn(queue, 'put')
      .mockRejectedValue(new DOMException('', 'QuotaExceededError'));
    jest
      .spyOn(queue, 'read')
      .mockRejectedValue(new DOMException('', 'UnknownError'));
    flusher.add(waiting({ id: 'in-memory', session: 'other' }));
    await pass(1_000);
    let answer: (sent: Sent) => void = () => undefined;
    transport.answers = [
      { kind: 'retry', retryAfterS: null },
      new Promise(resolve => (answer = resolve))
    ];
    flusher.hide();
    await pass(1_000);
    await flusher.flush();
    answer(OK);
    await pass(60_000);
    flusher.hide();
    expect(transport.ids).toEqual([['stored'], ['in-memory'], ['stored']]);
  });

  it('does not let go of what was sent: it is sent once, and what is behind it too', async () => {
    const { flusher, transport, queue } = setUp();
    await queue.put(
      Array.from({ length: 600 }, () => waiting()),
      0
    );
    jest
      .spyOn(queue, 'remove')
      .mockRejectedValue(new DOMException('', 'QuotaExceededError'));
    flusher.add(waiting({ id: 'behind' }));
    await pass(60_000);
    await flusher.flush();
    const sent = transport.ids.flat();
    expect(sent).toHaveLength(601);
    expect(new Set(sent).size).toBe(601);
    expect(sent).toContain('behind');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not let go of what the user has cleared: it is not sent', async () => {
    const { flusher, transport, queue } = setUp();
    flusher.add(waiting({ id: 'cleared' }));
    await pass(1_000);
    jest
      .spyOn(queue, 'removeWhere')
      .mockRejectedValue(new DOMException('', 'QuotaExceededError'));
    await flusher.clear();
    expect(await flusher.waiting()).toBe(0);
    flusher.add(waiting({ id: 'later' }));
    await pass(60_000);
    expect(transport.ids).toEqual([['later']]);
  });

  it('withdrawal empties it all the same', async () => {
    const queue = new MemoryQueue();
    const destroy = jest.spyOn(queue, 'destroy');
    const { flusher } = setUp({ openQueue: () => Promise.resolve(queue) });
    add(flusher, 1);
    await pass(1_000);
    queue.put = () =>
      Promise.reject(new DOMException('', 'QuotaExceededError'));
    add(flusher, 1);
    await pass(1_000);
    await flusher.destroy();
    expect(destroy).toHaveBeenCalled();
    expect(await queue.count()).toBe(0);
  });

  it('without any answer fills no memory', async () => {
    const { flusher } = setUp({
      openQueue: () => new Promise(() => undefined)
    });
    add(flusher, 5_000);
    flusher.hide();
    await pass(0);
    add(flusher, 1);
    const size = (flusher as unknown as { _tail: Map<string, unknown> })._tail
      .size;
    expect(size).toBeLessThanOrEqual(2_001);
    expect(flusher.lost).toBe(5_001 - size);
  });
});
