// The telemetry API where there is no server: this browser keeps the ledger, and decides as a server would.

import type {
  ConsentRequest,
  DownloadFormat,
  IBatch,
  IConsentAnswer,
  IDownload,
  IErasure,
  IEventFilter,
  IEventPage,
  IStoredEvent,
  ISubmitAnswer,
  ITelemetryApi,
  ITelemetryState
} from '../pipeline/api';
import { ApiError } from '../pipeline/api';
import { isGpcOn } from '../pipeline/privacy';
import { VERSION } from '../pipeline/version';
import type { Refusal } from './admission';
import { admit } from './admission';
import type { IRow, ITimeRange, RowKey, Stored } from './database';
import { Database } from './database';
import { fileOf } from './export';
import type { IPurpose, IShippedManifest } from './manifest';
import { MANIFEST } from './manifest';
import type { IStanding } from './standing';
import { entryOf, modeOf, NOTHING_CHOSEN, purposeState } from './standing';

/** Whose data it is: there is nobody else in this browser. */
const OWNER = 'browser';
/** The oldest go when there are more. */
const MAX_EVENTS = 50_000;
const PAGE_SIZE = 100;
/** As a server has it. */
const MAX_PAUSE_S = 7 * 86_400;

export interface IBrowserApiOptions {
  /** Of the database. */
  readonly name: string;
  readonly factory?: IDBFactory;
  readonly manifest?: IShippedManifest;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly maxEvents?: number;
}

export class BrowserApi implements ITelemetryApi {
  constructor(options: IBrowserApiOptions) {
    this._manifest = options.manifest ?? MANIFEST;
    this._now = options.now ?? (() => Date.now());
    this._maxEvents = options.maxEvents ?? MAX_EVENTS;
    this._database = new Database(
      options.name,
      options.factory ?? globalThis.indexedDB
    );
  }

  async getState(dayStart?: Date): Promise<ITelemetryState> {
    const nowMs = this._now();
    const today = dayStart ? { sinceMs: dayStart.getTime() } : {};
    const found = await this._use(async stored => {
      await stored.tidy(nowMs, this._maxEvents);
      return {
        standing: await standingOf(stored, nowMs),
        recorded: await stored.count(today)
      };
    });
    const { standing, recorded } = found ?? {
      standing: NOTHING_CHOSEN,
      recorded: 0
    };
    return {
      ...SAME_EVERYWHERE,
      hash: this._manifest.hash,
      signals: signals(),
      paused_until: timeText(standing.pausedUntilMs),
      purposes: this._manifest.purposes.map(purpose =>
        purposeState(purpose, standing)
      ),
      counts: { recorded_today: recorded, forwarded: 0, waiting: 0, dropped: 0 }
    };
  }

  async submit(batch: IBatch, init: RequestInit = {}): Promise<ISubmitAnswer> {
    const nowMs = this._now();
    const answer = await this._use(async stored => {
      // Consent may have been withdrawn while the database was opened.
      init.signal?.throwIfAborted();
      const standing = await standingOf(stored, nowMs);
      const outcomes = batch.events.map(event =>
        admit(event, batch, this._manifest, standing, nowMs)
      );
      const rows = outcomes.filter(outcome => 'recorded' in outcome);
      const accepted = await addAll(rows, stored);
      await stored.tidy(nowMs, this._maxEvents);
      return {
        accepted,
        duplicates: rows.length - accepted,
        rejected: outcomes.filter(outcome => 'code' in outcome)
      };
    });
    return answer ?? { accepted: 0, duplicates: 0, rejected: refusals(batch) };
  }

  async getEvents(filter: IEventFilter = {}): Promise<IEventPage> {
    const limit = filter.limit ?? PAGE_SIZE;
    const rows = await this._rows(filter, limit + 1);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      events: rows.slice(0, limit).map(eventOf),
      next: last ? JSON.stringify(keyOf(last)) : null
    };
  }

  async eraseEvents(
    range: Pick<IEventFilter, 'since' | 'until'> = {}
  ): Promise<IErasure> {
    const times = timesOf(range);
    const here = await this._use(async stored => {
      const count = await stored.count(times);
      await stored.erase(times);
      return count;
    });
    return { here: here ?? 0, waiting_cancelled: 0, sinks: [], pending: false };
  }

  async getConsent(): Promise<IConsentAnswer> {
    const nowMs = this._now();
    const standing = await this._use(stored => standingOf(stored, nowMs));
    return this._consentOf(standing ?? NOTHING_CHOSEN);
  }

  async putConsent(request: ConsentRequest): Promise<IConsentAnswer> {
    const nowMs = this._now();
    if ('pause_seconds' in request) {
      const untilMs = pauseEnd(request.pause_seconds, nowMs);
      // Before a first choice there is nothing to pause, and nothing may be stored.
      await this._use(stored => stored.pause(untilMs));
      return this.getConsent();
    }
    const purpose = this._purpose(request.purpose);
    if ('notice_shown' in request) {
      throw new ApiError(409, 'not_offered', 'Nothing here needs a notice.');
    }
    const isChanged = await this._use(async stored => {
      const standing = await standingOf(stored, nowMs);
      await stored.addChoice(entryOf(request, purpose, standing, nowMs));
      return true;
    });
    if (!isChanged) {
      // Made before a database is: what is refused must not leave an empty one behind.
      const first = entryOf(request, purpose, NOTHING_CHOSEN, nowMs);
      // Nor is anything stored to say that nothing shall be stored.
      if (first.mode !== 'off') {
        await unlessUnavailable(
          this._database.make(stored => stored.addChoice(first))
        );
      }
    }
    return this.getConsent();
  }

  async download(
    format: DownloadFormat,
    filter: IEventFilter = {}
  ): Promise<IDownload> {
    const rows = await this._rows(filter, Infinity);
    return {
      url: URL.createObjectURL(fileOf(rows.map(eventOf), format)),
      fileName: `my-events.${format}`
    };
  }

  /** They are done when they are answered: nobody else has anything. */
  getErasures(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  exportUrl(): null {
    return null;
  }

  privacyUrl(): null {
    return null;
  }

  schemaUrl(): null {
    return null;
  }

  private _use<T>(task: (stored: Stored) => Promise<T>): Promise<T | null> {
    return unlessUnavailable(this._database.use(task));
  }

  /** What of the ledger fits, newest first. */
  private async _rows(filter: IEventFilter, limit: number): Promise<IRow[]> {
    const { schema, purpose, state, cursor } = filter;
    const rows: IRow[] = [];
    const before = cursor ? (JSON.parse(cursor) as RowKey) : null;
    await this._use(stored =>
      stored.walk(timesOf(filter), before, row => {
        const fits =
          // Nothing is forwarded: no event has a delivery in any state.
          !state &&
          (!schema || row.schema === schema) &&
          (!purpose || row.purpose === purpose);
        if (fits) {
          rows.push(row);
        }
        return rows.length < limit;
      })
    );
    return rows;
  }

  private _purpose(name: string): IPurpose {
    const purpose = this._manifest.purposes.find(known => known.name === name);
    if (!purpose) {
      throw new ApiError(404, 'unknown_purpose', 'There is no such purpose.');
    }
    return purpose;
  }

  private _consentOf(standing: IStanding): IConsentAnswer {
    const { purposes } = this._manifest;
    return {
      owner: OWNER,
      paused_until: timeText(standing.pausedUntilMs),
      modes: Object.fromEntries(
        purposes.map(purpose => [purpose.name, modeOf(purpose, standing)])
      ),
      history: [...standing.choices].reverse()
    };
  }

  private readonly _manifest: IShippedManifest;
  private readonly _now: () => number;
  private readonly _maxEvents: number;
  private readonly _database: Database;
}

const SAME_EVERYWHERE = {
  version: VERSION,
  problem: null,
  contact: '',
  owner: { key: OWNER, shared: false },
  storage: 'this browser',
  on_hub: false,
  in_browser: true,
  commands: {},
  sinks: [],
  health: { recent: [] }
} as const;

/** They could not reduce anything: nothing leaves. They are told as a server would. */
function signals(): ITelemetryState['signals'] {
  return {
    gpc: isGpcOn(),
    do_not_track: navigator.doNotTrack === '1'
  };
}

async function standingOf(stored: Stored, nowMs: number): Promise<IStanding> {
  return {
    choices: await stored.choices(),
    pausedUntilMs: await stored.pausedUntilMs(nowMs)
  };
}

/** Resolves to how many were not there before. */
async function addAll(rows: readonly IRow[], stored: Stored): Promise<number> {
  let added = 0;
  for (const row of rows) {
    added += (await stored.add(row)) ? 1 : 0;
  }
  return added;
}

/** Where nothing was ever chosen. */
function refusals({ events }: IBatch): Refusal[] {
  return events.map(({ id }) => ({
    id,
    code: 'not_consented',
    pointer: '/schema'
  }));
}

function pauseEnd(seconds: number | null, nowMs: number): number | null {
  return seconds === null
    ? null
    : nowMs + Math.min(seconds, MAX_PAUSE_S) * 1000;
}

function eventOf(row: IRow): IStoredEvent {
  return {
    id: row.id,
    schema: row.schema,
    purpose: row.purpose,
    time: new Date(row.timeMs).toISOString(),
    received: new Date(row.receivedMs).toISOString(),
    recorded: row.recorded,
    deliveries: []
  };
}

function keyOf({ timeMs, sequence, id }: IRow): RowKey {
  return [timeMs, sequence, id];
}

function timesOf({ since, until }: IEventFilter): ITimeRange {
  return {
    ...(since ? { sinceMs: Date.parse(since) } : {}),
    ...(until ? { untilMs: Date.parse(until) } : {})
  };
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Say it in our words where the browser gives no access to its storage, or has no room left. */
async function unlessUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof ApiError
      ? error
      : new ApiError(
          503,
          'storage_unavailable',
          'This browser gives no access to its storage.'
        );
  }
}
