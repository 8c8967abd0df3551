// Where events wait until the server has acknowledged them: the contract, its bounds, and a queue in memory.

import type { IAgreement } from './gate';

/** One event that waits, with what decides about its fate. */
export interface IWaiting extends IAgreement {
  readonly id: string;
  /** JSON of the event as it is submitted; text, so that nobody can change it while it waits. */
  readonly json: string;
  readonly session: string;
  /** Unix milliseconds of its capture. */
  readonly capturedMs: number;
  /** UTF-8 bytes of `json`. */
  readonly bytes: number;
}

/** Whether a stored value is what was put: whatever runs on the same origin can write to the store too. */
export function isWaiting(value: unknown): value is IWaiting {
  const item = value as IWaiting | null | undefined;
  return (
    typeof item === 'object' &&
    item !== null &&
    [item.id, item.session, item.purpose, item.basis].every(
      text => typeof text === 'string'
    ) &&
    (item.mode === 'local' || item.mode === 'on') &&
    Number.isFinite(item.bytes) &&
    Number.isFinite(item.capturedMs) &&
    isEvent(item.json)
  );
}

function isEvent(json: unknown): boolean {
  try {
    return typeof json === 'string' && typeof JSON.parse(json) === 'object';
  } catch {
    return false;
  }
}

/** An event in a queue, under the key that removes it. */
export interface IKeyed {
  readonly key: number;
  readonly item: IWaiting;
}

export interface IBounds {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export const BOUNDS: IBounds = {
  maxEvents: 10_000,
  maxBytes: 4_000_000,
  maxAgeMs: 7 * 24 * 3_600_000
};

/**
 * Keeps events until they are removed.
 *
 * Bounded by count, bytes and age: the oldest go first, and how many went is counted.
 */
export interface IQueue {
  /** Keep the items; resolves to their keys, in order, once they are kept. */
  put(items: readonly IWaiting[], nowMs: number): Promise<number[]>;
  /** The oldest items, at most `limit`. */
  read(limit: number): Promise<IKeyed[]>;
  remove(keys: readonly number[]): Promise<void>;
  /** Remove all for which `test` holds. */
  removeWhere(test: (item: IWaiting) => boolean): Promise<void>;
  count(): Promise<number>;
  /**
   * Take, or go on with, the turn to send from this queue for so many milliseconds.
   *
   * Resolves to 0, or to how many milliseconds another holder has it; 0 milliseconds give it back.
   */
  takeTurn(holder: string, nowMs: number, forMs: number): Promise<number>;
  /** Remove everything and the store itself. */
  destroy(): Promise<void>;
  /** Let go of the store, and leave what waits there for the next page. */
  close(): void;
  /** How many items were lost to the bounds. */
  readonly lost: number;
}

/** A queue that lasts as long as the page; used where there is no IndexedDB. */
export class MemoryQueue implements IQueue {
  constructor(private readonly _bounds: IBounds = BOUNDS) {}

  get lost(): number {
    return this._lost;
  }

  put(items: readonly IWaiting[], nowMs: number): Promise<number[]> {
    const keys = items.map(item => {
      this._items.set(++this._lastKey, item);
      this._bytes += item.bytes;
      return this._lastKey;
    });
    this._evict(nowMs);
    return Promise.resolve(keys);
  }

  read(limit: number): Promise<IKeyed[]> {
    const found: IKeyed[] = [];
    for (const [key, item] of this._items) {
      if (found.length >= limit) {
        break;
      }
      found.push({ key, item });
    }
    return Promise.resolve(found);
  }

  remove(keys: readonly number[]): Promise<void> {
    keys.forEach(key => this._drop(key));
    return Promise.resolve();
  }

  removeWhere(test: (item: IWaiting) => boolean): Promise<void> {
    for (const [key, item] of this._items) {
      if (test(item)) {
        this._drop(key);
      }
    }
    return Promise.resolve();
  }

  count(): Promise<number> {
    return Promise.resolve(this._items.size);
  }

  /** Nobody shares it. */
  takeTurn(_holder: string, _nowMs: number, _forMs: number): Promise<number> {
    return Promise.resolve(0);
  }

  destroy(): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  close(): void {
    this._items.clear();
    this._bytes = 0;
  }

  private _evict(nowMs: number): void {
    for (const [key, item] of this._items) {
      const isWithin =
        this._items.size <= this._bounds.maxEvents &&
        this._bytes <= this._bounds.maxBytes &&
        nowMs - item.capturedMs <= this._bounds.maxAgeMs;
      if (isWithin) {
        return;
      }
      this._drop(key);
      this._lost += 1;
    }
  }

  private _drop(key: number): void {
    this._bytes -= this._items.get(key)?.bytes ?? 0;
    this._items.delete(key);
  }

  private readonly _items = new Map<number, IWaiting>();
  private _bytes = 0;
  private _lastKey = 0;
  private _lost = 0;
}
