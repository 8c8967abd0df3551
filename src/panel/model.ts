// What the panel shows: the server's answers, the filter, and what is open. No words, no markup.

import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IManifest } from '../consent/manifest';
import { startOfDay } from '../consent/manifest';
import type {
  DownloadFormat,
  IDownload,
  IConsentEntry,
  IErasure,
  IErasureRequest,
  IEventFilter,
  IStoredEvent
} from '../pipeline/api';
import type { IConsent, IEventLog } from '../tokens';

/** How far back the list goes. */
export type Period = 'today' | 'week' | 'month' | 'all';

/** Delivery states as people tell them apart: dropped is whatever will never arrive. */
export const STATE_FILTERS = [
  'pending',
  'delivered',
  'dead_lettered,expired',
  'revoked'
] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];

/** The filter of *My events*. */
export interface IFilter {
  /** Looked for in command and schema, in what is loaded. */
  readonly text: string;
  readonly schema: string;
  readonly state: StateFilter | '';
  readonly period: Period;
}

export const NO_FILTER: IFilter = {
  text: '',
  schema: '',
  state: '',
  period: 'all'
};

const PERIOD_DAYS: Readonly<Record<Period, number | null>> = {
  today: 0,
  week: 6,
  month: 27,
  all: null
};

const PAGE_SIZE = 100;

export interface IPanelOptions {
  readonly manifest: IManifest;
  readonly consent: IConsent;
  /** Whose queue is emptied before an erasure; absent where the log is not installed. */
  readonly log?: IEventLog | null;
  readonly now?: () => Date;
}

export class PanelModel implements IDisposable {
  constructor(private readonly _options: IPanelOptions) {
    this._now = _options.now ?? (() => new Date());
    _options.consent.stateChanged.connect(this._onConsent, this);
  }

  get manifest(): IManifest {
    return this._options.manifest;
  }

  get consent(): IConsent {
    return this._options.consent;
  }

  get changed(): ISignal<PanelModel, void> {
    return this._changed;
  }

  get filter(): IFilter {
    return this._filter;
  }

  /** All that was loaded, newest first. */
  get events(): readonly IStoredEvent[] {
    return this._events;
  }

  /** What of it fits the text that is looked for. */
  get shown(): readonly IStoredEvent[] {
    const wanted = this._filter.text.trim().toLowerCase();
    return wanted === ''
      ? this._events
      : this._events.filter(event =>
          `${commandOf(event)} ${event.schema}`.toLowerCase().includes(wanted)
        );
  }

  get hasMore(): boolean {
    return this._next !== null;
  }

  get history(): readonly IConsentEntry[] {
    return this._history;
  }

  /** What was asked to be erased, newest first. */
  get erasures(): readonly IErasureRequest[] {
    return this._erasures;
  }

  /** What the last call failed with; null after one that did not. */
  get failure(): unknown {
    return this._failure;
  }

  get isLoading(): boolean {
    return this._isLoading;
  }

  /** How many events wait in this browser, as of the last refresh. */
  get waitingHere(): number {
    return this._waitingHere;
  }

  /** How many events of this page were lost before they reached the server. */
  get lostHere(): number {
    return this._options.log?.lost ?? 0;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Read everything again. */
  async refresh(): Promise<void> {
    const { manifest } = this._options;
    await this._attempt(async () => {
      const [, consent, erasures] = await Promise.all([
        manifest.load(),
        manifest.api.getConsent(),
        manifest.api.getErasures(),
        this._load()
      ]);
      this._history = consent.history;
      this._erasures = erasures;
    });
  }

  /** Learn whether sinks have confirmed meanwhile. */
  async refreshErasures(): Promise<void> {
    const { manifest } = this._options;
    await this._attempt(async () => {
      [this._erasures] = await Promise.all([
        manifest.api.getErasures(),
        // What a sink has erased is no longer counted as forwarded.
        manifest.load()
      ]);
    });
  }

  async setFilter(change: Partial<IFilter>): Promise<void> {
    const before = this._filter;
    this._filter = { ...before, ...change };
    this._changed.emit();
    const isSameQuery =
      JSON.stringify({ ...before, text: '' }) ===
      JSON.stringify({ ...this._filter, text: '' });
    if (!isSameQuery) {
      await this._attempt(() => this._load());
    }
  }

  async loadMore(): Promise<void> {
    await this._attempt(() => this._load(this._next));
  }

  /** Everything that fits the filter, as a file; the text applies to the list only. Null where that failed. */
  async download(format: DownloadFormat): Promise<IDownload | null> {
    let file: IDownload | null = null;
    await this._attempt(async () => {
      file = await this._options.manifest.api.download(format, this._query());
    });
    return file;
  }

  /**
   * Erase everything of this person.
   *
   * What waits in this browser goes first, so that nothing arrives after the erasure.
   *
   * @param andTurnOff - Also turn every purpose off, before anything else.
   */
  async erase(andTurnOff: boolean): Promise<IErasure> {
    const { api, current } = this._options.manifest;
    if (andTurnOff) {
      for (const { name, mode, choice, terms, policy } of current?.purposes ??
        []) {
        if (policy !== 'locked' && (mode !== 'off' || choice?.mode !== 'off')) {
          await this._options.consent.setMode(name, 'off', terms, 'panel');
        }
      }
    }
    await this._options.log?.clear();
    const { ownerKey } = this._options.consent.state;
    const erasure = await api.eraseEvents({}, ownerKey);
    await this.refresh();
    return erasure;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private readonly _onConsent = (): void => {
    // A change of consent adds to the history, and may have cancelled deliveries.
    void this._attempt(async () => {
      const [consent] = await Promise.all([
        this._options.manifest.api.getConsent(),
        this._load()
      ]);
      this._history = consent.history;
    });
  };

  private async _load(cursor: string | null = null): Promise<void> {
    const asked = ++this._asked;
    const page = await this._options.manifest.api.getEvents({
      ...this._query(),
      limit: PAGE_SIZE,
      ...(cursor === null ? {} : { cursor })
    });
    // A newer question has been asked meanwhile: this answer is of no interest.
    if (asked === this._asked) {
      this._events =
        cursor === null ? page.events : [...this._events, ...page.events];
      this._next = page.next;
    }
  }

  private async _attempt(work: () => Promise<void>): Promise<void> {
    this._isLoading = true;
    this._changed.emit();
    try {
      await work();
      this._failure = null;
    } catch (error) {
      this._failure = error;
      this._waitingHere = (await this._options.log?.waiting()) ?? 0;
    }
    this._isLoading = false;
    this._changed.emit();
  }

  private _query(): IEventFilter {
    const { schema, state, period } = this._filter;
    const days = PERIOD_DAYS[period];
    const since = startOfDay(this._now());
    since.setDate(since.getDate() - (days ?? 0));
    return {
      ...(schema === '' ? {} : { schema }),
      ...(state === '' ? {} : { state }),
      ...(days === null ? {} : { since: since.toISOString() })
    };
  }

  private readonly _now: () => Date;
  private _filter = NO_FILTER;
  private _events: readonly IStoredEvent[] = [];
  private _next: string | null = null;
  private _history: readonly IConsentEntry[] = [];
  private _erasures: readonly IErasureRequest[] = [];
  private _failure: unknown = null;
  private _isLoading = false;
  private _isDisposed = false;
  private _waitingHere = 0;
  private _asked = 0;
  private readonly _changed = new Signal<PanelModel, void>(this);
}

/** The payload of an event. */
export function dataOf(event: IStoredEvent): Readonly<Record<string, unknown>> {
  const { data } = event.recorded;
  return typeof data === 'object' && data !== null && !Array.isArray(data)
    ? (data as Readonly<Record<string, unknown>>)
    : {};
}

/** The command that an event tells of; empty for other events. */
export function commandOf(event: IStoredEvent): string {
  const { command } = dataOf(event);
  return typeof command === 'string' ? command : '';
}
