// The last answer of `GET /api/telemetry`, shared by all that show it, so that they ask once.

import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ITelemetryApi, ITelemetryState } from '../pipeline/api';
import { reduce } from './reduce';

/** What is collected, why, and how it fares; read from the server when somebody looks. */
export interface IManifest {
  /** The last answer; null before the first. */
  readonly current: ITelemetryState | null;
  /** Emitted after each answer. */
  readonly changed: ISignal<IManifest, ITelemetryState>;
  readonly api: ITelemetryApi;

  /** Ask the server. The answer is never older than the call. */
  load(): Promise<ITelemetryState>;

  /** Something was changed: an answer under way may be older than that, and is asked for once more. */
  outdate(): void;
}

export class Manifest implements IManifest {
  /** @param _now - Injected clock; where today begins depends on it. */
  constructor(
    readonly api: ITelemetryApi,
    private readonly _now: () => Date = () => new Date()
  ) {}

  get current(): ITelemetryState | null {
    return this._current;
  }

  get changed(): ISignal<IManifest, ITelemetryState> {
    return this._changed;
  }

  load(): Promise<ITelemetryState> {
    if (!this._running) {
      return this._start();
    }
    // The answer under way may be older than what the caller has just changed.
    this._next ??= this._running
      .catch(() => undefined)
      .then(() => this._start());
    return this._next;
  }

  outdate(): void {
    this._changes += 1;
  }

  private _start(): Promise<ITelemetryState> {
    this._next = null;
    const running = this._fetch().finally(() => {
      if (this._running === running) {
        this._running = null;
      }
    });
    this._running = running;
    return running;
  }

  private async _fetch(): Promise<ITelemetryState> {
    let answer: ITelemetryState;
    let asked: number;
    do {
      asked = this._changes;
      answer = reduce(await this.api.getState(startOfDay(this._now())));
    } while (asked !== this._changes);
    this._current = answer;
    this._changed.emit(answer);
    return answer;
  }

  private _current: ITelemetryState | null = null;
  private _running: Promise<ITelemetryState> | null = null;
  private _next: Promise<ITelemetryState> | null = null;
  private _changes = 0;
  private readonly _changed = new Signal<IManifest, ITelemetryState>(this);
}

/** Midnight in the browser's time zone. */
export function startOfDay(time: Date): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate());
}
