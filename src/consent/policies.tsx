// Purposes that do not ask first: the one to object to, and the one that nobody can turn off.

import type { TranslationBundle } from '@jupyterlab/translation';
import { lockIcon } from '@jupyterlab/ui-components';
import React, { useId } from 'react';

import type { IPurposeState, ITelemetryState } from '../pipeline/api';
import type { Mode } from '../tokens';
import { standingText, whatText } from './basis';
import { keptText } from './notice';
import { modeMeaning, reasonText } from './words';

interface IPolicyProps {
  readonly purpose: IPurposeState;
  readonly state: ITelemetryState;
  readonly trans: TranslationBundle;
}

/** Padlock and text, no control. */
export function LockedPurpose(props: IPolicyProps): React.JSX.Element {
  const { purpose, state, trans } = props;
  const id = useId();
  return (
    <div className="jp-eventlog-Purpose" role="group" aria-labelledby={id}>
      <p id={id} className="jp-eventlog-Purpose-title">
        <lockIcon.react tag="span" className="jp-eventlog-Icon" />{' '}
        {trans.__('%1: required, cannot be turned off', purpose.title)}
      </p>
      <p>
        {`${whatText(purpose)}. `}
        {keptText(purpose, state, trans)}
      </p>
      <p>{standingText(purpose, trans)}</p>
    </div>
  );
}

/** What cannot work as it is configured; the rest does. */
export function ProblemPurpose(props: IPolicyProps): React.JSX.Element {
  const { purpose, state, trans } = props;
  const contact = purpose.contact || state.contact;
  const id = useId();
  return (
    <div className="jp-eventlog-Purpose" role="group" aria-labelledby={id}>
      <p id={id} className="jp-eventlog-Purpose-title">
        {purpose.title}
      </p>
      <p>
        {contact
          ? trans.__('Off: configuration error. Tell %1.', contact)
          : trans.__('Off: configuration error. Tell your administrator.')}
      </p>
      <p className="jp-eventlog-Hint">{purpose.problem}</p>
    </div>
  );
}

/** What stands below the two options of a purpose that begins without a choice. */
export function ObjectionHint(props: IPolicyProps): React.JSX.Element {
  const { purpose, trans } = props;
  const { offers } = purpose;
  return (
    <p className="jp-eventlog-Hint">
      {offers.on !== null && offers.local === null && (
        <>{reasonText(offers.on, trans)}. </>
      )}
      {standingText(purpose, trans)}
      {isWaiting(purpose) && (
        <> {trans.__('Nothing is recorded before its notice was shown.')}</>
      )}
    </p>
  );
}

/** The names and meanings of what can be chosen where nobody is asked first. */
export function objectionOption(
  mode: Mode,
  { purpose, state, trans }: IPolicyProps
): readonly [name: string, meaning: string] {
  if (mode === 'off') {
    return [trans.__('Objected'), modeMeaning('off', purpose, state, trans)];
  }
  const meaning =
    mode === 'local'
      ? trans.__('kept in %1, not forwarded.', state.storage)
      : modeMeaning('on', purpose, state, trans);
  return [trans.__('On unless you object'), `${whatText(purpose)}; ${meaning}`];
}

/** What there is to choose: all that the purpose may do here, or nothing. */
export function objectionModes(purpose: IPurposeState): readonly Mode[] {
  return [begunMode(purpose), 'off'];
}

/** Which of the two holds. */
export function objectedMode(purpose: IPurposeState): Mode {
  return purpose.choice?.mode === 'off' ? 'off' : begunMode(purpose);
}

function begunMode({ offers }: IPurposeState): Mode {
  return offers.on !== null && offers.local === null ? 'local' : 'on';
}

function isWaiting({ notice_shown: shown, choice }: IPurposeState): boolean {
  return shown === null && choice?.mode !== 'off';
}
