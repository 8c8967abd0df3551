// Keeps what was recorded until it is sent, and sends it: when, how much, and what an answer means.

import type { Sent, ITransport } from './transport';
import {
  MAX_BATCH_EVENTS,
  MAX_KEEPALIVE_BYTES,
  batchBytes,
  firstBatch,
  toBatch
} from './batch';
import { Backoff } from './backoff';
import { randomId } from './ids';
import { OverflowQueue } from './overflowQueue';
import type { IKeyed, IQueue, IWaiting } from './queue';

export const FLUSH_AFTER_MS = 5_000;
export const FLUSH_AT_EVENTS = 50;
export const FLUSH_AT_BYTES = 40_000;
/** A burst goes in one request: how long a flush that was called for by size waits for the rest. */
export const COALESCE_MS = 250;
/** How long after the network is back what waits is sent: its first moments are not its best. */
export const ONLINE_AFTER_MS = 1_000;
/** How long an event is in memory only. */
export const PERSIST_AFTER_MS = 200;
const SEND_TIMEOUT_MS = 30_000;
/** How long a tab that broke keeps others from sending, where the browser has no locks. */
const TURN_MS = SEND_TIMEOUT_MS + 5_000;
/** Who has the turn of all tabs while the server wants to be left alone. */
const SERVER = 'server';
/** What this page remembers of its own events, to send it at once when it is hidden. */
const MAX_TAIL_EVENTS = MAX_BATCH_EVENTS;

/** Codes by which the server says that this page's idea of consent is out of date. */
const CONSENT_CODES = ['not_consented', 'paused', 'not_allowed'];

export interface IFlusherOptions {
  /** Name of the lock by which tabs take turns; without locks they do so by the queue, which knows nothing of a broken tab. */
  readonly name: string;
  readonly transport: ITransport;
  /** Opens the queue; called with the first event, not before. */
  openQueue(): Promise<IQueue>;
  /** Whether consent still covers an item. */
  maySend(item: IWaiting): boolean;
  /** As what it is sent now: what is shared no more is sent to be kept only. */
  readonly modeNow: (item: IWaiting) => 'local' | 'on';
  /** The server refused events for want of consent. */
  consentRefused(): void;
  readonly locks?: LockManager | undefined;
  readonly random?: () => number;
}

/** An item of this page that is not known to have been sent; `key` once the queue has it. */
interface ITailEntry {
  readonly item: IWaiting;
  key: number | null;
}

interface IFlight {
  readonly items: readonly IWaiting[];
  readonly controller: AbortController;
  /** Settles with the answer, whatever it is. */
  readonly done: Promise<Sent>;
}

export class Flusher {
  constructor(private readonly _options: IFlusherOptions) {
    this._backoff = new Backoff(_options.random);
    // Who has the lock needs no turn, except from the server.
    this._holder = _options.locks ? 'lock' : randomId();
  }

  /** How many events of this page could not be kept. */
  get lost(): number {
    return this._lost + (this._store?.lost ?? 0);
  }

  /** Keep an item and send it in time; never throws, never waits. */
  add(item: IWaiting): void {
    if (this._isDestroyed) {
      return;
    }
    this._tail.set(item.id, { item, key: null });
    this._unsentEvents += 1;
    this._unsentBytes += item.bytes;
    this._trimTail();
    this._persistTimer ??= setTimeout(() => {
      this._persistTimer = undefined;
      void this._persist();
    }, PERSIST_AFTER_MS);
    const isMuch =
      this._unsentEvents >= FLUSH_AT_EVENTS ||
      this._unsentBytes >= FLUSH_AT_BYTES;
    this._schedule(isMuch ? COALESCE_MS : FLUSH_AFTER_MS);
  }

  /** Look for what an earlier page left, and send it in time. */
  async start(): Promise<void> {
    try {
      if ((await (await this._open()).count()) > 0) {
        this._schedule(FLUSH_AFTER_MS);
      }
    } catch {
      // A store that cannot be read has nothing for us.
    }
  }

  /** Send all that waits, unless the server asked to be left alone; never rejects. */
  flush(): Promise<void> {
    if (this._isStopped || this._isDestroyed) {
      return Promise.resolve();
    }
    this._running ??= this._takeTurn().finally(() => {
      this._running = null;
    });
    return this._running;
  }

  /** Start sending what this page has, before this call returns: the page may go away. */
  hide(): void {
    void this._persist();
    if (
      this._isStopped ||
      this._isDestroyed ||
      steadyMs() < this._notBeforeMs
    ) {
      return;
    }
    let room = MAX_KEEPALIVE_BYTES;
    let rest = [...this._tail.values()].filter(
      ({ item }) => !this._isInFlight(item) && this._options.maySend(item)
    );
    while (rest.length > 0) {
      const batch = firstBatch(rest, MAX_BATCH_EVENTS, room);
      const items = batch.map(({ item }) => item);
      room -= batchBytes(items);
      if (room < 0) {
        return;
      }
      void this._sendLast(items);
      rest = rest.filter(entry => !batch.includes(entry));
    }
  }

  /** Try again, though the server had said no: the page's consent was read again. */
  resume(): void {
    if (this._isStopped) {
      this._isStopped = false;
      this._schedule(FLUSH_AFTER_MS);
    }
  }

  /** The network is back: send soon what waits, where it was not the server that wanted to be left alone. */
  networkBack(): void {
    if (!this._isAskedToWait) {
      this._notBeforeMs = 0;
      this._backoff.reset();
    }
    // While anything waits, a flush is due.
    if (this._flushTimer !== undefined) {
      this._schedule(ONLINE_AFTER_MS);
    }
  }

  /** Forget, and stop sending, what consent no longer covers. */
  async prune(): Promise<void> {
    const isOver = (item: IWaiting): boolean => !this._options.maySend(item);
    this._abort(isOver);
    this._forget(isOver);
    await this._withQueue(queue => queue.removeWhere(isOver));
  }

  /** Forget everything, after a batch under way has been answered. */
  async clear(): Promise<void> {
    this._clearing += 1;
    try {
      await Promise.all([...this._flights].map(({ done }) => done));
      await this._running;
      this._forget(() => true);
      this._cancelTimers();
      await this._withQueue(queue => queue.removeWhere(() => true));
    } finally {
      this._clearing -= 1;
      this._later();
    }
  }

  /** How many wait, in this page and in the queue as far as it is open. */
  async waiting(): Promise<number> {
    const queued = (await this._withQueue(queue => queue.count())) ?? 0;
    const unkept = [...this._tail.values()].filter(({ key }) => key === null);
    return queued + unkept.length;
  }

  /** Consent was withdrawn: break off, forget everything and delete the store. */
  async destroy(): Promise<void> {
    this._end();
    this._abort(() => true);
    await this._withQueue(queue => queue.destroy());
  }

  /** The page ends or the plugin does: leave what waits to the next page. */
  async close(): Promise<void> {
    await this._persist();
    this._end();
    await this._withQueue(queue => {
      queue.close();
      return Promise.resolve();
    });
  }

  private _end(): void {
    this._isDestroyed = true;
    this._cancelTimers();
    this._forget(() => true);
  }

  private _cancelTimers(): void {
    clearTimeout(this._flushTimer);
    clearTimeout(this._persistTimer);
    this._flushTimer = this._persistTimer = undefined;
    this._unsentEvents = this._unsentBytes = 0;
  }

  /** Flush in so many milliseconds, or sooner if that was due; not before the server wants it. */
  private _schedule(delayMs: number): void {
    if (this._isStopped || this._isDestroyed) {
      return;
    }
    const dueMs = Math.max(steadyMs() + delayMs, this._notBeforeMs);
    if (this._flushTimer !== undefined && this._flushDueMs <= dueMs) {
      return;
    }
    clearTimeout(this._flushTimer);
    this._flushDueMs = dueMs;
    this._flushTimer = setTimeout(() => {
      this._flushTimer = undefined;
      void this.flush();
    }, dueMs - steadyMs());
  }

  private async _takeTurn(): Promise<void> {
    this._unsentEvents = this._unsentBytes = 0;
    try {
      const { locks, name } = this._options;
      if (!locks) {
        await this._work();
        await this._hold(0);
        return;
      }
      // Where another tab has the lock it is at it; what it does not send is looked for later.
      await locks.request(name, { ifAvailable: true }, lock =>
        lock ? this._work() : undefined
      );
    } catch {
      // No lock or no store just now. Nothing is lost: what was not sent waits.
    } finally {
      this._later();
    }
  }

  private _later(): void {
    if (this._tail.size > 0) {
      this._schedule(FLUSH_AFTER_MS);
    }
  }

  private async _work(): Promise<void> {
    await this._persist();
    while (!this._isStopped && !this._isDestroyed && this._clearing === 0) {
      if (steadyMs() < this._notBeforeMs) {
        this._schedule(0);
        return;
      }
      const othersMs = await this._hold(TURN_MS);
      if (othersMs > 0) {
        this._schedule(othersMs);
        return;
      }
      const kept = [...this._tail.values()].filter(({ key }) => key !== null);
      const waiting = await this._readCovered();
      const sendable = waiting.filter(({ item }) => !this._isInFlight(item));
      if (sendable.length > 0) {
        await this._sendKept(firstBatch(sendable, this._maxEvents));
        continue;
      }
      if (waiting.length === 0) {
        this._forgetSent(kept);
      }
      return;
    }
  }

  /** Have the turn for so many milliseconds; resolves to 0, or to how many another has it. */
  private async _hold(forMs: number): Promise<number> {
    const queue = await this._open();
    return queue.takeTurn(this._holder, Date.now(), forMs);
  }

  /** The server wants to be left alone, by the other tabs as well. */
  private async _yieldToServer(): Promise<void> {
    const queue = await this._open();
    await this._hold(0);
    const forMs = this._notBeforeMs - steadyMs();
    await queue.takeTurn(SERVER, Date.now(), forMs);
  }

  /** The oldest that wait, under way or not; what consent no longer covers is removed. */
  private async _readCovered(): Promise<IKeyed[]> {
    for (;;) {
      const queue = await this._open();
      const waiting = await queue.read(MAX_BATCH_EVENTS);
      const over = waiting.filter(({ item }) => !this._options.maySend(item));
      if (over.length === 0) {
        return waiting;
      }
      await queue.remove(over.map(({ key }) => key));
    }
  }

  /** Of what was in the queue and is there no more, another tab has taken care. */
  private _forgetSent(kept: readonly ITailEntry[]): void {
    for (const { item } of kept) {
      if (!this._isInFlight(item)) {
        this._tail.delete(item.id);
      }
    }
  }

  private async _sendKept(batch: readonly IKeyed[]): Promise<void> {
    const items = batch.map(({ item }) => item);
    const sent = await this._send(items);
    if (sent === null) {
      return;
    }
    if (this._isDone(sent, items.length)) {
      const queue = await this._open();
      await queue.remove(batch.map(({ key }) => key));
      items.forEach(({ id }) => this._tail.delete(id));
    } else if (sent.kind === 'retry' && sent.retryAfterS !== null) {
      await this._yieldToServer();
    }
  }

  private async _sendLast(items: readonly IWaiting[]): Promise<void> {
    const sent = await this._send(items);
    if (sent === null || !this._isDone(sent, items.length)) {
      // The page lives on, so the usual way applies.
      this._later();
      return;
    }
    await this._persisting;
    const keys = items.map(({ id }) => this._tail.get(id)?.key ?? null);
    items.forEach(({ id }) => this._tail.delete(id));
    await this._withQueue(queue =>
      queue.remove(keys.filter(key => key !== null))
    );
  }

  /** Take a batch to the server; null if consent was withdrawn on the way. */
  private async _send(items: readonly IWaiting[]): Promise<Sent | null> {
    const controller = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      controller.abort();
    }, SEND_TIMEOUT_MS);
    const { transport, modeNow } = this._options;
    const done = transport.send(toBatch(items, Date.now(), modeNow), {
      keepalive: batchBytes(items) <= MAX_KEEPALIVE_BYTES,
      signal: controller.signal
    });
    const flight = { items, controller, done };
    this._flights.add(flight);
    items.forEach(({ id }) => this._flying.add(id));
    try {
      const sent = await done;
      return controller.signal.aborted && !isLate ? null : sent;
    } finally {
      clearTimeout(timer);
      this._flights.delete(flight);
      items.forEach(({ id }) => this._flying.delete(id));
    }
  }

  /** Draw the conclusions from an answer; true if the batch need not be kept any longer. */
  private _isDone(sent: Sent, events: number): boolean {
    switch (sent.kind) {
      case 'acknowledged':
        this._backoff.reset();
        this._notBeforeMs = 0;
        this._isAskedToWait = false;
        this._maxEvents = MAX_BATCH_EVENTS;
        if (sent.refusals.some(code => CONSENT_CODES.includes(code))) {
          this._options.consentRefused();
        }
        return true;
      case 'retry':
        this._notBeforeMs = steadyMs() + this._backoff.next(sent.retryAfterS);
        this._isAskedToWait = sent.retryAfterS !== null;
        return false;
      case 'unacceptable':
        // One event may spoil a batch: halve until it is alone, and let go of that one.
        this._maxEvents = Math.max(1, Math.floor(events / 2));
        return events === 1;
      case 'stop':
        this._isStopped = true;
        return false;
    }
  }

  private _isInFlight({ id }: IWaiting): boolean {
    return this._flying.has(id);
  }

  private _abort(test: (item: IWaiting) => boolean): void {
    for (const { items, controller } of this._flights) {
      if (items.some(test)) {
        controller.abort();
      }
    }
  }

  private _forget(test: (item: IWaiting) => boolean): void {
    for (const [id, { item }] of this._tail) {
      if (test(item)) {
        this._tail.delete(id);
      }
    }
  }

  private _trimTail(): void {
    for (const [id, { key }] of this._tail) {
      // What only this page has goes last; a store that never answers must not fill the memory.
      const isTooMuch =
        this._tail.size > MAX_TAIL_EVENTS * (key === null ? 4 : 1);
      if (!isTooMuch) {
        return;
      }
      this._tail.delete(id);
      this._lost += key === null ? 1 : 0;
    }
  }

  /** Hand what only this page has to the queue; one call after the other. */
  private _persist(): Promise<void> {
    clearTimeout(this._persistTimer);
    this._persistTimer = undefined;
    const fresh = [...this._tail.values()].filter(
      entry => entry.key === null && !this._handed.has(entry)
    );
    if (fresh.length > 0) {
      fresh.forEach(entry => this._handed.add(entry));
      this._persisting = this._persisting.then(() => this._keep(fresh));
    }
    return this._persisting;
  }

  private async _keep(fresh: readonly ITailEntry[]): Promise<void> {
    // Consent may have been withdrawn while they waited their turn.
    const entries = fresh.filter(({ item }) => this._tail.has(item.id));
    if (entries.length === 0) {
      return;
    }
    const items = entries.map(({ item }) => item);
    const queue = await this._open();
    const keys = await queue.put(items, Date.now());
    entries.forEach((entry, index) => (entry.key = keys[index] ?? null));
  }

  private _open(): Promise<IQueue> {
    this._queue ??= this._options
      .openQueue()
      .then(stored => (this._store = new OverflowQueue(stored)));
    return this._queue;
  }

  /** Do something with the queue if it is open; a failing store changes nothing here. */
  private async _withQueue<T>(
    task: (queue: IQueue) => Promise<T>
  ): Promise<T | undefined> {
    try {
      await this._persisting;
      return this._queue ? await task(await this._queue) : undefined;
    } catch {
      return undefined;
    }
  }

  private readonly _backoff: Backoff;
  private readonly _tail = new Map<string, ITailEntry>();
  private readonly _handed = new WeakSet<ITailEntry>();
  private readonly _flights = new Set<IFlight>();
  private readonly _flying = new Set<string>();
  private readonly _holder: string;
  private _queue: Promise<IQueue> | null = null;
  private _store: IQueue | null = null;
  private _persisting: Promise<void> = Promise.resolve();
  private _running: Promise<void> | null = null;
  private _flushTimer: ReturnType<typeof setTimeout> | undefined;
  private _persistTimer: ReturnType<typeof setTimeout> | undefined;
  private _flushDueMs = 0;
  private _notBeforeMs = 0;
  private _isAskedToWait = false;
  private _maxEvents = MAX_BATCH_EVENTS;
  private _unsentEvents = 0;
  private _unsentBytes = 0;
  private _clearing = 0;
  private _lost = 0;
  private _isStopped = false;
  private _isDestroyed = false;
}

/** Milliseconds of a clock that nobody sets: on the other one a day may go by at once, or come again. */
function steadyMs(): number {
  return performance.now();
}
