// *Now*: what is on, a pause, and four numbers that filter the list.

import type { TranslationBundle } from '@jupyterlab/translation';

import React, { useState } from 'react';

import { ChangedTerms } from '../consent/changedTerms';
import { ModeControl } from '../consent/control';
import { fromTime, isOpen } from '../consent/told';
import { failureText } from '../consent/words';
import type { ITelemetryState } from '../pipeline/api';
import type { IFilter, PanelModel } from './model';
import { NO_FILTER } from './model';
import { Troubles } from './troubles';
import { clockText } from './words';

const PAUSE_S = 3600;

interface INowProps {
  readonly model: PanelModel;
  readonly state: ITelemetryState;
  readonly trans: TranslationBundle;
}

export function Now(props: INowProps): React.JSX.Element {
  const { model, state, trans } = props;
  return (
    <section aria-labelledby="jp-eventlog-now">
      <h2 id="jp-eventlog-now">{trans.__('Now')}</h2>
      <Troubles state={state} lost={model.lostHere} trans={trans} />
      {state.purposes
        .filter(
          ({ policy, difference }) => policy === 'opt-in' && isOpen(difference)
        )
        .map(purpose => (
          <div key={purpose.name} className="jp-eventlog-Banner">
            <ChangedTerms
              manifest={model.manifest}
              consent={model.consent}
              control="panel"
              trans={trans}
              purpose={purpose}
            />
          </div>
        ))}
      <div className="jp-eventlog-Card">
        <ModeControl
          manifest={model.manifest}
          consent={model.consent}
          control="panel"
          trans={trans}
        />
        {!state.problem && <Pause {...props} />}
      </div>
      {state.owner.shared && !state.problem && (
        <p className="jp-eventlog-Hint">
          {trans.__(
            "Everyone with this server's token shares these choices and these events."
          )}
        </p>
      )}
      {state.in_browser && (
        <p className="jp-eventlog-Hint">
          {trans.__(
            'Whoever uses this browser profile shares these choices and these events.'
          )}
        </p>
      )}
      <Numbers {...props} />
    </section>
  );
}

function Pause({ model, state, trans }: INowProps): React.JSX.Element {
  const [failure, setFailure] = useState('');
  const until = fromTime(state.paused_until);
  const isAnythingChosen = state.purposes.some(
    ({ mandatory, mode, choice }) =>
      !mandatory && (mode !== 'off' || (choice && choice.mode !== 'off'))
  );
  const pause = async (seconds: number | null) => {
    setFailure('');
    try {
      await model.consent.pause(seconds);
    } catch (error) {
      setFailure(trans.__('Not saved: %1', failureText(error, trans)));
    }
  };
  return (
    <div className="jp-eventlog-Pause">
      <button
        type="button"
        className="jp-eventlog-Button"
        disabled={until === null && !isAnythingChosen}
        onClick={() => void pause(until === null ? PAUSE_S : null)}
      >
        {until === null ? trans.__('Pause 1 h') : trans.__('Resume')}
      </button>
      <span role="status">
        {state.paused_until !== null &&
          trans.__('Paused until %1', clockText(state.paused_until))}
        {failure}
      </span>
    </div>
  );
}

function Numbers({ model, state, trans }: INowProps): React.JSX.Element {
  const { counts } = state;
  const numbers: readonly [string, number, Partial<IFilter>][] = [
    [trans.__('Recorded today'), counts.recorded_today, { period: 'today' }],
    [trans.__('Forwarded'), counts.forwarded, { state: 'delivered' }],
    [trans.__('Waiting'), counts.waiting, { state: 'pending' }],
    [trans.__('Dropped'), counts.dropped, { state: 'dead_lettered,expired' }]
  ];
  return (
    <div
      className="jp-eventlog-Numbers"
      role="group"
      aria-label={trans.__('Numbers that filter the list')}
    >
      {numbers.map(([label, number, filter]) => {
        const wanted = { ...NO_FILTER, ...filter };
        const isPressed =
          JSON.stringify(wanted) === JSON.stringify(model.filter);
        return (
          <button
            key={label}
            type="button"
            className="jp-eventlog-Number"
            aria-pressed={isPressed}
            onClick={() => void model.setFilter(isPressed ? NO_FILTER : wanted)}
          >
            <span className="jp-eventlog-Number-value">
              {number.toLocaleString()}
            </span>
            <span>{label}</span>
          </button>
        );
      })}
      <p role="status" className="jp-eventlog-mod-hidden">
        {numbers.map(([label, number]) => `${label}: ${number}`).join('. ')}
      </p>
    </div>
  );
}
