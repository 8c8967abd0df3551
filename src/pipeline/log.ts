// The log itself: admits events, gives them id, time and place in the session, and hands them on.
// Loaded only while a mode is not off.

import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';

import type { IConsentState, IEventInput, IQueuedEvent, Mode } from '../tokens';
import type { INavigatorFacts } from './environment';
import { Flusher } from './flusher';
import {
  admission,
  basisOf,
  chosenAt,
  effectiveMode,
  maySend,
  modeNow
} from './gate';
import type { IAdmission, IAgreement } from './gate';
import { randomId } from './ids';
import { openQueue } from './indexedDbQueue';
import { onNetworkBack } from './network';
import { onPageEnd } from './pageEnd';
import type { IWaiting } from './queue';
import type { IDeferredEvent } from './recording';
import { Session } from './session';
import type { IApplicationFacts } from './sessionEvents';
import { sessionEvent } from './sessionEvents';
import { storageName } from './storage';
import type { ITransport } from './transport';

/** No event may be larger: one must always fit into a keepalive request. */
export const MAX_EVENT_BYTES = 48_000;

/** How long what was recorded may wait to be written as JSON; less than until it is stored. */
const WRITE_AFTER_MS = 50;

/** How much of it may wait: no timer runs while commands follow each other without a pause. */
const MAX_CAPTURED = 500;

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

/** An event with all that belongs to the moment of its capture. */
interface ICaptured {
  readonly event: IDeferredEvent;
  readonly admitted: IAdmission;
  readonly nowMs: number;
  readonly state: IConsentState;
  readonly session: string;
  readonly seq: number;
}

export class Log implements IDisposable {
  /**
   * Called when the page is left, before the end of the session is told.
   *
   * Not an event of the page: in Chromium listeners of the window are called in the order of their making,
   * the capturing ones too, and who watches may have come before or after.
   */
  leaving: () => void = () => undefined;

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
      modeNow: item => modeNow(this._state, item, Date.now()),
      consentRefused: () => {
        this._consentRefused();
      },
      locks: _options.locks,
      ...(_options.random ? { random: _options.random } : {})
    });
    this._pageEnd = onPageEnd({
      hidden: () => {
        this._summarize();
        this._writeAll();
        this._flusher.hide();
      },
      left: () => {
        this._askWatchers();
        this._endSession();
        this._writeAll();
        this._flusher.hide();
      },
      returned: () => {
        this._startSession();
      }
    });
    this._network = onNetworkBack(() => this._flusher.networkBack());
    void this._flusher.start();
    this._startSession();
  }

  /** How many events could not be kept. */
  get lost(): number {
    return this._flusher.lost;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Record one event; false if consent does not cover it or it cannot be written as JSON. Never throws. */
  emit(input: IEventInput<object>): boolean {
    try {
      const captured = this._capture(deferred(input));
      return captured !== null && this._record(captured);
    } catch {
      return false;
    }
  }

  /** The same in less time: what is told is put together when whoever caused the event is served. */
  record(event: IDeferredEvent): boolean {
    try {
      const captured = this._capture(event);
      if (captured === null) {
        return false;
      }
      this._captured.push(captured);
      this._writeTimer ??= setTimeout(() => this._writeAll(), WRITE_AFTER_MS);
      if (this._captured.length >= MAX_CAPTURED) {
        this._writeAll();
      }
      return true;
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
    // Before another session begins; what was captured until now is held to both, what held then and what holds now.
    this._writeAll();
    this._flusher.resume();
    const nowMs = Date.now();
    const purposes = Object.keys({ ...before.modes, ...state.modes });
    const isOther = (purpose: string): boolean =>
      effectiveMode(state, purpose, nowMs) !==
        effectiveMode(before, purpose, nowMs) ||
      chosenAt(state, purpose) !== chosenAt(before, purpose);
    if (purposes.some(isOther)) {
      // What is shared from now on must not be linked to what was kept before.
      this._startSession();
    }
    await this._flusher.prune();
  }

  waiting(): Promise<number> {
    this._writeAll();
    return this._flusher.waiting();
  }

  clear(): Promise<void> {
    this._writeAll();
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
      this._writeAll();
      this._stop();
      void this._flusher.close();
    }
  }

  private _stop(): void {
    this._isDisposed = true;
    this._pageEnd.dispose();
    this._network.dispose();
    clearTimeout(this._writeTimer);
    this._captured = [];
  }

  private _record(captured: ICaptured): boolean {
    // Events wait in the order of their capture.
    this._writeAll();
    return this._write(captured, agreementOf(captured));
  }

  /** Null where consent does not cover it now. */
  private _capture(event: IDeferredEvent): ICaptured | null {
    const nowMs = Date.now();
    const admitted = this._admit(event.schema, nowMs);
    if (admitted === null) {
      return null;
    }
    this._renewSession(nowMs);
    return this._stamp(event, admitted, nowMs);
  }

  private _admit(schema: string, nowMs: number): IAdmission | null {
    return this._isDisposed ? null : admission(this._state, schema, nowMs);
  }

  private _stamp(
    event: IDeferredEvent,
    admitted: IAdmission,
    nowMs: number
  ): ICaptured {
    return {
      event,
      admitted,
      nowMs,
      state: this._state,
      session: this._session.id,
      seq: this._session.nextSequence()
    };
  }

  private _writeAll(): void {
    clearTimeout(this._writeTimer);
    this._writeTimer = undefined;
    const captured = this._captured;
    this._captured = [];
    for (const one of captured) {
      try {
        const agreement = agreementOf(one);
        if (maySend(this._state, agreement, Date.now())) {
          this._write(one, agreement);
        }
      } catch {
        // What is no JSON is no event.
      }
    }
  }

  private _write(captured: ICaptured, agreement: IAgreement): boolean {
    const { event, admitted, nowMs, session, seq } = captured;
    const queued: IQueuedEvent = {
      id: randomId(),
      schema: event.schema,
      time: new Date(event.timeMs).toISOString(),
      seq,
      data: event.data() as ReadonlyPartialJSONObject
    };
    const json = JSON.stringify(queued);
    const bytes = utf8Bytes(json);
    if (bytes > MAX_EVENT_BYTES) {
      return false;
    }
    const item: IWaiting = {
      ...agreement,
      id: queued.id,
      json,
      session,
      capturedMs: nowMs,
      bytes
    };
    this._flusher.add(item);
    this._tell(json, admitted);
    return true;
  }

  private _tell(json: string, admitted: IAdmission): void {
    // Of what was withdrawn since its capture nobody hears; who listens may not know of that yet.
    const { purpose, mode } = admitted;
    const isHeld = effectiveMode(this._state, purpose, Date.now()) === mode;
    if (isHeld && this._options.hasListeners(mode)) {
      try {
        this._options.recorded(JSON.parse(json) as IQueuedEvent, admitted);
      } catch {
        // Who only listens must not harm what is recorded.
      }
    }
  }

  private _askWatchers(): void {
    try {
      this.leaving();
    } catch {
      // The page goes all the same.
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
    const event = deferred(sessionEvent(phase, application, navigator, count));
    const nowMs = Date.now();
    const admitted = this._admit(event.schema, nowMs);
    if (admitted !== null) {
      this._record(this._stamp(event, admitted, nowMs));
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
  private _captured: ICaptured[] = [];
  private _writeTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly _pageEnd: IDisposable;
  private readonly _network: IDisposable;
  private _session: Session = new Session(Date.now());
  private _quietCommands = 0;
  private _summarizedMs = Date.now();
  private _refreshedMs = -Infinity;
  private _isDisposed = false;
}

/** Its schema and time are read once, here: what consent was asked for is what is recorded. */
function deferred({ schema, time, data }: IEventInput<object>): IDeferredEvent {
  const timeMs = new Date(time ?? Date.now()).getTime();
  return { schema, timeMs, data: () => data };
}

function agreementOf({ admitted, state }: ICaptured): IAgreement {
  return { ...admitted, basis: basisOf(state, admitted.purpose) };
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
