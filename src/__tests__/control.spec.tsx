import React from 'react';

import { ModeControl } from '../consent/control';
import { IdleWatch } from '../consent/idle';
import { Consent } from '../consent/model';
import { Notice } from '../consent/notice';
import { OFF } from '../consent/state';
import { Widget } from '@lumino/widgets';
import type { IPurposeState } from '../pipeline/api';
import {
  byText,
  manifestOf,
  PURPOSE,
  show,
  STALE,
  TelemetryServer,
  trans,
  until
} from './telemetryServer';

function setUp(purposes: readonly IPurposeState[] = [PURPOSE]) {
  const server = new TelemetryServer(purposes);
  const manifest = manifestOf(server);
  const consent = new Consent({
    manifest,
    initial: { ...OFF, modes: { usage: 'off' }, unanswered: ['usage'] },
    baseUrl: 'http://localhost/'
  });
  return { server, manifest, consent };
}

async function control(purposes?: readonly IPurposeState[]) {
  const { server, manifest, consent } = setUp(purposes);
  const node = show(
    <ModeControl
      manifest={manifest}
      consent={consent}
      control="settings"
      trans={trans}
    />
  );
  await until(() => node.querySelector('input'));
  const radio = (mode: string) =>
    node.querySelector<HTMLInputElement>(`input[value=${mode}]`);
  return { server, node, radio, consent };
}

afterEach(() => {
  document.body.replaceChildren();
});

describe('the mode control', () => {
  it('says in plain words what each mode does', async () => {
    const { node } = await control();
    expect(
      Array.from(
        node.querySelectorAll('label'),
        ({ textContent }) => textContent
      )
    ).toEqual([
      'Off: nothing is recorded.',
      "Local: for me, in this server's storage, not forwarded.",
      'On: also sent to IT Services, kept 30 days.'
    ]);
  });

  it('shows what is effective, and preselects nothing else', async () => {
    const { radio } = await control();
    expect(radio('off')?.checked).toBe(true);
    expect(radio('on')?.checked).toBe(false);
  });

  it('records a choice under the terms that were shown', async () => {
    const { server, radio } = await control();
    radio('local')?.click();
    await until(() => server.requests.length > 0);
    expect(server.requests[0]).toMatchObject({
      purpose: 'usage',
      mode: 'local',
      terms: 'sha256:one',
      control: 'settings'
    });
    await until(() => radio('local')?.checked);
  });

  it('makes off an answer when it is clicked while unanswered', async () => {
    const { server, radio } = await control();
    radio('off')?.click();
    await until(() => server.requests.length > 0);
    expect(server.requests[0]).toMatchObject({ mode: 'off' });
  });

  it('says that it could not save, and shows the old state', async () => {
    const { server, radio, node } = await control();
    server.refusal = new TypeError('Failed to fetch');
    radio('on')?.click();
    await until(() =>
      (node.textContent ?? '').includes("Not saved: Can't reach your server")
    );
    expect(radio('off')?.checked).toBe(true);
    expect(radio('on')?.checked).toBe(false);
  });

  it('reads stale terms again and asks again, under the new ones', async () => {
    const { server, radio, node } = await control();
    server.refusal = STALE;
    server.purposes = [{ ...PURPOSE, terms: 'sha256:two' }];
    radio('on')?.click();
    await until(() =>
      (node.textContent ?? '').includes('the terms changed meanwhile')
    );
    expect(radio('off')?.checked).toBe(true);
    radio('on')?.click();
    await until(() => radio('on')?.checked && server.requests.length === 2);
    expect(server.requests[1]).toMatchObject({ terms: 'sha256:two' });
  });

  it.each([
    ['gpc', 'Your browser sends Global Privacy Control'],
    ['no_recipient', 'Your administrator has not named a recipient']
  ])(
    'keeps an option visible that is not available (%s), and says why',
    async (reason, words) => {
      const { radio, node } = await control([
        { ...PURPOSE, offers: { off: null, local: null, on: reason } }
      ]);
      expect(radio('on')?.disabled).toBe(true);
      expect(node.textContent).toContain(words);
    }
  );

  it('does not agree to what the arrow keys pass by', async () => {
    const { server, radio } = await control();
    radio('off')?.focus();
    for (const key of ['ArrowDown', 'ArrowDown']) {
      const isLeftToTheBrowser = document.activeElement?.dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
      );
      // The browser itself would choose what it moves to.
      expect(isLeftToTheBrowser).toBe(false);
    }
    expect(document.activeElement).toBe(radio('on'));
    expect(server.requests).toEqual([]);
  });

  it('shows a required purpose without a control', async () => {
    const { server, manifest, consent } = setUp([
      { ...PURPOSE, policy: 'locked' }
    ]);
    const node = show(
      <ModeControl
        manifest={manifest}
        consent={consent}
        control="panel"
        trans={trans}
      />
    );
    await until(() => (node.textContent ?? '').includes('required'));
    expect(node.querySelector('input')).toBeNull();
    expect(server.requests).toEqual([]);
  });
});

describe('the notice', () => {
  async function notice() {
    const { server, manifest, consent } = setUp();
    const opened: string[] = [];
    const state = await manifest.load();
    const widget = new Notice({
      consent,
      manifest,
      state,
      purpose: PURPOSE,
      trans,
      openPanel: () => void opened.push('panel')
    });
    Widget.attach(widget, document.body);
    await until(() => widget.node.querySelector('button'));
    return { server, widget, opened, node: widget.node };
  }

  it('asks in the agreed words', async () => {
    const { node } = await notice();
    expect(node.textContent).toContain(
      'Example University asks to see how JupyterLab is used.'
    );
    expect(node.textContent).toContain(
      'Commands, how you started them, whether they worked. No code, files or names. ' +
        'IT Services keeps it 30 days; never for grading, attendance. Refusing changes nothing.'
    );
  });

  it('has three identical buttons, in this order', async () => {
    const { node } = await notice();
    const buttons = Array.from(
      node.querySelectorAll('.jp-eventlog-Notice-buttons button')
    );
    expect(buttons.map(({ textContent }) => textContent)).toEqual([
      "Don't record",
      'Only for me',
      'Share with IT Services'
    ]);
    expect(new Set(buttons.map(({ className }) => className)).size).toBe(1);
  });

  it.each([
    ["Don't record", 'off'],
    ['Only for me', 'local'],
    ['Share with IT Services', 'on']
  ])('records "%s" as %s', async (label, mode) => {
    const { server, widget, node } = await notice();
    byText(node, 'button', label)?.click();
    await until(() => widget.isDisposed);
    expect(server.requests).toEqual([
      expect.objectContaining({ mode, control: 'notice' })
    ]);
  });

  it('shows the terms that are in force by now, and asks again under these', async () => {
    const { server, widget, node } = await notice();
    server.purposes = [
      { ...PURPOSE, terms: 'sha256:two', not_used_for: ['marketing'] }
    ];
    server.refusal = STALE;
    byText(node, 'button', 'Only for me')?.click();
    await until(() => node.textContent?.includes('never for marketing'));
    expect(node.textContent).toContain('the terms changed meanwhile');
    byText(node, 'button', 'Only for me')?.click();
    await until(() => widget.isDisposed);
    expect(server.requests[1]).toMatchObject({ terms: 'sha256:two' });
  });

  it('takes Escape for no answer', async () => {
    const { server, widget, node } = await notice();
    node.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })
    );
    expect(widget.isDisposed).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it('shows an example that is not the reader’s', async () => {
    const { node } = await notice();
    byText(node, 'button', 'See an example')?.click();
    const caption = await until(() => node.querySelector('figcaption'));
    expect(caption.textContent).toBe('Example, not yours');
    expect(node.querySelector('pre')?.textContent).toContain('docmanager:save');
  });

  it('opens the panel for details, which answers nothing', async () => {
    const { server, node, opened } = await notice();
    byText(node, 'button', 'Details')?.click();
    expect(opened).toEqual(['panel']);
    expect(server.requests).toEqual([]);
  });
});

describe('a quiet moment', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('comes once, after nobody typed or clicked for the whole time', () => {
    const onIdle = jest.fn();
    const userActivation = { isActive: false };
    const watch = new IdleWatch(120_000, () => false, onIdle, {
      userActivation
    });
    jest.advanceTimersByTime(119_000);
    userActivation.isActive = true;
    jest.advanceTimersByTime(5_000);
    userActivation.isActive = false;
    jest.advanceTimersByTime(119_000);
    expect(onIdle).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1_000);
    expect(onIdle).toHaveBeenCalledTimes(1);
    expect(watch.isDisposed).toBe(true);
    jest.advanceTimersByTime(1_000_000);
    expect(onIdle).toHaveBeenCalledTimes(1);
  });

  it('is waited for without listening to anything', () => {
    const listens = jest.spyOn(window, 'addEventListener');
    const watch = new IdleWatch(1000, () => false, jest.fn(), {});
    jest.advanceTimersByTime(5000);
    expect(watch.isDisposed).toBe(true);
    expect(listens).not.toHaveBeenCalled();
  });

  it('waits on while something else asks for attention', () => {
    let isBusy = true;
    const onIdle = jest.fn();
    new IdleWatch(1000, () => isBusy, onIdle);
    jest.advanceTimersByTime(5000);
    expect(onIdle).not.toHaveBeenCalled();
    isBusy = false;
    jest.advanceTimersByTime(1000);
    expect(onIdle).toHaveBeenCalledTimes(1);
  });
});
