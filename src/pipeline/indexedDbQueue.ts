// The queue in IndexedDB: it outlives the page, and tabs of one owner share it.

import type { IBounds, IKeyed, IQueue, IWaiting } from './queue';
import { BOUNDS, isWaiting, MemoryQueue } from './queue';
import { committed, openDatabase, settled, walk } from './requests';
import { deleteDatabase } from './storage';

const EVENTS = 'events';
const TOTALS = 'totals';
const BYTES = 'bytes';
const TURN = 'turn';
/** Nobody has the turn for longer, whatever the store says and however the clock was set. */
const LONGEST_TURN_MS = 25 * 3_600_000;

/** Open the owner's queue; one in memory where the browser offers no database. */
export async function openQueue(
  name: string,
  factory: IDBFactory | undefined = globalThis.indexedDB,
  bounds: IBounds = BOUNDS
): Promise<IQueue> {
  try {
    const database = await openDatabase(name, factory, created => {
      created.createObjectStore(EVENTS, { autoIncrement: true });
      created.createObjectStore(TOTALS);
    });
    return new IndexedDbQueue(name, factory, database, bounds);
  } catch {
    return new MemoryQueue(bounds);
  }
}

class IndexedDbQueue implements IQueue {
  constructor(
    private readonly _name: string,
    private readonly _factory: IDBFactory | undefined,
    private readonly _database: IDBDatabase,
    private readonly _bounds: IBounds
  ) {
    // Another tab deletes the database, because consent was withdrawn: do not stand in its way.
    _database.onversionchange = () => {
      this.close();
    };
  }

  get lost(): number {
    return this._lost;
  }

  async put(items: readonly IWaiting[], nowMs: number): Promise<number[]> {
    const transaction = this._begin();
    const done = committed(transaction);
    const events = transaction.objectStore(EVENTS);
    const added = items.map(item => settled(events.add(item)));
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    const evicted = this._evict(transaction, bytes, nowMs);
    const [keys] = await Promise.all([Promise.all(added), evicted, done]);
    this._lost += await evicted;
    return keys as number[];
  }

  async read(limit: number): Promise<IKeyed[]> {
    const events = this._database
      .transaction(EVENTS, 'readonly')
      .objectStore(EVENTS);
    const [keys, items] = await Promise.all([
      settled(events.getAllKeys(null, limit)),
      settled(events.getAll(null, limit) as IDBRequest<unknown[]>)
    ]);
    const found = items.flatMap((item, index) =>
      isWaiting(item) ? keyed(keys[index], item) : []
    );
    if (found.length < items.length) {
      // What nobody can send must not stand before what somebody can.
      await this.removeWhere(() => false);
      return this.read(limit);
    }
    return found;
  }

  /** Whole runs of keys at once: to delete one event after the other takes the page's time. */
  async remove(keys: readonly number[]): Promise<void> {
    if (keys.length === 0) {
      return;
    }
    const transaction = this._begin();
    const done = committed(transaction);
    const events = transaction.objectStore(EVENTS);
    const found = runsOf(keys).map(([first, last]) => {
      const range = IDBKeyRange.bound(first, last);
      const items = settled(events.getAll(range) as IDBRequest<unknown[]>);
      events.delete(range);
      return items;
    });
    const items = (await Promise.all(found)).flat().filter(isWaiting);
    const removed = items.reduce((sum, { bytes }) => sum + bytes, 0);
    await Promise.all([addBytes(transaction, -removed), done]);
  }

  removeWhere(test: (item: IWaiting) => boolean): Promise<void> {
    return this._removeIf(test);
  }

  count(): Promise<number> {
    return settled(
      this._database.transaction(EVENTS, 'readonly').objectStore(EVENTS).count()
    );
  }

  async takeTurn(
    holder: string,
    nowMs: number,
    forMs: number
  ): Promise<number> {
    const transaction = this._database.transaction(TOTALS, 'readwrite');
    const done = committed(transaction);
    const totals = transaction.objectStore(TOTALS);
    const restMs = restOfTurn(await settled(totals.get(TURN)), holder, nowMs);
    if (restMs === 0) {
      await settled(totals.put({ holder, untilMs: nowMs + forMs }, TURN));
    }
    await done;
    return restMs;
  }

  async destroy(): Promise<void> {
    this.close();
    await deleteDatabase(this._name, this._factory);
  }

  close(): void {
    this._database.close();
  }

  private _begin(): IDBTransaction {
    return this._database.transaction([EVENTS, TOTALS], 'readwrite');
  }

  private async _removeIf(test: (item: IWaiting) => boolean): Promise<void> {
    const transaction = this._begin();
    const done = committed(transaction);
    let removed = 0;
    await walk(transaction.objectStore(EVENTS).openCursor(), cursor => {
      const item: unknown = cursor.value;
      if (!isWaiting(item) || typeof cursor.key !== 'number') {
        cursor.delete();
      } else if (test(item)) {
        cursor.delete();
        removed += item.bytes;
      }
      return true;
    });
    await Promise.all([addBytes(transaction, -removed), done]);
  }

  /** Add the bytes to the total and delete the oldest until the bounds hold again; resolves to how many went. */
  private async _evict(
    transaction: IDBTransaction,
    addedBytes: number,
    nowMs: number
  ): Promise<number> {
    const events = transaction.objectStore(EVENTS);
    const { maxAgeMs, maxBytes, maxEvents } = this._bounds;
    let [count, bytes] = await Promise.all([
      settled(events.count()),
      addBytes(transaction, addedBytes)
    ]);
    let evicted = 0;
    let freed = 0;
    await walk(events.openCursor(), cursor => {
      const item: unknown = cursor.value;
      if (!isWaiting(item)) {
        cursor.delete();
        count -= 1;
        return true;
      }
      const isWithin =
        count <= maxEvents &&
        bytes <= maxBytes &&
        nowMs - item.capturedMs <= maxAgeMs;
      if (isWithin) {
        return false;
      }
      cursor.delete();
      evicted += 1;
      freed += item.bytes;
      count -= 1;
      bytes -= item.bytes;
      return true;
    });
    if (freed > 0) {
      await addBytes(transaction, -freed);
    }
    return evicted;
  }

  private _lost = 0;
}

/** How long somebody else has the turn, in milliseconds; what is no turn of ours is nobody's. */
function restOfTurn(turn: unknown, holder: string, nowMs: number): number {
  const { holder: other, untilMs } = Object(turn) as Record<string, unknown>;
  const restMs = Number(untilMs) - nowMs;
  return other !== holder && restMs > 0 && restMs <= LONGEST_TURN_MS
    ? restMs
    : 0;
}

/** First and last of each run of keys that follow each other. */
function runsOf(keys: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const key of [...keys].sort((one, other) => one - other)) {
    const run = runs.at(-1);
    if (run && key <= run[1] + 1) {
      run[1] = key;
    } else {
      runs.push([key, key]);
    }
  }
  return runs;
}

/** Ours are numbers; other keys are nobody's. */
function keyed(key: IDBValidKey | undefined, item: IWaiting): IKeyed[] {
  return typeof key === 'number' ? [{ key, item }] : [];
}

async function addBytes(
  transaction: IDBTransaction,
  bytes: number
): Promise<number> {
  const totals = transaction.objectStore(TOTALS);
  const before: unknown = await settled(totals.get(BYTES));
  const total = Math.max(
    0,
    (Number.isFinite(before) ? Number(before) : 0) + bytes
  );
  await settled(totals.put(total, BYTES));
  return total;
}
