// A server in memory: answers as the REST API does, and can be told to fail.

import { nullTranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { Manifest } from '../consent/manifest';
import type {
  ConsentRequest,
  IConsentAnswer,
  IConsentEntry,
  IDifference,
  IErasure,
  IErasureRequest,
  IEventFilter,
  IEventPage,
  IPurposeState,
  ISinkState,
  IStoredEvent,
  ITelemetryState
} from '../pipeline/api';
import { ApiError, TelemetryApi } from '../pipeline/api';
import type { Mode } from '../tokens';

export const trans = nullTranslator.load('jupyter_eventlog');

export const COMMAND = 'https://events.jupyter.org/jupyter_eventlog/command/v1';

export const SINK: ISinkState = {
  name: 'archive',
  type: 'jsonl',
  side: 'server',
  recipient: 'IT Services',
  retention: '30d',
  can_erase: true,
  declared_in: 'EventLogApp.sinks[0]',
  purposes: ['usage'],
  state: 'ok',
  last_success: null,
  failing_since: null,
  reason: '',
  counts: {
    accepted: 0,
    pending: 0,
    delivered: 0,
    dead_lettered: 0,
    expired: 0,
    revoked: 0,
    erased: 0
  }
};

export const PURPOSE: IPurposeState = {
  name: 'usage',
  title: 'How JupyterLab is used',
  policy: 'opt-in',
  legal_basis: 'consent',
  legal_basis_reference: '',
  contact: '',
  readers: [],
  problem: null,
  mandatory: false,
  notice_shown: null,
  difference: null,
  controller: 'Example University',
  identity: 'none',
  retention: '90d',
  time_resolution: '1min',
  not_used_for: ['grading', 'attendance'],
  terms: 'sha256:one',
  offers: { off: null, local: null, on: null },
  mode: 'off',
  choice: null,
  schemas: [
    {
      id: COMMAND,
      title: 'Command',
      description: 'A command was run.',
      fields: [
        {
          pointer: '/command',
          title: 'Command',
          description: 'Which command was run.',
          categories: [],
          protection: 'keep',
          example: 'docmanager:save'
        },
        {
          pointer: '/duration_ms',
          title: 'Duration',
          description: 'How long it took.',
          categories: [],
          protection: 'bucket',
          example: 12
        }
      ],
      example: { command: 'docmanager:save' },
      example_sent: { data: { command: 'docmanager:save' } }
    }
  ],
  sinks: ['archive'],
  forwarded_to: []
};

export const DIFFERENCE: IDifference = {
  terms: 'sha256:one',
  since: '2026-01-01T00:00:00Z',
  items: [
    {
      code: 'field_added',
      args: { schema: COMMAND, field: '/kernel', title: 'kernel language' },
      text: '+ field kernel language'
    },
    {
      code: 'recipient_added',
      args: { recipient: 'X' },
      text: '+ recipient X'
    },
    {
      code: 'retention',
      args: { from: '30d', to: '90d' },
      text: 'kept 30d → 90d'
    }
  ],
  answer: null
};

export function storedEvent(
  n: number,
  command = 'docmanager:save',
  sent?: string
): IStoredEvent {
  const time = new Date(Date.UTC(2026, 0, 1, 12, 0, n)).toISOString();
  return {
    id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    schema: COMMAND,
    purpose: 'usage',
    time,
    received: time,
    recorded: {
      data: {
        command,
        trigger: { surface: 'toolbar', device: 'mouse', certainty: 'exact' },
        outcome: 'success',
        duration_ms: 12
      }
    },
    deliveries:
      sent === undefined
        ? []
        : [
            {
              sink: 'archive',
              state: 'delivered',
              reason: '',
              changed: time,
              sent
            }
          ]
  };
}

/** What would go over the wire, in the order in which it was asked for. */
export class TelemetryServer extends TelemetryApi {
  constructor(purposes: readonly IPurposeState[] = [PURPOSE]) {
    super({ baseUrl: 'http://localhost/' } as ConstructorParameters<
      typeof TelemetryApi
    >[0]);
    this.purposes = purposes;
  }

  purposes: readonly IPurposeState[];
  sinks: readonly ISinkState[] = [SINK];
  stored: readonly IStoredEvent[] = [];
  history: readonly IConsentEntry[] = [];
  erasures: readonly IErasureRequest[] = [];
  pausedUntil: string | null = null;
  changes: Partial<ITelemetryState> = {};
  readonly calls: string[] = [];
  readonly filters: IEventFilter[] = [];
  readonly requests: ConsentRequest[] = [];
  /** Thrown by the next call that changes something. */
  refusal: Error | null = null;
  isDown = false;

  get now(): ITelemetryState {
    return {
      version: '0.1.0',
      hash: 'sha256:manifest',
      problem: null,
      contact: 'it@example.edu',
      owner: { key: 'owner', shared: true },
      storage: "this server's storage",
      on_hub: false,
      signals: { gpc: false, do_not_track: false },
      paused_until: this.pausedUntil,
      commands: {},
      purposes: this.purposes,
      sinks: this.sinks,
      counts: { recorded_today: 5, forwarded: 3, waiting: 2, dropped: 1 },
      health: { recent: [] },
      ...this.changes
    };
  }

  override getState(): Promise<ITelemetryState> {
    return this._answer('GET state', () => this.now);
  }

  override getConsent(): Promise<IConsentAnswer> {
    return this._answer('GET consent', () => this._consent);
  }

  override putConsent(request: ConsentRequest): Promise<IConsentAnswer> {
    this.requests.push(request);
    return this._answer('PUT consent', () => {
      this._refuse();
      if ('pause_seconds' in request) {
        this.pausedUntil =
          request.pause_seconds === null
            ? null
            : new Date(Date.now() + request.pause_seconds * 1000).toISOString();
      } else if ('keep' in request) {
        this._answerTerms(request.purpose, 'kept');
      } else if ('notice_shown' in request) {
        this._change(request.purpose, { notice_shown: '2026-01-01T00:00:00Z' });
      } else {
        this._choose(request.purpose, request.mode, request.control);
      }
      return this._consent;
    });
  }

  override getEvents(filter: IEventFilter = {}): Promise<IEventPage> {
    this.filters.push(filter);
    return this._answer('GET events', () => ({
      events: this.stored,
      next: null
    }));
  }

  override eraseEvents(): Promise<IErasure> {
    return this._answer('DELETE events', () => {
      this._refuse();
      const here = this.stored.length;
      this.stored = [];
      return {
        here,
        waiting_cancelled: 8,
        sinks: [
          {
            name: 'A',
            left: 640,
            can_erase: true,
            status: 'asked',
            expires: null
          },
          {
            name: 'B',
            left: 641,
            can_erase: false,
            status: 'cannot_recall',
            expires: '2027-02-01T12:00:00Z'
          }
        ],
        pending: false
      };
    });
  }

  override getErasures(): Promise<readonly IErasureRequest[]> {
    return this._answer('GET erasures', () => this.erasures);
  }

  private get _consent(): IConsentAnswer {
    return {
      owner: 'owner',
      paused_until: this.pausedUntil,
      modes: Object.fromEntries(
        this.purposes.map(({ name, mode }) => [name, mode])
      ),
      history: this.history
    };
  }

  private _choose(name: string, mode: Mode, control: string): void {
    this._choices += 1;
    const at = new Date(Date.UTC(2026, 0, this._choices)).toISOString();
    const terms = this.purposes.find(one => one.name === name)?.terms ?? '';
    const entry = { purpose: name, mode, terms, at, control };
    const none = { terms_text: null, notice_version: null, locale: null };
    this.history = [{ ...entry, ...none }, ...this.history];
    this.purposes = this.purposes.map(purpose =>
      purpose.name === name
        ? {
            ...purpose,
            mode,
            forwarded_to: mode === 'on' ? purpose.sinks : [],
            difference: null,
            choice: { mode, terms: purpose.terms, at, control }
          }
        : purpose
    );
  }

  private _answerTerms(name: string, answer: 'kept'): void {
    const difference = this.purposes.find(
      purpose => purpose.name === name
    )?.difference;
    if (difference) {
      this._change(name, { difference: { ...difference, answer } });
    }
  }

  private _change(name: string, change: Partial<IPurposeState>): void {
    this.purposes = this.purposes.map(purpose =>
      purpose.name === name ? { ...purpose, ...change } : purpose
    );
  }

  private _choices = 0;

  private _refuse(): void {
    const { refusal } = this;
    this.refusal = null;
    if (refusal) {
      throw refusal;
    }
  }

  private async _answer<T>(call: string, work: () => T): Promise<T> {
    this.calls.push(call);
    await Promise.resolve();
    if (this.isDown) {
      throw new TypeError('Failed to fetch');
    }
    return work();
  }
}

export const STALE = new ApiError(409, 'stale_terms', 'The terms changed.');

export function manifestOf(server: TelemetryServer): Manifest {
  return new Manifest(server);
}

/** Show an element as JupyterLab would, in a widget of the page. */
export function show(element: React.ReactElement): HTMLElement {
  const widget = ReactWidget.create(element);
  Widget.attach(widget, document.body);
  MessageLoop.flush();
  return widget.node;
}

/** Wait until something is there; fails with the page's text after half a minute. */
export async function until<T>(
  find: () => T | null | undefined | false
): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = find();
    if (found !== null && found !== undefined && found !== false) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`not seen in: ${document.body.textContent}`);
    }
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

export function byText(
  node: ParentNode,
  selector: string,
  text: string | RegExp
): HTMLElement | undefined {
  return Array.from(node.querySelectorAll<HTMLElement>(selector)).find(
    ({ textContent }) =>
      typeof text === 'string'
        ? textContent?.trim() === text
        : text.test(textContent ?? '')
  );
}
