// A queue whose store may fail: what the store does not take waits in memory behind it.

import type { IKeyed, IQueue, IWaiting } from './queue';
import { MemoryQueue } from './queue';

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
    const stored = await this._ask(queue => queue.read(limit), []);
    const behind = await this._memory.read(limit - stored.length);
    return [...stored, ...behind.map(({ key, item }) => ({ key: -key, item }))];
  }

  async remove(keys: readonly number[]): Promise<void> {
    await this._memory.remove(keys.filter(key => key < 0).map(key => -key));
    const stored = keys.filter(key => key > 0);
    if (stored.length > 0) {
      await this._stored.remove(stored);
    }
  }

  async removeWhere(test: (item: IWaiting) => boolean): Promise<void> {
    await this._memory.removeWhere(test);
    await this._stored.removeWhere(test);
  }

  async count(): Promise<number> {
    const stored = await this._ask(queue => queue.count(), 0);
    return stored + (await this._memory.count());
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
}
