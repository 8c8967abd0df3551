import { IDBFactory } from 'fake-indexeddb';
import './browser';

import { openQueue } from '../pipeline/indexedDbQueue';
import type { IBounds, IQueue } from '../pipeline/queue';
import { MemoryQueue } from '../pipeline/queue';
import { OverflowQueue } from '../pipeline/overflowQueue';
import { removeLeftovers, storageName } from '../pipeline/storage';
import { waiting } from './waiting';

const BOUNDS: IBounds = { maxEvents: 5, maxBytes: 1000, maxAgeMs: 10_000 };

let factory: IDBFactory;

beforeEach(() => {
  factory = new IDBFactory();
});

const KINDS: readonly (readonly [string, () => Promise<IQueue>])[] = [
  ['in memory', () => Promise.resolve(new MemoryQueue(BOUNDS))],
  ['in IndexedDB', () => openQueue('db', factory, BOUNDS)]
];

const ids = async (queue: IQueue): Promise<string[]> =>
  (await queue.read(100)).map(({ item }) => item.id);

describe.each(KINDS)('a queue %s', (_kind, make) => {
  let queue: IQueue;

  beforeEach(async () => {
    queue = await make();
  });

  const put = (...names: string[]): Promise<number[]> =>
    queue.put(
      names.map(id => waiting({ id })),
      0
    );

  it('gives back what was put, oldest first, until it is removed', async () => {
    const keys = await put('a', 'b', 'c');
    expect(await ids(queue)).toEqual(['a', 'b', 'c']);
    expect((await queue.read(2)).map(({ key }) => key)).toEqual(
      keys.slice(0, 2)
    );
    await queue.remove([keys[1] ?? -1]);
    expect(await ids(queue)).toEqual(['a', 'c']);
    expect(await queue.count()).toBe(2);
  });

  it('removes what is named and nothing that lies between, in whatever order it is named', async () => {
    const [a = -1, b = -1, , d = -1] = await put('a', 'b', 'c', 'd', 'e');
    await queue.remove([d, a, b, a]);
    expect(await ids(queue)).toEqual(['c', 'e']);
    await queue.remove([]);
    expect(await queue.count()).toBe(2);
  });

  it('loses the oldest beyond its count, and counts them', async () => {
    await put('a', 'b', 'c', 'd');
    await put('e', 'f', 'g');
    expect(await ids(queue)).toEqual(['c', 'd', 'e', 'f', 'g']);
    expect(queue.lost).toBe(2);
  });

  it('loses the oldest beyond its bytes, also after removals', async () => {
    const [first] = await put('a', 'b');
    await queue.remove([first ?? -1]);
    await queue.put([waiting({ id: 'big', bytes: 850 })], 0);
    expect(await ids(queue)).toEqual(['b', 'big']);
    await put('c');
    expect(await ids(queue)).toEqual(['big', 'c']);
    expect(queue.lost).toBe(1);
  });

  it('loses what is too old', async () => {
    await queue.put([waiting({ id: 'old', capturedMs: 0 })], 0);
    await queue.put([waiting({ id: 'new', capturedMs: 10_001 })], 10_001);
    expect(await ids(queue)).toEqual(['new']);
  });

  it('removes what a test names, and nothing else', async () => {
    await queue.put(
      [
        waiting({ id: 'a', purpose: 'usage' }),
        waiting({ id: 'b', purpose: 'x' })
      ],
      0
    );
    await queue.removeWhere(({ purpose }) => purpose === 'x');
    expect(await ids(queue)).toEqual(['a']);
  });
});

describe('the store in the browser', () => {
  it('outlives the page', async () => {
    const first = await openQueue('db', factory);
    await first.put([waiting({ id: 'a' })], 0);
    first.close();
    expect(await ids(await openQueue('db', factory))).toEqual(['a']);
  });

  it('is shared by tabs', async () => {
    const [one, other] = [
      await openQueue('db', factory),
      await openQueue('db', factory)
    ];
    await one.put([waiting({ id: 'a' })], 0);
    await other.put([waiting({ id: 'b' })], 0);
    expect(await ids(one)).toEqual(['a', 'b']);
  });

  it('gives the turn to one of its tabs at a time, until that gives it back or its time is over', async () => {
    const [one, other] = [
      await openQueue('db', factory),
      await openQueue('db', factory)
    ];
    expect(await one.takeTurn('one', 1_000, 500)).toBe(0);
    expect(await other.takeTurn('other', 1_200, 500)).toBe(300);
    expect(await one.takeTurn('one', 1_300, 500)).toBe(0);
    expect(await other.takeTurn('other', 1_700, 500)).toBe(100);
    expect(await other.takeTurn('other', 1_800, 500)).toBe(0);
    expect(await other.takeTurn('other', 1_900, 0)).toBe(0);
    expect(await one.takeTurn('one', 1_900, 500)).toBe(0);
  });

  it('believes no turn that lasts longer than any: the clock was set back, or somebody else wrote it', async () => {
    const queue = await openQueue('db', factory);
    await queue.takeTurn('other', 48 * 3_600_000, 35_000);
    expect(await queue.takeTurn('one', 0, 35_000)).toBe(0);
  });

  it('is gone after destroy, though another tab holds it', async () => {
    const one = await openQueue('db', factory);
    const other = await openQueue('db', factory);
    await one.put([waiting()], 0);
    await one.destroy();
    expect(await factory.databases()).toEqual([]);
    await expect(other.put([waiting()], 0)).rejects.toThrow();
  });

  it('is in memory where there is no IndexedDB, or it refuses', async () => {
    const refusing = {
      open: () => {
        throw new DOMException('private', 'SecurityError');
      }
    } as unknown as IDBFactory;
    for (const none of [null as unknown as undefined, refusing]) {
      const queue = await openQueue('db', none);
      expect(queue).toBeInstanceOf(MemoryQueue);
      await queue.put([waiting({ id: 'a' })], 0);
      expect(await ids(queue)).toEqual(['a']);
    }
  });

  it('drops what another script wrote, and goes on with what was put', async () => {
    const queue = await openQueue('db', factory);
    await queue.put([waiting({ id: 'a' })], 0);
    const forged: [unknown, IDBValidKey?][] = [
      [null],
      ['text'],
      [{}],
      [{ ...waiting(), json: '{' }],
      [{ ...waiting(), bytes: NaN }],
      [{ ...waiting(), mode: 'ON' }],
      [waiting(), 'key']
    ];
    const store = await new Promise<IDBObjectStore>(resolve => {
      const request = factory.open('db');
      request.onsuccess = () => {
        const names = ['events', 'totals'];
        const transaction = request.result.transaction(names, 'readwrite');
        transaction.objectStore('totals').put('much', 'bytes');
        resolve(transaction.objectStore('events'));
      };
    });
    await Promise.all(
      forged.map(
        ([value, key]) =>
          new Promise(resolve => {
            store.add(value, key).onsuccess = resolve;
          })
      )
    );
    await queue.put([waiting({ id: 'b' })], 0);
    expect(await ids(queue)).toEqual(['a', 'b']);
    expect(await queue.count()).toBe(2);
    await queue.removeWhere(({ id }) => id === 'a');
    expect(await ids(queue)).toEqual(['b']);
    expect(queue.lost).toBe(0);
  });

  it("of other people under the same address is removed, one's own and other servers' are not", async () => {
    const names = [
      storageName('/user/a/', 'me'),
      storageName('/user/a/', 'you'),
      storageName('/user/b/', 'you'),
      'somebody-else'
    ];
    for (const name of names) {
      (await openQueue(name, factory)).close();
    }
    await removeLeftovers('/user/a/', names[0] ?? null, factory);
    const left = (await factory.databases()).map(({ name }) => name);
    expect(left.sort()).toEqual([names[0], names[2], names[3]].sort());
  });

  it('is removed by the next page if everything is off; looking for it creates nothing', async () => {
    (await openQueue(storageName('/', 'me'), factory)).close();
    await removeLeftovers('/', null, factory);
    expect(await factory.databases()).toEqual([]);
    const open = jest.spyOn(factory, 'open');
    await removeLeftovers('/', null, factory);
    expect(open).not.toHaveBeenCalled();
  });
});

describe('a store that fails', () => {
  const failed = () => new DOMException('', 'UnknownError');
  let stored: MemoryQueue;
  let queue: OverflowQueue;

  beforeEach(() => {
    stored = new MemoryQueue();
    queue = new OverflowQueue(stored);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('and cannot be read is not taken for an empty one', async () => {
    await queue.put([waiting({ id: 'a' })], 0);
    jest.spyOn(stored, 'read').mockRejectedValue(failed());
    await expect(queue.read(10)).rejects.toThrow();
    jest.spyOn(stored, 'put').mockRejectedValue(failed());
    await queue.put([waiting({ id: 'b' })], 0);
    expect(await ids(queue)).toEqual(['b']);
  });

  it('and keeps what was removed shows it no more, nor in the place of another', async () => {
    const keys = await queue.put(
      ['a', 'b', 'c', 'd'].map(id => waiting({ id })),
      0
    );
    jest.spyOn(stored, 'remove').mockRejectedValueOnce(failed());
    await queue.remove(keys.slice(0, 2));
    expect((await queue.read(2)).map(({ item }) => item.id)).toEqual([
      'c',
      'd'
    ]);
    expect(await queue.count()).toBe(2);
    expect(await stored.count()).toBe(4);
    await queue.remove(keys.slice(2, 3));
    expect(await ids(stored)).toEqual(['d']);
    expect(await queue.count()).toBe(1);
  });

  it('and keeps what a test names shows it no more', async () => {
    await queue.put(
      ['a', 'b'].map(id => waiting({ id })),
      0
    );
    jest.spyOn(stored, 'removeWhere').mockRejectedValue(failed());
    await queue.removeWhere(({ id }) => id === 'a');
    expect(await ids(queue)).toEqual(['b']);
    expect(await queue.count()).toBe(1);
  });
});
