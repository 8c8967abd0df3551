// *Where it goes*: who receives events, how that fares, and which setting says so.

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { codeText, durationText, reasonText } from '../consent/words';
import type { ISinkState, ITelemetryState } from '../pipeline/api';
import { ScrollTable } from './scrollTable';
import { refusedText } from './troubles';
import { timeText } from './words';

export function Sinks(props: {
  state: ITelemetryState;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { state, trans } = props;
  return (
    <section aria-labelledby="jp-eventlog-sinks">
      <h2 id="jp-eventlog-sinks">{trans.__('Where it goes')}</h2>
      {state.sinks.length === 0 ? (
        <p className="jp-eventlog-Empty">{nobodyText(state, trans)}</p>
      ) : (
        <ScrollTable label={trans.__('Where it goes')}>
          <caption>
            {trans.__('Recipients that the configuration names')}
          </caption>
          <thead>
            <tr>
              <th scope="col">{trans.__('Sink')}</th>
              <th scope="col">{trans.__('Recipient')}</th>
              <th scope="col">{trans.__('Kept')}</th>
              <th scope="col">{trans.__('State')}</th>
              <th scope="col">{trans.__('Last success')}</th>
              <th scope="col" className="jp-eventlog-mod-number">
                {trans.__('Waiting')}
              </th>
              <th scope="col">{trans.__('Can it be recalled')}</th>
              <th scope="col">{trans.__('Declared in')}</th>
            </tr>
          </thead>
          <tbody>
            {state.sinks.map(sink => (
              <SinkRow key={sink.name} sink={sink} trans={trans} />
            ))}
          </tbody>
        </ScrollTable>
      )}
      <p className="jp-eventlog-Hint">{refusedText(state, trans)}</p>
    </section>
  );
}

/** Why there is no recipient. */
function nobodyText(state: ITelemetryState, trans: TranslationBundle): string {
  if (state.problem) {
    return trans.__('Nothing is sent.');
  }
  const reason = state.in_browser ? 'no_server' : 'no_recipient';
  return reasonText(reason, trans);
}

function SinkRow(props: {
  sink: ISinkState;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { sink, trans } = props;
  const isInBrowser = sink.side === 'browser';
  return (
    <tr>
      <th scope="row">{sink.name}</th>
      <td>
        {sink.recipient}
        {isInBrowser && (
          <span className="jp-eventlog-Hint">
            {' '}
            {trans.__('in this browser')}
          </span>
        )}
      </td>
      <td>{durationText(sink.retention, trans)}</td>
      <td>{isInBrowser ? '–' : healthText(sink, trans)}</td>
      <td>{timeText(sink.last_success)}</td>
      <td className="jp-eventlog-mod-number">
        {isInBrowser ? '–' : sink.counts.pending.toLocaleString()}
      </td>
      <td>
        {sink.can_erase
          ? trans.__('yes, an erasure is passed on')
          : trans.__('no, it expires')}
      </td>
      <td className="jp-eventlog-mod-code jp-eventlog-mod-name">
        {sink.declared_in}
      </td>
    </tr>
  );
}

function healthText(sink: ISinkState, trans: TranslationBundle): string {
  const words: Record<ISinkState['state'], string> = {
    ok: trans.__('works'),
    delayed: trans.__('delayed'),
    failing: trans.__('failing'),
    stopped: trans.__('stopped')
  };
  const word = words[sink.state];
  return sink.reason ? `${word}, ${codeText(sink.reason)}` : word;
}
