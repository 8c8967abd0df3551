// What one can do about one's data in the panel, and what one is told of what became of it.

import React from 'react';

import { Consent } from '../consent/model';
import { OFF } from '../consent/state';
import { keptLines, sinkText } from '../panel/erasures';
import { PanelModel } from '../panel/model';
import { PanelView } from '../panel/panel';
import { ledgerTroubles, refusedText } from '../panel/troubles';
import type { IErasureRequest } from '../pipeline/api';
import {
  byText,
  manifestOf,
  PURPOSE,
  show,
  TelemetryServer,
  trans,
  until
} from './telemetryServer';

const ASKED: IErasureRequest['sinks'][number] = {
  name: 'A',
  left: 640,
  status: 'asked',
  confirmed_at: null,
  confirmed: 0
};

const REQUEST: IErasureRequest = {
  id: '00000000-0000-4000-8000-000000000001',
  at: '2026-01-01T12:00:00Z',
  since: null,
  until: null,
  here: 812,
  waiting_cancelled: 8,
  pending: false,
  sinks: [ASKED],
  kept: []
};

const LOCKED = {
  ...PURPOSE,
  name: 'audit',
  title: 'Audit',
  policy: 'locked',
  mandatory: true,
  legal_basis: 'legal-obligation'
};

async function panel(server: TelemetryServer) {
  const manifest = manifestOf(server);
  const consent = new Consent({
    manifest,
    initial: OFF,
    baseUrl: 'http://localhost/'
  });
  const model = new PanelModel({ manifest, consent });
  const node = show(<PanelView model={model} trans={trans} />);
  await until(() => node.querySelector('.jp-eventlog-Numbers'));
  return { node, model };
}

afterEach(() => {
  document.body.replaceChildren();
});

describe('a request to erase', () => {
  it('is listed, and its confirmation appears with the next look', async () => {
    const server = new TelemetryServer();
    server.erasures = [REQUEST];
    const { node, model } = await panel(server);
    const row = () => node.querySelector('[data-erasure-id]')?.textContent;
    await until(() => row()?.includes('A: 640 asked'));
    expect(row()).toContain('Everything');
    expect(row()).toContain('812 erased');
    expect(row()).toContain('8 waiting, cancelled');
    const confirmed_at = '2026-01-01T12:00:30Z';
    server.erasures = [
      { ...REQUEST, sinks: [{ ...ASKED, status: 'confirmed', confirmed_at }] }
    ];
    await model.refresh();
    await until(() => row()?.includes('A: confirmed'));
    expect(row()).toContain('2026');
  });

  it.each([
    [ASKED, 'A: 640 asked, the confirmation appears here'],
    [{ ...ASKED, confirmed: 500 }, 'A: 640 asked, 500 confirmed so far'],
    [{ ...ASKED, status: 'cannot_recall' }, 'A: 640 cannot be recalled'],
    [
      { ...ASKED, status: 'expired' },
      'A: never confirmed; expired there by now'
    ]
  ] as const)('%j reads "%s"', (sink, wanted) => {
    expect(sinkText(sink, trans)).toBe(wanted);
  });

  it('says why something stays, and whom to ask', () => {
    const kept = {
      purpose: 'audit',
      n: 12,
      reason: 'mandatory',
      legal_basis: 'legal-obligation',
      legal_basis_reference: 'Records Act § 3',
      contact: 'dpo@example.edu'
    };
    const { now } = new TelemetryServer([LOCKED]);
    expect(keptLines([kept], now, trans)).toEqual([
      'Audit: 12 events stay, required by legal obligation (Records Act § 3). Contact: dpo@example.edu.'
    ]);
    const untold = { ...kept, purpose: 'gone', n: 1, legal_basis: '' };
    expect(keptLines([{ ...untold, contact: '' }], now, trans)).toEqual([
      'gone: 1 event stays, mandatory.'
    ]);
  });
});

describe('my choices', () => {
  const terms_text = { recipients: [], retention_ms: 1 };
  const entry = {
    purpose: 'usage',
    mode: 'on',
    terms: `sha256:${'a'.repeat(64)}`,
    terms_text,
    notice_version: '2',
    locale: 'en',
    at: '2026-01-01T00:00:00Z',
    control: 'panel'
  } as const;

  it('are listed with what was done, and with the text of their terms', async () => {
    const server = new TelemetryServer();
    server.history = [
      { ...entry, kind: 'kept', at: '2026-01-02T00:00:00Z' },
      { ...entry, kind: 'given' }
    ];
    const { node } = await panel(server);
    await until(() => byText(node, 'td', 'On, earlier terms kept'));
    expect(byText(node, 'td', 'On')).toBeDefined();
    byText(node, 'button', /aaaaaaaaaaaa/)?.click();
    const text = await until(() => node.querySelector('pre'));
    expect(JSON.parse(text.textContent ?? '')).toEqual(terms_text);
  });

  it('are saved as a file', async () => {
    const files: Blob[] = [];
    URL.createObjectURL = (file: Blob) => {
      files.push(file);
      return 'blob:choices';
    };
    URL.revokeObjectURL = () => undefined;
    const saved: string[] = [];
    const click = jest
      .spyOn(HTMLAnchorElement.prototype, 'click')
      .mockImplementation(function (this: HTMLAnchorElement) {
        saved.push(this.download);
      });
    const server = new TelemetryServer();
    server.history = [entry];
    const { node } = await panel(server);
    const button = await until(() =>
      byText(node, 'button', 'Download my choices')
    );
    button.click();
    click.mockRestore();
    expect(saved).toEqual(['my-choices.json']);
    expect(files[0]?.type).toBe('application/json');
    expect(files[0]?.size).toBe(
      JSON.stringify({ choices: [entry] }, null, 2).length
    );
  });
});

describe('where to read and ask', () => {
  it('links the privacy page, and offers everything in one file', async () => {
    const { node } = await panel(new TelemetryServer());
    expect(byText(node, 'a', 'Privacy page')?.getAttribute('href')).toBe(
      'http://localhost/api/telemetry/privacy'
    );
    expect(byText(node, 'button', 'ZIP')).toBeDefined();
  });
});

describe('trouble with what this server keeps', () => {
  const now = (health: object) => ({
    ...new TelemetryServer().now,
    health: { recent: [], ...health }
  });
  const ledger = { state: 'ok', since: null, set_aside: [] as string[] };
  const since = '2026-01-01T14:02:00Z';

  it.each([
    [{ ...ledger }, []],
    [
      { ...ledger, state: 'full', since },
      [/^Recording stopped .+: the storage for events is full\. Tell it@/]
    ],
    [
      { ...ledger, state: 'unavailable' },
      [/^Recording stopped: its storage cannot be written\. Tell it@/]
    ],
    [
      { ...ledger, set_aside: [since] },
      [
        /^Recording stopped .+; the damaged file is kept in this server's storage, and a new one began\. Tell it@/
      ]
    ]
  ])('%j', (told, wanted) => {
    const state = now({ ledger: told }) as Parameters<typeof ledgerTroubles>[0];
    expect(ledgerTroubles(state, trans)).toEqual(
      wanted.map(pattern => expect.stringMatching(pattern) as string)
    );
  });

  it('says how often it was too busy, and nothing where it never was', () => {
    expect(refusedText(now({ refused: {} }), trans)).toBe('');
    expect(refusedText(now({}), trans)).toBe('');
    expect(
      refusedText(now({ refused: { overloaded: 2, full: 1 } }), trans)
    ).toContain('too busy for 3 submissions');
  });
});
