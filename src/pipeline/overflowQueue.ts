// A queue whose store may fail: what the store does not take waits in memory behind it,
// and what it does not let go of is there no more.

import type { IKeyed, IQueue, IWaiting } from './queue';
import { BOUNDS, MemoryQueue } from './queue';

/** Keys of what is in memory are negative: both queues number what they hold from 1. */
export class OverflowQueue implements IQueue {
  constructor(
    private readonly _stored: IQueue,
    private readonly _memory: IQueue = new MemoryQueue()
  ) {}

  get lost(): number {
    return this._stored.lost + this._memory.lost;
  }

  async put(items: readonly IWaiting[], nowMs: number): Promise<number[]> {
    // While something is in memory, the next is behind it: events wait in the order of their capture.
    if ((await this._memory.count()) === 0) {
      try {
        return await this._stored.put(items, nowMs);
      } catch {
        // The store is full, or gone.
      }
    }
    return (await this._memory.put(items, nowMs)).map(key => -key);
  }

  async read(limit: number): Promise<IKeyed[]> {
    const stored = await this._readStored(limit);
    const behind = await this._memory.read(limit - stored.length);
    return [...stored, ...behind.map(({ key, item }) => ({ key: -key, item }))];
  }

  async remove(keys: readonly number[]): Promise<void> {
    await this._memory.remove(keys.filter(key => key < 0).map(key => -key));
    const stored = keys.filter(key => key > 0);
    if (stored.length > 0) {
      await this._removeStored([...this._removed, ...stored]);
    }
  }

  async removeWhere(test: (item: IWaiting) => boolean): Promise<void> {
    await this._memory.removeWhere(test);
    try {
      await this._stored.removeWhere(test);
    } catch {
      const all = await this._stored.read(BOUNDS.maxEvents);
      const found = all.filter(({ item }) => test(item));
      this._hide(found.map(({ key }) => key));
    }
  }

  async count(): Promise<number> {
    const stored = await this._ask(queue => queue.count(), 0);
    const shown = Math.max(0, stored - this._removed.size);
    return shown + (await this._memory.count());
  }

  takeTurn(holder: string, nowMs: number, forMs: number): Promise<number> {
    return this._ask(queue => queue.takeTurn(holder, nowMs, forMs), 0);
  }

  async destroy(): Promise<void> {
    await this._memory.destroy();
    await this._stored.destroy();
  }

  close(): void {
    this._memory.close();
    this._stored.close();
  }

  private async _readStored(limit: number): Promise<IKeyed[]> {
    try {
      const found = await this._stored.read(limit + this._removed.size);
      return found.filter(({ key }) => !this._removed.has(key)).slice(0, limit);
    } catch (error) {
      // No answer is not an empty one: that would say that all has been sent.
      if ((await this._memory.count()) === 0) {
        throw error;
      }
      return [];
    }
  }

  /** A full disk may read and not delete: what has been sent must not be sent again and again. */
  private async _removeStored(keys: readonly number[]): Promise<void> {
    try {
      await this._stored.remove(keys);
      keys.forEach(key => this._removed.delete(key));
    } catch {
      this._hide(keys);
    }
  }

  /** No more than a store can hold, of which the oldest go first. */
  private _hide(keys: readonly number[]): void {
    keys.forEach(key => this._removed.add(key));
    const tooMany = Math.max(0, this._removed.size - BOUNDS.maxEvents);
    [...this._removed].slice(0, tooMany).forEach(key => {
      this._removed.delete(key);
    });
  }

  /** What a store answers that can be read; else there is nothing in it for us. */
  private async _ask<T>(
    question: (queue: IQueue) => Promise<T>,
    otherwise: T
  ): Promise<T> {
    try {
      return await question(this._stored);
    } catch {
      return otherwise;
    }
  }

  /** Keys of what the store should have let go of; it is asked again when more is to go. */
  private readonly _removed = new Set<number>();
}
