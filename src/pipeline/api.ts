// The REST API of the server extension, typed; nothing here decides, retries or remembers.

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type {
  PartialJSONObject,
  ReadonlyPartialJSONObject,
  ReadonlyPartialJSONValue
} from '@lumino/coreutils';

import type {
  CommandDeclarations,
  Control,
  IQueuedEvent,
  Mode
} from '../tokens';

/** How a field is treated before it leaves for a sink. */
export type Protection =
  'keep' | 'listed' | 'bucket' | 'truncate' | 'present' | 'hash' | 'drop';

/** In which one state an event is, for one sink. */
export type DeliveryState =
  'pending' | 'delivered' | 'dead_lettered' | 'expired' | 'revoked' | 'erased';

export interface IField {
  /** JSON pointer in the event's data; `*` stands for any index of an array. */
  readonly pointer: string;
  readonly title: string;
  readonly description: string;
  readonly categories: readonly string[];
  readonly protection: Protection;
  readonly example: ReadonlyPartialJSONValue;
}

export interface ISchemaTerms {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly fields: readonly IField[];
  /** An example as it would be recorded. */
  readonly example: ReadonlyPartialJSONObject;
  /** The same example behind this deployment's protection; null where nothing is forwarded. */
  readonly example_sent: ReadonlyPartialJSONObject | null;
}

/** Why a mode is not available; null where it is. */
export type OfferReason = string | null;

/** How a choice came about. */
export type ChoiceKind =
  'given' | 'refused' | 'withdrawn' | 'kept' | 'notice-shown' | 'objected';

/** One thing that the terms ask for beyond what was agreed to. */
export interface IDifferenceItem {
  readonly code: string;
  readonly args: ReadonlyPartialJSONObject;
  /** In English, for codes that are not known here. */
  readonly text: string;
}

/** What the terms ask for beyond what was agreed to. */
export interface IDifference {
  /** Hash of the terms that ask for it. */
  readonly terms: string;
  /** When the earlier terms were agreed to. */
  readonly since: string;
  readonly items: readonly IDifferenceItem[];
  /** Whether nothing is forwarded until somebody agrees: what changed cannot be kept as it was agreed. */
  readonly stopped?: boolean;
  /** Null while nobody has answered; `kept` where the earlier terms stay. */
  readonly answer: 'kept' | null;
}

export interface IPurposeState {
  readonly name: string;
  readonly title: string;
  readonly policy: string;
  readonly legal_basis: string;
  readonly legal_basis_reference: string;
  readonly controller: string;
  readonly contact: string;
  /** Who may read it, in the operator's words. */
  readonly readers: readonly string[];
  /** Why this purpose is off whatever is chosen, or null. */
  readonly problem: string | null;
  /** Whether nobody can turn it off. */
  readonly mandatory: boolean;
  /** When the notice was shown; null where it was not, or where none is needed. */
  readonly notice_shown: string | null;
  readonly difference: IDifference | null;
  readonly identity: string;
  readonly retention: string;
  readonly time_resolution: string;
  readonly not_used_for: readonly string[];
  /** Hash of the terms that a choice made now is recorded under. */
  readonly terms: string;
  readonly offers: Readonly<Record<Mode, OfferReason>>;
  /** Effective mode. */
  readonly mode: Mode;
  /** What was last recorded, or null while unanswered. */
  readonly choice: {
    readonly mode: Mode;
    readonly terms: string;
    readonly at: string;
    readonly control: string;
    readonly kind?: ChoiceKind;
  } | null;
  readonly schemas: readonly ISchemaTerms[];
  readonly sinks: readonly string[];
  /** The names of those that events of this purpose go to, as was agreed to; a pause aside. */
  readonly forwarded_to: readonly string[];
}

export interface ISinkState {
  readonly name: string;
  readonly type: string;
  readonly side: 'server' | 'browser';
  readonly recipient: string;
  readonly retention: string;
  readonly can_erase: boolean;
  /** Which setting of the operator declares it. */
  readonly declared_in: string;
  readonly purposes: readonly string[];
  /** Browser side only: schema id → properties that it may have. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Browser side only: times are cut down to a multiple of it. */
  readonly time_resolution_ms?: number;
  readonly state: 'ok' | 'delayed' | 'failing' | 'stopped';
  readonly last_success: string | null;
  readonly failing_since: string | null;
  readonly reason: string;
  readonly counts: Readonly<Record<DeliveryState | 'accepted', number>>;
}

/** Body of `GET /api/telemetry`. */
export interface ITelemetryState {
  readonly version: string;
  readonly hash: string;
  readonly problem: { readonly code: string; readonly message: string } | null;
  readonly contact: string;
  readonly owner: { readonly key: string; readonly shared: boolean };
  /** Where the ledger is, in words. */
  readonly storage: string;
  readonly on_hub: boolean;
  /** Present where there is no server and the ledger is in this browser. */
  readonly in_browser?: true;
  readonly signals: {
    readonly gpc: boolean;
    readonly do_not_track: boolean;
  };
  readonly paused_until: string | null;
  /** Those that the operator lists beside the shipped ones. */
  readonly commands: CommandDeclarations;
  readonly purposes: readonly IPurposeState[];
  readonly sinks: readonly ISinkState[];
  readonly counts: {
    readonly recorded_today: number;
    readonly forwarded: number;
    readonly waiting: number;
    readonly dropped: number;
  };
  readonly health: {
    readonly recent: readonly ReadonlyPartialJSONObject[];
    readonly ledger?: {
      readonly state: 'ok' | 'full' | 'unavailable';
      readonly since: string | null;
      /** When each damaged ledger was set aside that is still kept. */
      readonly set_aside: readonly string[];
    };
    /** How many submissions were asked to come later since the server started, by code. */
    readonly refused?: Readonly<Record<string, number>>;
  };
}

export interface IDelivery {
  readonly sink: string;
  readonly state: DeliveryState;
  readonly reason: string;
  readonly changed: string;
  /** Exactly what is, or was, handed to the sink. */
  readonly sent: string;
}

export interface IStoredEvent {
  readonly id: string;
  readonly schema: string;
  readonly purpose: string;
  readonly time: string;
  readonly received: string;
  /** The envelope. */
  readonly recorded: ReadonlyPartialJSONObject;
  readonly deliveries: readonly IDelivery[];
}

export interface IEventPage {
  readonly events: readonly IStoredEvent[];
  readonly next: string | null;
}

/** Which events; all filters must fit. Times are RFC 3339. */
export interface IEventFilter {
  readonly since?: string;
  readonly until?: string;
  readonly schema?: string;
  readonly purpose?: string;
  /** One or more of {@link DeliveryState}, with commas between. */
  readonly state?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

export type DownloadFormat = 'jsonl' | 'csv' | 'json';

/** A file that a browser can save. */
export interface IDownload {
  readonly url: string;
  /** Empty where the server names it. */
  readonly fileName: string;
}

/** What an erasure does not touch, and why. */
export interface IKept {
  readonly purpose: string;
  readonly n: number;
  readonly reason: string;
  readonly legal_basis: string;
  readonly legal_basis_reference: string;
  readonly contact: string;
}

/** An erasure that was asked for earlier, and how far it has come. */
export interface IErasureRequest {
  readonly id: string;
  readonly at: string;
  readonly since: string | null;
  readonly until: string | null;
  readonly here: number;
  readonly waiting_cancelled: number;
  readonly pending: boolean;
  readonly sinks: readonly {
    readonly name: string;
    readonly left: number;
    /** Expired: never confirmed, and by its own retention gone by now. */
    readonly status: 'asked' | 'confirmed' | 'cannot_recall' | 'expired';
    readonly confirmed_at: string | null;
    /** How many of what had left the sink has said that it erased. */
    readonly confirmed: number;
  }[];
  readonly kept: readonly IKept[];
}

/** Answer of `DELETE /api/telemetry/events`. */
export interface IErasure {
  /** Of its record; absent or null where nothing was ever kept. */
  readonly id?: string | null;
  readonly here: number;
  readonly waiting_cancelled: number;
  readonly sinks: readonly {
    readonly name: string;
    readonly left: number;
    readonly can_erase: boolean;
    readonly status: 'asked' | 'cannot_recall';
    readonly expires: string | null;
  }[];
  /** True while an open reader keeps the old pages from being overwritten. */
  readonly pending: boolean;
  readonly kept?: readonly IKept[];
}

export interface IConsentEntry {
  readonly purpose: string;
  readonly mode: Mode;
  readonly terms: string;
  readonly terms_text: ReadonlyPartialJSONObject | null;
  readonly notice_version: string | null;
  readonly locale: string | null;
  readonly at: string;
  readonly control: string;
  readonly kind?: ChoiceKind;
}

/** Body of `GET` and answer of `PUT /api/telemetry/consent`. */
export interface IConsentAnswer {
  readonly owner: string;
  readonly paused_until: string | null;
  readonly modes: Readonly<Record<string, Mode>>;
  readonly history: readonly IConsentEntry[];
}

/** Body of `PUT /api/telemetry/consent`. */
export type ConsentRequest =
  | {
      readonly purpose: string;
      readonly mode: Mode;
      readonly terms?: string;
      readonly notice_version?: string;
      readonly locale?: string;
      readonly control: Control;
    }
  | {
      readonly purpose: string;
      /** Hash of the terms that are not wanted: the earlier ones stay. */
      readonly keep: string;
      readonly locale?: string;
      readonly control: Control;
    }
  | {
      readonly purpose: string;
      /** Hash of the terms in the notice that was on the screen. */
      readonly notice_shown: string;
      readonly notice_version: string;
      readonly locale?: string;
      readonly control: 'notice';
    }
  | { readonly pause_seconds: number | null };

export interface IBatch {
  readonly sent_at: string;
  readonly session: string;
  /** Purpose → mode under which its events were captured; the server does no more with them. */
  readonly modes: Readonly<Record<string, Mode>>;
  /** Purpose → when the choice was made under which they were; the server keeps what was under another. */
  readonly chosen_at?: Readonly<Record<string, string>>;
  readonly events: readonly IQueuedEvent[];
}

export interface ISubmitAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly {
    readonly id: string;
    readonly code: string;
    readonly pointer: string;
    readonly keyword?: string;
  }[];
}

/** The server answered, and the answer was no. */
export class ApiError extends Error {
  /**
   * @param status - HTTP status.
   * @param code - The server's machine-readable reason, `http_<status>` where it gave none.
   * @param retryAfterS - Seconds that the server asked to wait, or null.
   */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterS: number | null = null
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/**
 * Typed calls of `/api/telemetry`.
 *
 * Every call rejects with `ApiError` where the server refused, and with
 * `ServerConnection.NetworkError` where it could not be reached.
 */
export class TelemetryApi {
  /**
   * @param _pageOwner - Whose page it is, as it was loaded. Choices and erasures are theirs or nobody's: a page
   *   that was left open is told of whoever is logged in by now, and must not act for them at a click.
   */
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _pageOwner = ''
  ) {}

  /** @param dayStart - Where the user's today begins; the server knows no time zone of a browser. */
  getState(dayStart?: Date): Promise<ITelemetryState> {
    return this._call<ITelemetryState>('GET', [], {
      day_start: dayStart?.toISOString()
    });
  }

  /**
   * Submit a batch.
   *
   * @param init - For example `keepalive`, while the page is being hidden.
   * @param owner - Whose it is; the server refuses it if somebody else is logged in by now.
   */
  submit(
    batch: IBatch,
    init: RequestInit = {},
    owner?: string
  ): Promise<ISubmitAnswer> {
    const query = { owner };
    return this._call<ISubmitAnswer>('POST', ['events'], query, batch, init);
  }

  getEvents(filter: IEventFilter = {}): Promise<IEventPage> {
    return this._call<IEventPage>('GET', ['events'], { ...filter });
  }

  /**
   * Erase the user's events, all or those between two times.
   *
   * @param owner - Whose; as for a batch.
   */
  eraseEvents(
    range: Pick<IEventFilter, 'since' | 'until'> = {},
    owner?: string
  ): Promise<IErasure> {
    return this._call<IErasure>('DELETE', ['events'], {
      ...range,
      owner: this._pageOwner || owner
    });
  }

  getConsent(): Promise<IConsentAnswer> {
    return this._call<IConsentAnswer>('GET', ['consent']);
  }

  /** @param owner - Whose choice it is; as for a batch. */
  putConsent(request: ConsentRequest, owner?: string): Promise<IConsentAnswer> {
    const query = { owner: this._pageOwner || owner };
    return this._call<IConsentAnswer>('PUT', ['consent'], query, request);
  }

  /** Everything that fits a filter; for a link, cookies carry the identity. */
  download(
    format: DownloadFormat,
    filter: IEventFilter = {}
  ): Promise<IDownload> {
    const url = this._url(['events'], { ...filter, format, download: 1 });
    return Promise.resolve({ url, fileName: '' });
  }

  /** The erasures that this user asked for, newest first. */
  async getErasures(): Promise<readonly IErasureRequest[]> {
    const answer = await this._call<{
      readonly erasures: readonly IErasureRequest[];
    }>('GET', ['erasures']);
    return answer.erasures;
  }

  /** Everything of this user in one file, with what explains it; null where nobody makes one. */
  exportUrl(): string | null {
    return this._url(['export'], {});
  }

  /** The page that says what is recorded and which rights there are; null where nobody serves one. */
  privacyUrl(): string | null {
    return this._url(['privacy'], {});
  }

  /** The schema of events as a page for people; null where nobody serves one. */
  schemaUrl(id: string): string | null {
    return this._url(['schemas', encodeURIComponent(id)], { format: 'html' });
  }

  private _url(path: string[], query: Query): string {
    const url = URLExt.join(this._settings.baseUrl, 'api/telemetry', ...path);
    const given = Object.entries(query).filter(
      (entry): entry is [string, string | number] =>
        entry[1] !== undefined && entry[1] !== ''
    );
    const search = new URLSearchParams(
      given.map(([name, value]) => [name, String(value)])
    ).toString();
    return search ? `${url}?${search}` : url;
  }

  private async _call<T>(
    method: string,
    path: string[],
    query: Query = {},
    body?: object,
    init: RequestInit = {}
  ): Promise<T> {
    const response = await ServerConnection.makeRequest(
      this._url(path, query),
      {
        // Never from a cache; and not `no-store`, for which JupyterLab adds a time to the URL.
        cache: 'reload',
        ...init,
        method,
        ...(body
          ? {
              body: JSON.stringify(body),
              headers: { 'Content-Type': 'application/json' }
            }
          : {})
      },
      init.keepalive ? keptAlive(this._settings) : this._settings
    );
    if (!response.ok) {
      throw await refusal(response);
    }
    return (await response.json()) as T;
  }
}

/** The same calls, whoever answers them: a server, or this browser where there is none. */
export type ITelemetryApi = Pick<TelemetryApi, keyof TelemetryApi>;

/** Firefox heeds `keepalive` where `fetch` is told of it, and not where only its `Request` has it. */
function keptAlive(
  settings: ServerConnection.ISettings
): ServerConnection.ISettings {
  const { fetch } = settings;
  return { ...settings, fetch: request => fetch(request, { keepalive: true }) };
}

type Query = Readonly<Record<string, string | number | undefined>>;

async function refusal(response: Response): Promise<ApiError> {
  let body: PartialJSONObject = {};
  try {
    body = (await response.json()) as PartialJSONObject;
  } catch {
    // A proxy's page, perhaps: the status has to do.
  }
  return new ApiError(
    response.status,
    typeof body.code === 'string' ? body.code : `http_${response.status}`,
    typeof body.message === 'string'
      ? body.message
      : `${response.status} ${response.statusText}`,
    retryAfter(response.headers.get('Retry-After'))
  );
}

/** Seconds from now, of either form that RFC 9110, section 10.2.3, allows; null where there is none. */
function retryAfter(header: string | null): number | null {
  if (header === null) {
    return null;
  }
  const seconds = /^\d+(\.\d+)?$/.test(header.trim())
    ? Number(header)
    : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}
