// Reads what the server holds, as the events come in.

import type { Page } from '@playwright/test';

import type { ILab } from '../lab';

const SCHEMAS = 'https://events.jupyter.org/jupyter_eventlog';
const COMMAND = `${SCHEMAS}/command/v1`;
const ACTIVITY = `${SCHEMAS}/activity/v1`;

export interface ITold {
  readonly what: string;
  readonly isActivity: boolean;
  readonly surface: string;
  readonly device: string;
  readonly certainty: string;
  readonly parent: string | null;
  readonly outcome: string | null;
  /** When it began. */
  readonly atMs: number;
}

interface IHeld {
  readonly id: string;
  readonly recorded: {
    readonly dataschema?: string;
    readonly time: string;
    readonly data: Record<string, unknown> & {
      readonly trigger: Record<'surface' | 'device' | 'certainty', string>;
    };
  };
}

async function call<T>(
  lab: ILab,
  method: string,
  path: string,
  body?: object
): Promise<T> {
  const response = await fetch(`${lab.url}/api/telemetry${path}`, {
    method,
    headers: {
      Authorization: `token ${lab.token}`,
      'Content-Type': 'application/json'
    },
    ...(body ? { body: JSON.stringify(body) } : {})
  });
  if (!response.ok) {
    throw new Error(
      `${method} ${path}: ${response.status} ${await response.text()}`
    );
  }
  return (await response.json()) as T;
}

export async function consentToLocal(lab: ILab): Promise<void> {
  const { purposes } = await call<{
    purposes: { name: string; terms: string }[];
  }>(lab, 'GET', '');
  for (const { name, terms } of purposes) {
    await call(lab, 'PUT', '/consent', {
      purpose: name,
      mode: 'local',
      terms,
      control: 'settings'
    });
  }
}

/** All commands and activities of this server so far, in the order in which they began. */
export class Recorded {
  constructor(private readonly _lab: ILab) {}

  get events(): readonly ITold[] {
    return [...this._held.values()].sort((a, b) => a.atMs - b.atMs);
  }

  /** Have the page send what waits, as it does when it is hidden, and read what is new. */
  async read(page: Page): Promise<readonly ITold[]> {
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', {
        value: 'hidden',
        configurable: true
      });
      document.dispatchEvent(new Event('visibilitychange'));
      Reflect.deleteProperty(document, 'visibilityState');
    });
    for (const [schema, isActivity] of [
      [COMMAND, false],
      [ACTIVITY, true]
    ] as const) {
      const { events } = await call<{ events: IHeld[] }>(
        this._lab,
        'GET',
        `/events?limit=100&schema=${encodeURIComponent(schema)}`
      );
      events.forEach(event => this._keep(event, isActivity));
    }
    return this.events;
  }

  private _keep({ id, recorded }: IHeld, isActivity: boolean): void {
    const { data, time } = recorded;
    const text = (value: unknown): string | null =>
      typeof value === 'string' ? value : null;
    this._held.set(id, {
      what: text(isActivity ? data.activity : data.command) ?? '?',
      isActivity,
      ...data.trigger,
      parent: text(data.parent),
      outcome: text(data.outcome),
      atMs: Date.parse(time)
    });
  }

  private readonly _held = new Map<string, ITold>();
}
