// Changed terms, and purposes that do not ask first: what is said, and what an answer records.

import { Widget } from '@lumino/widgets';
import React from 'react';

import { openQuestions } from '../consent/asking';
import { ModeControl } from '../consent/control';
import { differenceText, itemText } from '../consent/difference';
import { Consent } from '../consent/model';
import { EqualButtons } from '../consent/parts';
import { bannerFor } from '../consent/questions';
import { OFF } from '../consent/state';
import { statusOf } from '../consent/status';
import type { IPurposeState } from '../pipeline/api';
import {
  byText,
  DIFFERENCE,
  manifestOf,
  PURPOSE,
  show,
  SINK,
  STALE,
  TelemetryServer,
  trans,
  until
} from './telemetryServer';

const CHANGED: IPurposeState = {
  ...PURPOSE,
  mode: 'on',
  forwarded_to: PURPOSE.sinks,
  difference: DIFFERENCE,
  choice: { mode: 'on', terms: 'sha256:old', at: '', control: 'panel' }
};

const OPT_OUT: IPurposeState = {
  ...PURPOSE,
  name: 'operations',
  title: 'Operation of this server',
  policy: 'opt-out',
  legal_basis: 'public-task',
  legal_basis_reference: 'University Act § 12',
  readers: ['the operators'],
  contact: 'dpo@example.edu'
};

const LOCKED: IPurposeState = {
  ...OPT_OUT,
  name: 'audit',
  title: 'Audit',
  policy: 'locked',
  legal_basis: 'legal-obligation',
  mandatory: true,
  mode: 'on',
  forwarded_to: PURPOSE.sinks
};

function setUp(...purposes: readonly IPurposeState[]) {
  const server = new TelemetryServer(purposes);
  const manifest = manifestOf(server);
  const consent = new Consent({
    manifest,
    initial: OFF,
    baseUrl: 'http://localhost/'
  });
  return { server, manifest, consent };
}

async function banner(
  kind: Parameters<typeof bannerFor>[0],
  purpose: IPurposeState
) {
  const { server, manifest, consent } = setUp(purpose);
  const state = await manifest.load();
  const opened: string[] = [];
  const widget = bannerFor(kind, {
    consent,
    manifest,
    state,
    purpose,
    trans,
    openPanel: () => opened.push('panel')
  });
  Widget.attach(widget, document.body);
  const { node } = widget;
  await until(() => node.querySelector('button'));
  return { server, widget, node, opened };
}

async function control(...purposes: readonly IPurposeState[]) {
  const { server, manifest, consent } = setUp(...purposes);
  const node = show(
    <ModeControl
      manifest={manifest}
      consent={consent}
      control="panel"
      trans={trans}
    />
  );
  await until(() => node.querySelector('.jp-eventlog-Purpose'));
  return { server, manifest, node };
}

/** The labels of the buttons that answer. */
const answers = (node: Element): (string | null)[] =>
  Array.from(
    node.querySelectorAll('.jp-eventlog-Notice-buttons button'),
    ({ textContent }) => textContent
  );

/** What accepts terms that were not wanted before. */
const accepts = (node: Element) =>
  node.querySelector<HTMLButtonElement>('.jp-eventlog-Kept button');

afterEach(() => {
  document.body.replaceChildren();
});

describe('changed terms', () => {
  it('are told as a difference, in the agreed words', () => {
    expect(differenceText(DIFFERENCE, trans)).toBe(
      '+ field kernel language; + recipient X; kept 30 → 90 days.'
    );
  });

  it.each([
    ['retention', { from: '12h', to: '90d' }, 'kept 12 hours → 90 days'],
    [
      'protection_weaker',
      { title: 'Duration', from: 'bucket', to: 'keep' },
      'field Duration: sent rounded → sent as it is'
    ],
    [
      'not_used_for',
      { removed: ['grading', 'attendance'] },
      'may now be used for grading, attendance'
    ],
    ['cannot_erase', { recipient: 'X' }, 'X no longer erases on request'],
    [
      'legal_basis',
      { from: 'consent', to: 'public-task' },
      'legal basis consent → public task'
    ],
    ['something_new', {}, "the server's words"],
    ['toString', {}, "the server's words"]
  ])('tell of %s %j', (code, args, wanted) => {
    const text = "the server's words";
    expect(itemText({ code, args, text }, trans)).toBe(wanted);
  });

  it.each([
    ['Keep earlier terms', { keep: 'sha256:one' }],
    ['Accept', { mode: 'on', terms: 'sha256:one' }],
    ['Turn off', { mode: 'off' }]
  ])('"%s" is recorded, and the banner goes', async (label, wanted) => {
    const { server, node, widget } = await banner('changed', CHANGED);
    expect(answers(node)).toEqual(['Keep earlier terms', 'Accept', 'Turn off']);
    byText(node, 'button', label)?.click();
    await until(() => widget.isDisposed);
    expect(server.requests).toEqual([
      expect.objectContaining({ ...wanted, control: 'notice' })
    ]);
  });

  it('are shown anew where they changed while they were read', async () => {
    const { server, node } = await banner('changed', CHANGED);
    server.refusal = STALE;
    server.purposes = [
      {
        ...CHANGED,
        difference: { ...DIFFERENCE, terms: 'sha256:two', items: [] }
      }
    ];
    byText(node, 'button', 'Accept')?.click();
    await until(() => node.textContent?.includes('see Terms and history'));
    expect(node.textContent).toContain('the terms changed meanwhile');
    byText(node, 'button', 'Accept')?.click();
    await until(() => server.requests.length === 2);
    expect(server.requests[1]).toMatchObject({ terms: 'sha256:two' });
  });

  it('stay unanswered by Escape, and by a look at the details', async () => {
    const { server, node, widget, opened } = await banner('changed', CHANGED);
    byText(node, 'button', 'Details')?.click();
    expect(opened).toEqual(['panel']);
    expect(widget.isDisposed).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it('are no question any more after the earlier ones were kept', async () => {
    const difference = { ...DIFFERENCE, answer: 'kept' } as const;
    const { node } = await control({ ...CHANGED, difference });
    expect(node.textContent).toMatch(/You keep to the terms of .+2026/);
    expect(openQuestions(setUp({ ...CHANGED, difference }).server.now)).toEqual(
      []
    );
  });

  it('are not told as if a recipient that was not agreed to got anything', async () => {
    const sinks = ['archive', 'newer'];
    const difference = { ...DIFFERENCE, answer: 'kept' } as const;
    const kept = { ...CHANGED, sinks, difference };
    const { server, manifest, node } = await control(kept);
    server.sinks = [
      SINK,
      { ...SINK, name: 'newer', recipient: 'Somebody else' }
    ];
    await manifest.load();
    const on = () =>
      node.querySelector('input[value=on]')?.closest('label')?.textContent;
    expect(on()).toBe('On: also sent to IT Services, kept 30 days.');
    const state = { ...OFF, modes: { usage: 'on' } } as const;
    expect(statusOf(state, server.now, 0, trans).text).toBe('on → IT Services');
    accepts(node)?.click();
    await until(() => on()?.includes('Somebody else'));
    expect(statusOf(state, server.now, 0, trans).text).toBe(
      'on → IT Services, Somebody else'
    );
  });

  it('can be accepted later, once, with the focus left at what holds then', async () => {
    const difference = { ...DIFFERENCE, answer: 'kept' } as const;
    const { server, node } = await control({ ...CHANGED, difference });
    let release: () => void = () => undefined;
    const held = new Promise<void>(resolve => (release = resolve));
    const put = server.putConsent.bind(server);
    jest.spyOn(server, 'putConsent').mockImplementation(async request => {
      await held;
      return put(request);
    });
    const button = accepts(node);
    const hint = button?.getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(hint)?.textContent).toContain('You keep to');
    button?.focus();
    button?.click();
    await until(() => button?.getAttribute('aria-disabled') === 'true');
    // The server has not answered yet, so the button is still there to be clicked again.
    expect(accepts(node)).toBe(button);
    button?.click();
    release();
    await until(() => node.querySelector('input[value=on]:checked:focus'));
    await until(() => !accepts(node));
    expect(server.requests).toEqual([
      expect.objectContaining({
        mode: 'on',
        terms: PURPOSE.terms,
        control: 'panel'
      })
    ]);
  });

  it('stay as they were kept where accepting others is not saved, and that is said', async () => {
    const difference = { ...DIFFERENCE, answer: 'kept' } as const;
    const { server, node } = await control({ ...CHANGED, difference });
    server.refusal = STALE;
    accepts(node)?.click();
    await until(() =>
      node.textContent?.includes('the terms changed meanwhile')
    );
    expect(node.textContent).toContain('You keep to the terms of');
    expect(accepts(node)?.getAttribute('aria-disabled')).toBe('false');
  });

  it('are not to be accepted where what was chosen is not offered now', async () => {
    const difference = { ...DIFFERENCE, answer: 'kept' } as const;
    const offers = { ...PURPOSE.offers, on: 'gpc' };
    const { node } = await control({ ...CHANGED, difference, offers });
    expect(node.textContent).toContain('You keep to the terms of');
    expect(accepts(node)).toBeNull();
  });
});

describe('a purpose that begins without a choice', () => {
  it('says in its notice on which basis, and how to object', async () => {
    const { node } = await banner('notice', OPT_OUT);
    expect(node.textContent).toContain(
      'Example University records “Operation of this server”, unless you object.'
    );
    expect(node.textContent).toContain(
      'Legal basis: public task (University Act § 12). Read by: the operators. Contact: dpo@example.edu.'
    );
    expect(node.textContent).toContain('You can object now');
    expect(node.textContent).not.toMatch(/consent/i);
    expect(answers(node)).toEqual(['Object', 'Close']);
  });

  it('is objected to with one click', async () => {
    const { server, node, widget } = await banner('notice', OPT_OUT);
    byText(node, 'button', 'Object')?.click();
    await until(() => widget.isDisposed);
    expect(server.requests).toEqual([
      expect.objectContaining({ mode: 'off', control: 'notice' })
    ]);
  });

  it('takes a closed notice for no answer', async () => {
    const { server, node, widget } = await banner('notice', OPT_OUT);
    byText(node, 'button', 'Close')?.click();
    expect(widget.isDisposed).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it('can be objected to in the panel, and taken up again', async () => {
    const { server, node } = await control({
      ...OPT_OUT,
      mode: 'on',
      notice_shown: '2026-01-01T00:00:00Z'
    });
    const radio = (mode: string) =>
      node.querySelector<HTMLInputElement>(`input[value=${mode}]`);
    expect(
      Array.from(node.querySelectorAll('strong'), one => one.textContent)
    ).toEqual(['On unless you object', 'Objected']);
    expect(radio('on')?.checked).toBe(true);
    radio('off')?.click();
    await until(() => radio('off')?.checked && server.requests.length === 1);
    radio('on')?.click();
    await until(() => server.requests.length === 2);
    expect(server.requests).toMatchObject([
      { mode: 'off' },
      { mode: 'on', terms: 'sha256:one' }
    ]);
  });

  it('says that nothing is recorded before the notice was shown', async () => {
    const { node } = await control(OPT_OUT);
    expect(node.textContent).toContain(
      'Nothing is recorded before its notice was shown.'
    );
  });
});

describe('a required purpose', () => {
  it('is a text with a padlock: basis, readers and contact, no control, and no word of consent', async () => {
    const { node } = await control(LOCKED);
    expect(node.textContent).toContain('Audit: required, cannot be turned off');
    expect(node.textContent).toContain(
      'Legal basis: legal obligation (University Act § 12). Read by: the operators. Contact: dpo@example.edu.'
    );
    expect(node.textContent).not.toMatch(/consent/i);
    expect(node.querySelector('input, button')).toBeNull();
    expect(node.querySelector('svg')).not.toBeNull();
  });
});

describe('a purpose that is configured wrongly', () => {
  it('is off with a clear line, and all others work', async () => {
    const problem = "EventLogApp.purposes['audit'].legal_basis = 'consent'";
    const { node } = await control({ ...LOCKED, problem }, PURPOSE);
    expect(node.textContent).toContain(
      'Off: configuration error. Tell dpo@example.edu.'
    );
    expect(node.textContent).toContain(problem);
    expect(node.querySelectorAll('input[type=radio]')).toHaveLength(3);
  });
});

describe('what is open', () => {
  it('comes one after the other, the most pressing first', () => {
    const { server } = setUp(
      OPT_OUT,
      { ...PURPOSE, name: 'learning' },
      CHANGED,
      LOCKED
    );
    expect(
      openQuestions(server.now).map(({ kind, key }) => [kind, key])
    ).toEqual([
      ['changed', 'usage sha256:one'],
      ['unanswered', 'learning'],
      ['notice', 'operations sha256:one']
    ]);
  });

  it('is nothing while telemetry as a whole is off', () => {
    const { server } = setUp(CHANGED, OPT_OUT);
    server.changes = { problem: { code: 'configuration_error', message: '' } };
    expect(openQuestions(server.now)).toEqual([]);
  });
});

it('keeps the focus on an answer that is under way, and takes no other', async () => {
  const answer = jest.fn();
  const node = show(<EqualButtons answers={[['Accept', answer]]} isBusy />);
  await until(() => byText(node, 'button', 'Accept'));
  const button = byText(node, 'button', 'Accept') as HTMLButtonElement;
  button.focus();
  button.click();
  expect(document.activeElement).toBe(button);
  expect(answer).not.toHaveBeenCalled();
});
