// The log that follows consent: nothing more than a look at it while everything is off.

import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type {
  CommandDeclarations,
  IConsent,
  IConsentState,
  IEventInput,
  IEventLog,
  ITriggerWithParent
} from '../tokens';
import { Declarations } from './declarations';
import { admission, chosenAt, effectiveMode, isAnyActive } from './gate';
import type { Log } from './log';
import type { IDeferredEvent, IRecordingLog } from './recording';

/** What may be recorded while the log is being loaded. */
const MAX_EARLY_EVENTS = 500;

export class LazyEventLog implements IRecordingLog {
  triggerSource: (() => ITriggerWithParent) | null = null;
  leaving: (() => void) | null = null;

  /**
   * @param _load - Loads and makes the log; called while some mode is not off, and again after all were off.
   * @param _declarations - May have been made before.
   */
  constructor(
    private readonly _consent: Pick<IConsent, 'state' | 'stateChanged'>,
    private readonly _load: (state: IConsentState) => Promise<Log>,
    private readonly _declarations = new Declarations()
  ) {
    this._state = _consent.state;
    this._active = fingerprint(this._state);
    _consent.stateChanged.connect(this._onStateChanged);
    this._follow();
  }

  get lost(): number {
    return this._log?.lost ?? 0;
  }

  get activeChanged(): ISignal<IEventLog, void> {
    return this._activeChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  isActive(schema: string): boolean {
    return (
      !this._isDisposed && admission(this._state, schema, Date.now()) !== null
    );
  }

  emit(event: IEventInput<object>): boolean {
    try {
      return this._log ? this._log.emit(event) : this._takeEarly(event);
    } catch {
      // Whatever was handed in: its caller goes on.
      return false;
    }
  }

  record(event: IDeferredEvent): boolean {
    try {
      return this._log
        ? this._log.record(event)
        : this._takeEarly({
            schema: event.schema,
            time: new Date(event.timeMs),
            data: event.data()
          });
    } catch {
      return false;
    }
  }

  private _takeEarly(event: IEventInput<object>): boolean {
    const isTaken =
      this.isActive(event.schema) && this._early.length < MAX_EARLY_EVENTS;
    if (isTaken) {
      this._early.push(snapshot(event));
    }
    return isTaken;
  }

  currentTrigger(): ITriggerWithParent | null {
    try {
      return this.triggerSource?.() ?? null;
    } catch {
      return null;
    }
  }

  declareCommands(declarations: CommandDeclarations): IDisposable {
    return this._declarations.declare(declarations);
  }

  /** Under *on* only the operator's word counts: browser-side sinks get what is told here as it is. */
  get commands(): CommandDeclarations {
    const { commands } = this._state;
    return isAnyOn(this._state) ? commands : this._declarations.over(commands);
  }

  countQuiet(): void {
    if (this._log) {
      this._log.countQuiet();
    } else if (this._isLoading) {
      this._earlyQuiet += 1;
    }
  }

  async clear(): Promise<void> {
    this._forgetEarly();
    await this._work;
    await this._log?.clear();
  }

  async waiting(): Promise<number> {
    return (await this._log?.waiting()) ?? this._early.length;
  }

  /** Resolves when the last change of consent has taken effect in the store as well. */
  get settled(): Promise<void> {
    return this._work;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._consent.stateChanged.disconnect(this._onStateChanged);
      this._forgetEarly();
      this._generation += 1;
      this._log?.dispose();
      this._log = null;
      Signal.clearData(this);
    }
  }

  private readonly _onStateChanged = (
    _sender: unknown,
    state: IConsentState
  ): void => {
    const isOtherOwner = state.ownerKey !== this._state.ownerKey;
    this._state = state;
    const active = fingerprint(state);
    const isOtherActivity = active !== this._active;
    if (isOtherActivity) {
      // What was captured before is not covered by what was agreed to since.
      this._forgetEarly();
    }
    if (isOtherOwner) {
      this._end();
    }
    this._follow();
    if (isOtherActivity) {
      this._active = active;
      this._activeChanged.emit();
    }
  };

  /** Make what is loaded fit the state: at once where something is withdrawn. */
  private _follow(): void {
    if (!isAnyActive(this._state, Date.now())) {
      this._end();
    } else if (this._log) {
      this._queue(this._log.update(this._state));
    } else {
      this._begin();
    }
  }

  private _end(): void {
    this._generation += 1;
    this._isLoading = false;
    this._forgetEarly();
    const log = this._log;
    this._log = null;
    if (log) {
      this._queue(log.revoke());
    }
  }

  private _begin(): void {
    if (this._isLoading || this._isDisposed) {
      return;
    }
    this._isLoading = true;
    const generation = ++this._generation;
    // The store of what was on before must be gone before it is made anew.
    this._work = this._work
      .then(() => this._make(generation))
      .catch(() => undefined);
  }

  private async _make(generation: number): Promise<void> {
    const isStale = (): boolean => generation !== this._generation;
    if (isStale()) {
      return;
    }
    try {
      const state = this._state;
      const log = await this._load(state);
      if (this._isDisposed) {
        log.dispose();
      } else if (isStale()) {
        await log.revoke();
      } else {
        this._log = log;
        log.leaving = () => this.leaving?.();
        if (state !== this._state) {
          await log.update(this._state);
        }
        this._early.forEach(event => log.emit(event));
        log.countQuiet(this._earlyQuiet);
        this._forgetEarly();
      }
    } finally {
      if (!isStale()) {
        this._isLoading = false;
      }
    }
  }

  private _forgetEarly(): void {
    this._early = [];
    this._earlyQuiet = 0;
  }

  private _queue(task: Promise<void>): void {
    this._work = Promise.allSettled([this._work, task]).then(() => undefined);
  }

  private readonly _activeChanged = new Signal<IEventLog, void>(this);
  private _state: IConsentState;
  private _active: string;
  private _log: Log | null = null;
  private _early: IEventInput<object>[] = [];
  private _earlyQuiet = 0;
  private _work: Promise<void> = Promise.resolve();
  private _generation = 0;
  private _isLoading = false;
  private _isDisposed = false;
}

function isAnyOn(state: IConsentState): boolean {
  const nowMs = Date.now();
  return Object.keys(state.modes).some(
    purpose => effectiveMode(state, purpose, nowMs) === 'on'
  );
}

/** As it is now: its caller may go on using, and changing, what it handed in. */
function snapshot({
  schema,
  data,
  time
}: IEventInput<object>): IEventInput<object> {
  return {
    schema,
    data: JSON.parse(JSON.stringify(data)) as object,
    time: time ? new Date(time) : new Date()
  };
}

/** Differs where any purpose's effective mode, or the choice or the terms that it holds under, differ. */
function fingerprint(state: IConsentState): string {
  const nowMs = Date.now();
  return JSON.stringify([
    state.hash,
    [...state.changedTerms].sort(),
    Object.keys(state.modes)
      .sort()
      .map(purpose => [
        purpose,
        effectiveMode(state, purpose, nowMs),
        chosenAt(state, purpose)
      ])
  ]);
}
