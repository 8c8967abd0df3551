// What does not work, each in one calm sentence.

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { codeText } from '../consent/words';
import type { ISinkState, ITelemetryState } from '../pipeline/api';
import { clockText, timeText } from './words';

/** @param props.lost - Events of this page that its queue could not keep. */
export function Troubles(props: {
  state: ITelemetryState;
  lost: number;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { state, lost, trans } = props;
  const troubles = [
    ...ledgerTroubles(state, trans),
    ...state.sinks
      .filter(({ side, state: health }) => side === 'server' && health !== 'ok')
      .map(sink => sinkTrouble(sink, trans)),
    ...(lost > 0
      ? [
          trans._n(
            'This browser could not keep everything until your server took it; %1 event of this page was lost.',
            'This browser could not keep everything until your server took it; %1 events of this page were lost.',
            lost
          )
        ]
      : [])
  ];
  return (
    <div role="status">
      {troubles.map(text => (
        <p key={text} className="jp-eventlog-Banner">
          {text}
        </p>
      ))}
    </div>
  );
}

function sinkTrouble(sink: ISinkState, trans: TranslationBundle): string {
  const { name, state, reason, counts, failing_since: since } = sink;
  if (state === 'stopped') {
    return trans.__('%1 stopped: %2', name, codeText(reason));
  }
  return since === null
    ? trans.__(
        "%1 hasn't answered; %2 wait. Nothing for you to do.",
        name,
        counts.pending
      )
    : trans.__(
        "%1 hasn't answered since %2; %3 wait. Nothing for you to do.",
        name,
        clockText(since),
        counts.pending
      );
}

/** What is wrong, or was, with what this server keeps. */
export function ledgerTroubles(
  { health, contact, storage }: ITelemetryState,
  trans: TranslationBundle
): string[] {
  const {
    state = 'ok',
    since = null,
    set_aside: aside = []
  } = health.ledger ?? {};
  const tell = contact ? ` ${trans.__('Tell %1.', contact)}` : '';
  return [
    ...(state === 'ok' ? [] : [stoppedText(state, since, trans) + tell]),
    ...aside.map(
      at =>
        trans.__(
          'Recording stopped %1; the damaged file is kept in %2, and a new one began.',
          timeText(at),
          storage
        ) + tell
    )
  ];
}

function stoppedText(
  state: 'full' | 'unavailable',
  since: string | null,
  trans: TranslationBundle
): string {
  const why =
    state === 'full'
      ? trans.__('the storage for events is full')
      : trans.__('its storage cannot be written');
  return since === null
    ? trans.__('Recording stopped: %1.', why)
    : trans.__('Recording stopped %1: %2.', clockText(since), why);
}

/** How often the server asked to come later; what it did not take then waits in the browser. */
export function refusedText(
  { health }: ITelemetryState,
  trans: TranslationBundle
): string {
  const n = Object.values(health.refused ?? {}).reduce((sum, m) => sum + m, 0);
  return n === 0
    ? ''
    : trans._n(
        'Since it started, your server was too busy for %1 submission of events and asked for it later.',
        'Since it started, your server was too busy for %1 submissions of events and asked for them later.',
        n
      );
}
