// The log itself: admits events, gives them id, time and place in the session, and hands them on.
// Loaded only while a mode is not off.

import type { IDisposable } from '@lumino/disposable';

import type { IConsentState, IEventInput, IQueuedEvent, Mode } from '../tokens';
import type { INavigatorFacts } from './environment';
import { Flusher } from './flusher';
import { admission, basisOf, effectiveMode, maySend } from './gate';
import type { IAdmission } from './gate';
import { randomId } from './ids';
import { openQueue } from './indexedDbQueue';
import { onPageEnd } from './pageEnd';
import type { IWaiting } from './queue';
import { Session } from './session';
import type { IApplicationFacts } from './sessionEvents';
import { sessionEvent } from './sessionEvents';
import { storageName } from './storage';
import type { ITransport } from './transport';

/** No event may be larger: one must always fit into a keepalive request. */
export const MAX_EVENT_BYTES = 48_000;

/** Before this long since the last one, a summary is due only where the page is hidden. */
export const SUMMARY_EVERY_MS = 600_000;

/** How often at most a refusal makes this page read its consent again. */
const REFRESH_EVERY_MS = 60_000;

export interface ILogOptions {
  readonly baseUrl: string;
  readonly application: IApplicationFacts;
  readonly navigator: INavigatorFacts;
  readonly transport: ITransport;
  readonly locks?: LockManager | undefined;
  readonly indexedDB?: IDBFactory | undefined;
  readonly random?: () => number;
  /** Told of each recorded event, after it is safe in the queue's hands; may throw. */
  recorded(event: IQueuedEvent, admitted: IAdmission): void;
  /** Whether anybody wants to be told. */
  hasListeners(mode: Mode): boolean;
  /** The server says that consent is not what this page believes. */
  consentRefused(): void;
}

export class Log implements IDisposable {
  constructor(
    private readonly _options: ILogOptions,
    private _state: IConsentState
  ) {
    const name = storageName(_options.baseUrl, _state.ownerKey);
    this._flusher = new Flusher({
      name,
      transport: _options.transport,
      openQueue: () => openQueue(name, _options.indexedDB),
      maySend: item => maySend(this._state, item, Date.now()),
      consentRefused: () => {
        this._consentRefused();
      },
      locks: _options.locks,
      ...(_options.random ? { random: _options.random } : {})
    });
    this._pageEnd = onPageEnd({
      hidden: () => {
        this._summarize();
        this._flusher.hide();
      },
      left: () => {
        this._endSession();
        this._flusher.hide();
      },
      returned: () => {
        this._startSession();
      }
    });
    void this._flusher.start();
    this._startSession();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Record one event; false if consent does not cover it or it cannot be written as JSON. Never throws. */
  emit(input: IEventInput<object>): boolean {
    try {
      const nowMs = Date.now();
      const admitted = admission(this._state, input.schema, nowMs);
      if (this._isDisposed || admitted === null) {
        return false;
      }
      this._renewSession(nowMs);
      return this._record(input, admitted, nowMs);
    } catch {
      return false;
    }
  }

  /** Count commands that are not recorded by themselves; summaries and the session's end tell how many there were. */
  countQuiet(count = 1): void {
    this._quietCommands += count;
    if (Date.now() - this._summarizedMs >= SUMMARY_EVERY_MS) {
      this._summarize();
    }
  }

  /** What the server recorded about consent has changed, or was read again; something is still active. */
  async update(state: IConsentState): Promise<void> {
    const before = this._state;
    this._state = state;
    this._flusher.resume();
    const nowMs = Date.now();
    const purposes = Object.keys({ ...before.modes, ...state.modes });
    const isOther = (purpose: string): boolean =>
      effectiveMode(state, purpose, nowMs) !==
      effectiveMode(before, purpose, nowMs);
    if (purposes.some(isOther)) {
      // What is shared from now on must not be linked to what was kept before.
      this._startSession();
    }
    await this._flusher.prune();
  }

  waiting(): Promise<number> {
    return this._flusher.waiting();
  }

  clear(): Promise<void> {
    return this._flusher.clear();
  }

  /** Everything is off: break off what is under way, forget everything, delete the store. */
  async revoke(): Promise<void> {
    this._stop();
    await this._flusher.destroy();
  }

  /** The plugin ends; what waits is left to the next page. */
  dispose(): void {
    if (!this._isDisposed) {
      this._stop();
      void this._flusher.close();
    }
  }

  private _stop(): void {
    this._isDisposed = true;
    this._pageEnd.dispose();
  }

  private _record(
    input: IEventInput<object>,
    admitted: IAdmission,
    nowMs: number
  ): boolean {
    const capturedMs = input.time?.getTime() ?? nowMs;
    const event: Omit<IQueuedEvent, 'data'> & { data: object } = {
      id: randomId(),
      schema: input.schema,
      time: new Date(capturedMs).toISOString(),
      seq: this._session.nextSequence(),
      data: input.data
    };
    const json = JSON.stringify(event);
    const bytes = utf8Bytes(json);
    if (bytes > MAX_EVENT_BYTES) {
      return false;
    }
    const item: IWaiting = {
      ...admitted,
      basis: basisOf(this._state, admitted.purpose),
      id: event.id,
      json,
      session: this._session.id,
      capturedMs: nowMs,
      bytes
    };
    this._flusher.add(item);
    this._tell(json, admitted);
    return true;
  }

  private _tell(json: string, admitted: IAdmission): void {
    if (this._options.hasListeners(admitted.mode)) {
      try {
        this._options.recorded(JSON.parse(json) as IQueuedEvent, admitted);
      } catch {
        // Who only listens must not harm what is recorded.
      }
    }
  }

  private _startSession(): void {
    this._session = new Session(Date.now());
    this._takeQuiet();
    const { application, navigator } = this._options;
    this.emit(sessionEvent('start', application, navigator));
  }

  private _renewSession(nowMs: number): void {
    if (this._session.isOver(nowMs)) {
      this._endSession();
      this._startSession();
    }
  }

  /** Tell how many commands were only counted since the last time, if any. */
  private _summarize(): void {
    if (this._quietCommands > 0) {
      this._renewSession(Date.now());
    }
    if (this._quietCommands > 0) {
      this._tellPhase('summary');
    }
  }

  private _endSession(): void {
    this._tellPhase('end');
  }

  /** In the session as it is, however old. */
  private _tellPhase(phase: 'summary' | 'end'): void {
    const { application, navigator } = this._options;
    const count = this._takeQuiet();
    const input = sessionEvent(phase, application, navigator, count);
    const admitted = admission(this._state, input.schema, Date.now());
    if (!this._isDisposed && admitted !== null) {
      this._record(input, admitted, Date.now());
    }
  }

  private _takeQuiet(): number {
    const count = this._quietCommands;
    this._quietCommands = 0;
    this._summarizedMs = Date.now();
    return count;
  }

  private _consentRefused(): void {
    const nowMs = Date.now();
    if (nowMs - this._refreshedMs >= REFRESH_EVERY_MS) {
      this._refreshedMs = nowMs;
      this._options.consentRefused();
    }
  }

  private readonly _flusher: Flusher;
  private readonly _pageEnd: IDisposable;
  private _session: Session = new Session(Date.now());
  private _quietCommands = 0;
  private _summarizedMs = Date.now();
  private _refreshedMs = -Infinity;
  private _isDisposed = false;
}

/** Length in UTF-8, without making the bytes. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) {
      // A surrogate pair is two units and four bytes.
      bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
    }
  }
  return bytes;
}
