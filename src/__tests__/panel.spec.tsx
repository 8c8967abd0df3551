import { DisposableDelegate } from '@lumino/disposable';
import React from 'react';

import { Consent } from '../consent/model';
import { OFF } from '../consent/state';
import { honest, promise } from '../panel/erase';
import { isPresent } from '../panel/event';
import { PanelModel } from '../panel/model';
import { PanelView } from '../panel/panel';
import { whatText } from '../panel/words';
import type { IEventLog } from '../tokens';
import {
  byText,
  COMMAND,
  manifestOf,
  PURPOSE,
  show,
  SINK,
  storedEvent,
  TelemetryServer,
  trans,
  until
} from './telemetryServer';

function setUp(server = new TelemetryServer(), log?: IEventLog) {
  const manifest = manifestOf(server);
  const consent = new Consent({
    manifest,
    initial: OFF,
    baseUrl: 'http://localhost/'
  });
  const model = new PanelModel({
    manifest,
    consent,
    log,
    now: () => new Date(2026, 0, 15, 13, 30)
  });
  return { server, manifest, consent, model };
}

async function panel(server = new TelemetryServer(), log?: IEventLog) {
  const parts = setUp(server, log);
  const node = show(<PanelView model={parts.model} trans={trans} />);
  await until(() => node.querySelector('.jp-eventlog-Numbers'));
  return { ...parts, node };
}

function queue(calls: string[], waiting = 0, lost = 0): IEventLog {
  return {
    isActive: () => false,
    emit: () => false,
    currentTrigger: () => null,
    declareCommands: () => new DisposableDelegate(() => undefined),
    clear: () => {
      calls.push('clear queue');
      return Promise.resolve();
    },
    waiting: () => Promise.resolve(waiting),
    lost,
    activeChanged: { connect: () => true, disconnect: () => true }
  };
}

afterEach(() => {
  document.body.replaceChildren();
});

describe('my events', () => {
  const SENT = '{"b":1.0,  "a":"\\u00e9"}';

  it('shows what was sent byte for byte, beside what was recorded', async () => {
    const server = new TelemetryServer();
    server.stored = [storedEvent(1, 'docmanager:save', SENT)];
    const { node } = await panel(server);
    const row = await until(() => node.querySelector('[data-event-id]'));
    row.querySelector('button')?.click();
    const sent = await until(() =>
      node.querySelector('[data-sent-to=archive]')
    );
    expect(sent.textContent).toBe(SENT);
    expect(
      JSON.parse(node.querySelector('[data-recorded]')?.textContent ?? '')
    ).toEqual(server.stored[0]?.recorded);
  });

  it('tells of each field of an event what it is and how it is protected', async () => {
    const server = new TelemetryServer();
    server.stored = [storedEvent(1)];
    const { node } = await panel(server);
    (
      await until(() => node.querySelector('[data-event-id] button'))
    ).dispatchEvent(new MouseEvent('click', { bubbles: true }));
    const table = await until(() =>
      node.querySelector('.jp-eventlog-Detail table')
    );
    expect(
      Array.from(
        table.querySelectorAll(':scope > tbody > tr'),
        ({ textContent }) => textContent
      )
    ).toEqual([
      '/commandWhich command was run.sent as it is',
      '/duration_msHow long it took.sent rounded'
    ]);
  });

  it('filters by the numbers above it', async () => {
    const { server, node, model } = await panel();
    byText(node, '.jp-eventlog-Number', /Recorded today/)?.click();
    await until(() => server.filters.some(({ since }) => since));
    expect(server.filters.at(-1)).toEqual({
      since: new Date(2026, 0, 15).toISOString(),
      limit: 100
    });
    byText(node, '.jp-eventlog-Number', /Waiting/)?.click();
    await until(() => server.filters.at(-1)?.state === 'pending');
    const pressed = await until(() =>
      node.querySelector('[aria-pressed=true]')
    );
    expect(pressed.textContent).toContain('Waiting');
    (pressed as HTMLElement).click();
    await until(() => model.filter.state === '');
  });

  it('looks for text in commands and schemas without asking the server', async () => {
    const { server, model } = setUp();
    server.stored = [storedEvent(1), storedEvent(2, 'runmenu:run')];
    await model.refresh();
    const asked = server.calls.length;
    await model.setFilter({ text: 'RunMenu' });
    expect(model.shown.map(({ id }) => id)).toEqual([server.stored[1]?.id]);
    expect(server.calls.length).toBe(asked);
  });

  it('shows the answer to the last question, whichever comes last', async () => {
    const { server, model } = setUp();
    const [slow, quick] = [[storedEvent(1)], [storedEvent(2)]];
    let release: () => void = () => undefined;
    const held = new Promise<void>(resolve => (release = resolve));
    let isFirst = true;
    server.getEvents = async () => {
      if (!isFirst) {
        return { events: quick, next: null };
      }
      isFirst = false;
      await held;
      return { events: slow, next: null };
    };
    const first = model.setFilter({ state: 'pending' });
    await model.setFilter({ state: 'delivered' });
    release();
    await first;
    expect(model.events).toBe(quick);
  });

  it('downloads what the filter shows', async () => {
    const { model } = setUp();
    await model.setFilter({ state: 'delivered', schema: COMMAND });
    const file = await model.download('csv');
    const { searchParams } = new URL(file?.url ?? '');
    expect(Object.fromEntries(searchParams)).toEqual({
      schema: COMMAND,
      state: 'delivered',
      format: 'csv',
      download: '1'
    });
  });

  it.each([
    ['off', {}, 'Nothing is recorded. Local keeps a report only for you.'],
    ['local', {}, 'Waiting for your first command.'],
    ['local', { text: 'nothing like this' }, 'No match. Clear']
  ] as const)('is honest when empty (%s, %j)', async (mode, filter, words) => {
    const { node, model } = await panel(
      new TelemetryServer([{ ...PURPOSE, mode }])
    );
    await model.setFilter(filter);
    await until(() => byText(node, '.jp-eventlog-Empty', words));
  });
});

describe('trouble', () => {
  it('says how many events of this page were lost, and nothing where there were none', async () => {
    const { node } = await panel(new TelemetryServer(), queue([], 0, 7));
    expect(node.textContent).toContain('7 events of this page were lost');
    const other = await panel(new TelemetryServer(), queue([]));
    expect(other.node.textContent).not.toContain('lost');
  });

  it('says how many events wait in this browser when the server cannot be reached', async () => {
    const { server, model, node } = await panel(
      new TelemetryServer(),
      queue([], 14)
    );
    server.isDown = true;
    await model.refresh();
    await until(() =>
      (node.textContent ?? '').includes(
        "Can't reach your server; 14 events wait in this browser."
      )
    );
  });

  it('says which sink does not answer and that there is nothing to do', async () => {
    const server = new TelemetryServer();
    server.sinks = [
      {
        ...SINK,
        state: 'failing',
        failing_since: '2026-01-01T14:02:00Z',
        counts: { ...SINK.counts, pending: 120 }
      }
    ];
    const { node } = await panel(server);
    expect(byText(node, '.jp-eventlog-Banner', /./)?.textContent).toMatch(
      /^archive hasn't answered since .+; 120 wait\. Nothing for you to do\.$/
    );
  });

  it('shows a configuration error in place of the control', async () => {
    const server = new TelemetryServer([]);
    server.changes = {
      problem: {
        code: 'configuration_error',
        message: 'Off: configuration error. Tell it@example.edu.'
      }
    };
    const { node } = await panel(server);
    expect(node.textContent).toContain(
      'Off: configuration error. Tell it@example.edu.'
    );
    expect(node.querySelector('input[type=radio]')).toBeNull();
  });
});

describe('a pause', () => {
  it('lasts an hour and can be ended', async () => {
    const { node, server } = await panel(
      new TelemetryServer([{ ...PURPOSE, mode: 'local' }])
    );
    byText(node, 'button', 'Pause 1 h')?.click();
    (await until(() => byText(node, 'button', 'Resume'))).click();
    await until(() => byText(node, 'button', 'Pause 1 h'));
    expect(server.requests).toEqual([
      { pause_seconds: 3600 },
      { pause_seconds: null }
    ]);
  });
});

describe('erase', () => {
  const ERASURE = {
    here: 812,
    waiting_cancelled: 8,
    sinks: [
      { name: 'A', left: 640, can_erase: true, status: 'asked', expires: null },
      {
        name: 'B',
        left: 640,
        can_erase: false,
        status: 'cannot_recall',
        expires: '2027-02-01T12:00:00Z'
      }
    ],
    pending: false
  } as const;

  it('says what it did and what it could not, in the agreed words', () => {
    const lines = honest(ERASURE, trans);
    expect(lines.slice(0, 3)).toEqual([
      'Here: 812, now.',
      'Waiting: 8, cancelled.',
      'A: 640 asked, the confirmation appears here.'
    ]);
    expect(lines[3]).toMatch(/^B: 640 cannot be recalled; expires .*1.*\.$/);
  });

  it('does not say "now" while old pages could not be overwritten', () => {
    expect(honest({ ...ERASURE, pending: true }, trans)[0]).not.toContain(
      'now'
    );
  });

  it('promises beforehand only what is known', () => {
    const server = new TelemetryServer();
    server.sinks = [
      { ...SINK, can_erase: false, counts: { ...SINK.counts, delivered: 3 } }
    ];
    expect(promise(server.now, trans)).toEqual([
      'Here: everything, now.',
      'Waiting: 2, cancelled.',
      'archive: 3 cannot be recalled; kept 30 days.'
    ]);
  });

  it('empties this browser’s queue before it asks the server', async () => {
    const { server, model } = setUp(new TelemetryServer(), undefined);
    await model.refresh();
    const { calls } = server;
    const withQueue = new PanelModel({
      manifest: model.manifest,
      consent: model.consent,
      log: queue(calls)
    });
    calls.length = 0;
    await withQueue.erase(false);
    expect(calls.slice(0, 2)).toEqual(['clear queue', 'DELETE events']);
  });

  it('turns off first where that was asked for, so that nothing new comes in', async () => {
    const { server, model } = setUp(
      new TelemetryServer([{ ...PURPOSE, mode: 'on' }])
    );
    await model.refresh();
    server.calls.length = 0;
    await model.erase(true);
    const changes = server.calls.filter(call => !call.startsWith('GET'));
    expect(changes).toEqual(['PUT consent', 'DELETE events']);
    expect(server.purposes[0]?.mode).toBe('off');
  });

  it('asks first; cancelling erases nothing', async () => {
    const { node, server } = await panel();
    byText(node, 'button', 'Erase…')?.click();
    const dialog = await until(() => document.querySelector('.jp-Dialog'));
    expect(
      Array.from(
        dialog.querySelectorAll('.jp-Dialog-footer button'),
        ({ textContent }) => textContent
      )
    ).toEqual(['Erase', 'Cancel']);
    expect(
      dialog.querySelector<HTMLInputElement>('input[type=checkbox]')?.checked
    ).toBe(false);
    byText(dialog, 'button', 'Cancel')?.click();
    await until(() => !document.querySelector('.jp-Dialog'));
    expect(server.calls).not.toContain('DELETE events');
  });
});

describe('a JSON pointer of a field', () => {
  it.each([
    ['/trigger/surface', true],
    ['/args/*/name', true],
    ['/args/*/flag', false],
    ['/keys', false]
  ])('%s: %s', (pointer, wanted) => {
    const data = { trigger: { surface: 'toolbar' }, args: [{ name: 'x' }] };
    expect(isPresent(data, pointer)).toBe(wanted);
  });
});

describe('what an event that is no command says that it was', () => {
  it.each([
    [{ activity: 'cell-executed' }, 'https://x/activity/v1: cell-executed'],
    [{ phase: 'start' }, 'https://x/activity/v1: start'],
    [{ action: 'save' }, 'https://x/activity/v1: save'],
    [{}, 'https://x/activity/v1']
  ])('%j: %s', (data, wanted) => {
    const event = {
      ...storedEvent(1),
      schema: 'https://x/activity/v1',
      recorded: { data }
    };
    expect(whatText(event, null, trans)).toBe(wanted);
  });
});
