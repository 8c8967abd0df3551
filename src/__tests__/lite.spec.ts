// A page without a server: what it keeps in the browser, and when.

import './browser';

import { IDBFactory } from 'fake-indexeddb';

import { fromRest } from '../consent/told';
import { BrowserApi } from '../lite/browserApi';
import { strayField } from '../lite/envelope';
import { asCsv, asJson, asJsonl } from '../lite/export';
import type { IPurpose } from '../lite/manifest';
import { MANIFEST } from '../lite/manifest';
import { isStaticSite, isStored, storeName } from '../lite/site';
import { entryOf, NOTHING_CHOSEN } from '../lite/standing';
import type {
  ConsentRequest,
  IBatch,
  IField,
  ISchemaTerms
} from '../pipeline/api';
import { ServerTransport } from '../sinks/server';
import type { IQueuedEvent } from '../tokens';
import { COMMAND } from './consentStub';

const NAME = storeName('http://localhost/');
const DAY_MS = 86_400_000;
const SESSION_ID = '00000000-0000-4000-8000-00000000000a';
const NOON_MS = Date.UTC(2026, 0, 1, 12);

const [USAGE] = MANIFEST.purposes as readonly [IPurpose];
const TERMS = USAGE.terms;

let factory: IDBFactory;
let nowMs: number;

beforeEach(() => {
  factory = new IDBFactory();
  nowMs = NOON_MS;
});

function open(
  options: Partial<ConstructorParameters<typeof BrowserApi>[0]> = {}
): BrowserApi {
  return new BrowserApi({ name: NAME, factory, now: () => nowMs, ...options });
}

async function openLocal(
  options: Partial<ConstructorParameters<typeof BrowserApi>[0]> = {}
): Promise<BrowserApi> {
  const api = open(options);
  await api.putConsent(choice('local'));
  return api;
}

const choice = (mode: 'off' | 'local' | 'on', terms = TERMS) =>
  ({ purpose: 'usage', mode, terms, control: 'panel' }) as const;

const uuid = (n: number): string =>
  `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function event(n: number, facts: Partial<IQueuedEvent> = {}): IQueuedEvent {
  return {
    id: uuid(n),
    schema: COMMAND,
    time: new Date(nowMs).toISOString(),
    seq: n,
    data: {
      command: 'notebook:run-cell',
      trigger: { surface: 'toolbar', device: 'mouse', certainty: 'exact' },
      outcome: 'success',
      duration_ms: 12
    },
    ...facts
  };
}

function batch(...events: IQueuedEvent[]): IBatch {
  return {
    sent_at: new Date(nowMs).toISOString(),
    session: SESSION_ID,
    modes: { usage: 'local' },
    events
  };
}

/** As a page tells it of what it captures now. */
const chosenAt = async (api: BrowserApi): Promise<Record<string, string>> => ({
  usage: (await api.getConsent()).history[0]?.at ?? ''
});

const ids = async (api: BrowserApi): Promise<string[]> =>
  (await api.getEvents()).events.map(({ id }) => id);

/** All that is in all databases, as text. */
async function everything(): Promise<string> {
  const found: unknown[] = [];
  for (const { name } of await factory.databases()) {
    const database = await new Promise<IDBDatabase>(resolve => {
      const request = factory.open(name ?? '');
      request.onsuccess = () => resolve(request.result);
    });
    for (const store of database.objectStoreNames) {
      found.push(
        await new Promise(resolve => {
          const request = database
            .transaction(store)
            .objectStore(store)
            .getAll();
          request.onsuccess = () => resolve(request.result);
        })
      );
    }
    database.close();
  }
  return JSON.stringify(found);
}

describe('a page without a server', () => {
  it('is told by what only pages of JupyterLite have', () => {
    const page = document.implementation.createHTMLDocument();
    expect(isStaticSite(page)).toBe(false);
    page.body.innerHTML = '<script id="jupyter-config-data">{}</script>';
    expect(isStaticSite(page)).toBe(false);
    page.body.innerHTML =
      '<script id="jupyter-config-data" data-jupyter-lite-root=".."></script>';
    expect(isStaticSite(page)).toBe(true);
  });

  it('makes no database before local is chosen, whatever is looked at or refused', async () => {
    const api = open();
    const state = await api.getState(new Date(nowMs));
    expect(state.purposes.map(({ mode }) => mode)).toEqual(['off']);
    expect(fromRest(state).unanswered).toEqual([]);
    await api.getConsent();
    await api.getEvents();
    await api.eraseEvents();
    await api.putConsent(choice('off'));
    await api.putConsent({ pause_seconds: 60 });
    await expect(api.putConsent(choice('on'))).rejects.toMatchObject({
      code: 'not_offered'
    });
    await expect(
      api.putConsent(choice('local', 'sha256:old'))
    ).rejects.toMatchObject({ code: 'stale_terms' });
    const answer = await api.submit(batch(event(1)));
    expect(answer.rejected).toMatchObject([{ code: 'not_consented' }]);
    expect(await factory.databases()).toEqual([]);
    expect(await isStored(NAME, factory)).toBe(false);
  });

  it('offers local and not on, and says why', async () => {
    const { purposes, storage, in_browser } = await open().getState();
    expect(purposes.map(({ offers }) => offers)).toEqual([
      { off: null, local: null, on: 'no_server' }
    ]);
    expect([storage, in_browser]).toEqual(['this browser', true]);
  });

  it('remembers a choice for the next page, with the terms that were shown', async () => {
    await openLocal();
    expect(await isStored(NAME, factory)).toBe(true);
    const next = open();
    expect(fromRest(await next.getState()).modes).toEqual({
      usage: 'local'
    });
    const { history } = await next.getConsent();
    expect(history).toMatchObject([
      { mode: 'local', terms: TERMS, control: 'panel' }
    ]);
    expect(history[0]?.terms_text).toMatchObject({ recipients: [] });
  });

  it('only ever adds to the choices', async () => {
    const api = await openLocal();
    // Even where the clock was set back.
    nowMs -= DAY_MS;
    await api.putConsent({ purpose: 'usage', mode: 'off', control: 'panel' });
    const { history, modes } = await api.getConsent();
    expect(modes).toEqual({ usage: 'off' });
    expect(history.map(({ mode }) => mode)).toEqual(['off', 'local']);
    expect(history.map(({ terms }) => terms)).toEqual([TERMS, TERMS]);
    const [newer = 0, older = 0] = history.map(({ at }) => Date.parse(at));
    expect(newer).toBeGreaterThan(older);
  });

  it('records in the form of a server', async () => {
    const api = await openLocal();
    const captured = new Date(nowMs - 1000).toISOString();
    const sent = batch(event(1, { time: captured }));
    expect(await api.submit(sent)).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: []
    });
    const { events } = await api.getEvents();
    expect(events).toEqual([
      {
        id: uuid(1),
        schema: COMMAND,
        purpose: 'usage',
        time: captured,
        received: new Date(nowMs).toISOString(),
        recorded: {
          ...USAGE.schemas[0]?.example,
          id: uuid(1),
          session: SESSION_ID,
          sequence: '00000000000000000001',
          time: captured,
          data: event(1).data
        },
        deliveries: []
      }
    ]);
  });

  it('takes an event once, and nothing from the future', async () => {
    const api = await openLocal();
    const later = new Date(nowMs + DAY_MS).toISOString();
    await api.submit(batch(event(1, { time: later })));
    expect(await api.submit(batch(event(1), event(2)))).toMatchObject({
      accepted: 1,
      duplicates: 1
    });
    const { events } = await api.getEvents();
    expect(events.map(({ time }) => Date.parse(time))).toEqual([nowMs, nowMs]);
  });

  it.each([
    ['an unknown schema', { schema: `${COMMAND}2` }, 'unknown_schema'],
    ['a field too many', { data: { command: 'a', path: 'b' } }, 'invalid'],
    ['one deeper', { data: { trigger: { path: 'b' } } }, 'invalid'],
    ['one in a list', { data: { args: [{ value: 'b' }] } }, 'invalid'],
    ['a list of its own', { data: { secrets: [] } }, 'invalid']
  ])('refuses %s, and tells no name of it', async (_what, facts, code) => {
    const api = await openLocal();
    const answer = await api.submit(batch(event(1, facts)));
    expect(answer).toMatchObject({ accepted: 0, rejected: [{ code }] });
    expect(JSON.stringify(answer)).not.toMatch(/path|value|secrets/);
    expect(await ids(api)).toEqual([]);
  });

  it('knows every field of its schemas’ examples', () => {
    for (const schema of USAGE.schemas) {
      const { data } = schema.example;
      expect(strayField(data as IQueuedEvent['data'], schema)).toBeNull();
    }
  });

  it('stores nothing while off or paused, nor what was captured so', async () => {
    const api = await openLocal();
    const { purposes } = await api.getState();
    expect(purposes[0]?.mode).toBe('local');
    await api.putConsent({ pause_seconds: 60 });
    expect((await api.submit(batch(event(1)))).rejected).toMatchObject([
      { code: 'paused' }
    ]);
    nowMs += 61_000;
    const off = { ...batch(event(2)), modes: { usage: 'off' as const } };
    expect((await api.submit(off)).rejected).toMatchObject([
      { code: 'not_consented' }
    ]);
    await api.submit(batch(event(3)));
    await api.putConsent(choice('off'));
    expect((await api.submit(batch(event(4)))).rejected).toMatchObject([
      { code: 'not_consented' }
    ]);
    expect(await ids(api)).toEqual([uuid(3)]);
  });

  it('keeps nothing of before an off, whatever was chosen since', async () => {
    const api = await openLocal();
    const late = { ...batch(event(1)), chosen_at: await chosenAt(api) };
    nowMs += 1000;
    await api.putConsent(choice('off'));
    nowMs += 1000;
    await api.putConsent(choice('local'));
    expect(await api.submit(late)).toMatchObject({
      accepted: 0,
      rejected: [{ code: 'not_consented' }]
    });
    const since = { ...batch(event(2)), chosen_at: await chosenAt(api) };
    expect((await api.submit(since)).accepted).toBe(1);
  });

  it('keeps what was captured under an earlier choice where no off came between', async () => {
    const api = await openLocal();
    const late = { ...batch(event(1)), chosen_at: await chosenAt(api) };
    nowMs += 1000;
    await api.putConsent(choice('local'));
    expect((await api.submit(late)).accepted).toBe(1);
  });

  it('keeps nothing that says no readable time of its choice', async () => {
    const api = await openLocal();
    const late = { ...batch(event(1)), chosen_at: { usage: 'lately' } };
    expect((await api.submit(late)).accepted).toBe(0);
  });

  it('ends a pause when it is asked to', async () => {
    const api = await openLocal();
    const paused = await api.putConsent({ pause_seconds: 3600 });
    expect(paused.paused_until).toBe(new Date(nowMs + 3_600_000).toISOString());
    const resumed = await api.putConsent({ pause_seconds: null });
    expect(resumed.paused_until).toBeNull();
  });

  describe('whose terms have grown', () => {
    const [schema, ...schemas] = USAGE.schemas as [ISchemaTerms];
    const field = { ...schema.fields[0], pointer: '/added', title: 'Added' };
    const grown = {
      ...USAGE,
      terms: `sha256:${'0'.repeat(64)}`,
      terms_text: {
        ...USAGE.terms_text,
        schemas: { [COMMAND]: { '/command': 'drop', '/added': 'drop' } }
      },
      schemas: [
        { ...schema, fields: [...schema.fields, field as IField] },
        ...schemas
      ]
    };
    const later = () => open({ manifest: { ...MANIFEST, purposes: [grown] } });
    const added = (n: number) =>
      event(n, { data: { ...event(n).data, added: 'x' } });

    it('records what was agreed to and no more, until that is answered', async () => {
      await openLocal();
      const api = later();
      const state = await api.getState();
      expect(state.purposes).toMatchObject([
        {
          mode: 'local',
          difference: {
            items: [{ code: 'field_added', args: { title: 'Added' } }],
            answer: null
          }
        }
      ]);
      expect((await api.submit(batch(added(1)))).accepted).toBe(1);
      expect(await everything()).not.toContain('added');
    });

    it('goes on so where the earlier terms are kept, and asks no more', async () => {
      await openLocal();
      const api = later();
      const keep = { purpose: 'usage', keep: grown.terms, control: 'panel' };
      const { history } = await api.putConsent(keep as ConsentRequest);
      expect(history[0]).toMatchObject({ kind: 'kept', terms: TERMS });
      const { purposes } = await api.getState();
      expect(purposes).toMatchObject([{ difference: { answer: 'kept' } }]);
      await api.submit(batch(added(1)));
      expect(await ids(api)).toHaveLength(1);
      expect(JSON.stringify((await api.getEvents()).events)).not.toContain(
        'added'
      );
    });

    it('records the rest once they are accepted', async () => {
      await openLocal();
      const api = later();
      await api.putConsent(choice('local', grown.terms));
      await api.submit(batch(added(1)));
      expect(JSON.stringify((await api.getEvents()).events)).toContain('added');
      expect((await api.getState()).purposes).toMatchObject([
        { difference: null }
      ]);
    });

    it('keeps nothing earlier where nothing was agreed to', async () => {
      const keep = { purpose: 'usage', keep: grown.terms, control: 'panel' };
      await expect(
        later().putConsent(keep as ConsentRequest)
      ).rejects.toMatchObject({ code: 'stale_terms' });
    });
  });

  it('keeps no event longer than was agreed, nor more of them than its bound', async () => {
    const api = await openLocal({ maxEvents: 3 });
    await api.submit(batch(event(1), event(2)));
    nowMs += DAY_MS;
    await api.submit(batch(event(3), event(4)));
    expect(await ids(api)).toEqual([uuid(4), uuid(3), uuid(2)]);
    nowMs = NOON_MS + 90 * DAY_MS;
    // A page that only looks, too.
    await open({ maxEvents: 3 }).getState();
    expect(await ids(api)).toEqual([uuid(4), uuid(3)]);
    nowMs += DAY_MS;
    await api.submit(batch(event(5)));
    expect(await ids(api)).toEqual([uuid(5)]);
  });

  it('gives every event once, newest first, page by page and by filter', async () => {
    const api = await openLocal();
    await api.submit(batch(event(1), event(2), event(3)));
    nowMs += DAY_MS;
    await api.submit(batch(event(4), event(5)));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await api.getEvents({
        limit: 2,
        ...(cursor ? { cursor } : {})
      });
      seen.push(...page.events.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor);
    expect(seen).toEqual([5, 4, 3, 2, 1].map(uuid));

    const since = new Date(nowMs).toISOString();
    const count = async (filter: Parameters<BrowserApi['getEvents']>[0]) =>
      (await api.getEvents(filter)).events.length;
    expect(await count({ since })).toBe(2);
    expect(await count({ until: since })).toBe(3);
    expect(await count({ since, until: since })).toBe(0);
    expect(await count({ schema: COMMAND })).toBe(5);
    expect(await count({ schema: `${COMMAND}2` })).toBe(0);
    expect(await count({ purpose: 'audit' })).toBe(0);
    expect(await count({ state: 'delivered' })).toBe(0);
    const { counts } = await api.getState(new Date(nowMs));
    expect(counts).toMatchObject({ recorded_today: 2, forwarded: 0 });
  });

  it('erases a range or all, and leaves nothing of it to be read', async () => {
    const api = await openLocal();
    await api.submit(batch(event(1)));
    nowMs += DAY_MS;
    await api.submit(batch(event(2)));
    expect(await everything()).toContain('notebook:run-cell');
    const until = new Date(nowMs).toISOString();
    expect((await api.eraseEvents({ until })).here).toBe(1);
    expect(await ids(api)).toEqual([uuid(2)]);
    expect((await api.eraseEvents()).here).toBe(1);
    const rest = await everything();
    expect(rest).not.toContain('notebook:run-cell');
    expect(rest).not.toContain(uuid(1));
    expect(rest).toContain(TERMS);
  });

  it('makes files that hold what is shown', async () => {
    const api = await openLocal();
    await api.submit(batch(event(1), event(2)));
    const { events } = await api.getEvents();
    expect(JSON.parse(asJson(events))).toEqual({ events, next: null });
    const lines = asJsonl(events).trimEnd().split('\n');
    expect(lines.map(line => JSON.parse(line) as unknown)).toEqual(
      events.map(({ recorded }) => recorded)
    );
    expect(lines[0]).toMatch(/^\{"data":\{"command":/);
    const [header, ...rows] = asCsv(events).trimEnd().split('\r\n');
    expect(header).toBe('id,schema,purpose,time,received,data,deliveries');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('"{""command"":""notebook:run-cell""');
  });

  it('lets no cell be a formula', () => {
    const stored = { id: '=1+1', schema: '', purpose: '', time: '' };
    const rows = asCsv([
      { ...stored, received: '', recorded: {}, deliveries: [] }
    ]);
    expect(rows).toContain("\r\n'=1+1,");
  });

  it('lets a batch wait where the browser gives no access to its storage', async () => {
    const broken = {
      databases: () => Promise.resolve([{ name: NAME, version: 1 }]),
      open: () => {
        throw new Error('SecurityError');
      }
    } as unknown as IDBFactory;
    const api = open({ factory: broken });
    await expect(api.getState()).rejects.toMatchObject({
      code: 'storage_unavailable'
    });
    const transport = new ServerTransport(api);
    const { signal } = new AbortController();
    expect(
      await transport.send(batch(event(1)), { keepalive: false, signal })
    ).toEqual({ kind: 'retry', retryAfterS: null });
  });

  it('does not stand in the way of who removes the site’s data', async () => {
    const api = await openLocal();
    await new Promise(resolve => {
      factory.deleteDatabase(NAME).onsuccess = resolve;
    });
    expect((await api.getState()).purposes[0]?.mode).toBe('off');
    expect(await factory.databases()).toEqual([]);
  });
});

describe('a history that another page of the origin has written into', () => {
  it('does not keep off from being chosen where it holds what is no choice', async () => {
    const api = await openLocal();
    const opened = factory.open(NAME);
    await new Promise(resolve => {
      opened.onsuccess = resolve;
    });
    const writing = opened.result.transaction('choices', 'readwrite');
    writing.objectStore('choices').add(null);
    await new Promise(resolve => {
      writing.oncomplete = resolve;
    });
    opened.result.close();
    await api.putConsent(choice('off'));
    expect((await api.getConsent()).modes).toEqual({ usage: 'off' });
  });

  it.each(['', '+275760-09-13T00:00:00.000Z'])(
    'does not keep off from being chosen: %j',
    at => {
      const [purpose] = MANIFEST.purposes;
      if (!purpose) {
        throw new Error('the manifest has no purpose');
      }
      const { name, terms } = purpose;
      const choice = (mode: 'local' | 'off') =>
        ({ purpose: name, mode, terms, control: 'panel' }) as const;
      const earlier = entryOf(choice('local'), purpose, NOTHING_CHOSEN, 1);
      const standing = { ...NOTHING_CHOSEN, choices: [{ ...earlier, at }] };
      const { mode } = entryOf(choice('off'), purpose, standing, 2);
      expect(mode).toBe('off');
    }
  );
});
