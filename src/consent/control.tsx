// The mode control: one radio group per purpose; the same component in the panel and on the settings page.

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useId, useRef, useState } from 'react';

import '../../style/index.js';
import type { IPurposeState, ITelemetryState } from '../pipeline/api';

import type { Control, IConsent, Mode } from '../tokens';
import type { IManifest } from './manifest';
import { KeptTerms } from './changedTerms';
import {
  LockedPurpose,
  objectedMode,
  ObjectionHint,
  objectionModes,
  objectionOption,
  ProblemPurpose
} from './policies';
import { MODES } from './state';
import {
  failureText,
  modeMeaning,
  modeName,
  notSavedText,
  reasonText
} from './words';

export interface IModeControlProps {
  readonly manifest: IManifest;
  readonly consent: IConsent;
  readonly control: Control;
  readonly trans: TranslationBundle;
}

/** The last answer of the server, asked for once when the component appears; a text where it failed. */
export function useManifest(
  manifest: IManifest,
  trans: TranslationBundle
): [ITelemetryState | null, string | null] {
  const [state, setState] = useState(manifest.current);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const take = (_: IManifest, answer: ITelemetryState) => {
      setState(answer);
      setFailure(null);
    };
    manifest.changed.connect(take);
    manifest
      .load()
      .catch((error: unknown) => setFailure(failureText(error, trans)));
    return () => void manifest.changed.disconnect(take);
  }, [manifest, trans]);
  return [state, failure];
}

/** All purposes with their modes. */
export function ModeControl(props: IModeControlProps): React.JSX.Element {
  const { manifest, trans } = props;
  const [state, failure] = useManifest(manifest, trans);
  if (!state) {
    return <p role="status">{failure ?? trans.__('Loading…')}</p>;
  }
  if (state.problem) {
    return <p role="status">{state.problem.message}</p>;
  }
  return (
    <div className="jp-eventlog-ModeControl">
      {failure && <p role="status">{failure}</p>}
      {state.purposes.map(purpose => (
        <div key={purpose.name} className="jp-eventlog-ModeControl-purpose">
          <PurposeControl
            {...props}
            state={state}
            purpose={purpose}
            hasHeading={state.purposes.length > 1}
          />
        </div>
      ))}
    </div>
  );
}

interface IPurposeControlProps extends IModeControlProps {
  readonly state: ITelemetryState;
  readonly purpose: IPurposeState;
  readonly hasHeading: boolean;
}

/** What can be chosen of one purpose, which its policy decides. */
function PurposeControl(props: IPurposeControlProps): React.JSX.Element {
  const { purpose } = props;
  if (purpose.problem !== null) {
    return <ProblemPurpose {...props} />;
  }
  return purpose.policy === 'locked' ? (
    <LockedPurpose {...props} />
  ) : (
    <Options {...props} />
  );
}

function Options(props: IPurposeControlProps): React.JSX.Element {
  const { purpose, state, consent, manifest, control, trans } = props;
  const [saving, setSaving] = useState<Mode | null>(null);
  const [failure, setFailure] = useState('');
  const group = useRef<HTMLFieldSetElement>(null);
  const id = useId();
  const begins = purpose.policy === 'opt-out';

  const choose = async (mode: Mode): Promise<boolean> => {
    setSaving(mode);
    setFailure('');
    try {
      await consent.setMode(purpose.name, mode, purpose.terms, control);
      return true;
    } catch (error) {
      // The terms may be stale, or only the answer was lost: show what the server has.
      await manifest.load().catch(() => undefined);
      setFailure(notSavedText(error, trans));
      return false;
    } finally {
      setSaving(null);
    }
  };
  const accept = async (mode: Mode) => {
    if (await choose(mode)) {
      focusChosen(group.current);
    }
  };
  const modes = begins ? objectionModes(purpose) : MODES;
  const now = begins ? objectedMode(purpose) : shownMode(purpose, state);

  return (
    <fieldset
      ref={group}
      className="jp-eventlog-Purpose"
      aria-busy={saving !== null}
      onKeyDown={event => moveFocus(event, group.current)}
    >
      <legend
        className={
          props.hasHeading
            ? 'jp-eventlog-Purpose-title'
            : 'jp-eventlog-mod-hidden'
        }
      >
        {purpose.title}
      </legend>
      {modes.map(mode => (
        <Option
          {...props}
          key={mode}
          mode={mode}
          shown={saving ?? now}
          choose={() => void choose(mode)}
          group={id}
          isAnswered={purpose.choice !== null || saving !== null || begins}
        />
      ))}
      {begins && <ObjectionHint {...props} />}
      <KeptTerms
        purpose={purpose}
        trans={trans}
        isBusy={saving !== null}
        accept={mode => void accept(mode)}
      />
      <p role="status" className="jp-eventlog-Saving">
        {saving ? trans.__('Saving…') : failure}
      </p>
    </fieldset>
  );
}

function Option(
  props: IPurposeControlProps & {
    mode: Mode;
    shown: Mode;
    /** Name that the options of one purpose share. */
    group: string;
    choose: () => void;
    isAnswered: boolean;
  }
): React.JSX.Element {
  const { purpose, state, trans, mode, shown, choose, isAnswered } = props;
  const begins = purpose.policy === 'opt-out';
  const reason = purpose.offers[mode];
  const [label, meaning] = begins
    ? objectionOption(mode, props)
    : [modeName(mode, trans), modeMeaning(mode, purpose, state, trans)];
  return (
    <label
      className={
        reason === null
          ? 'jp-eventlog-Mode'
          : 'jp-eventlog-Mode jp-eventlog-mod-unavailable'
      }
    >
      <input
        type="radio"
        name={props.group}
        value={mode}
        checked={shown === mode}
        disabled={reason !== null && shown !== mode}
        onChange={choose}
        onClick={() => {
          // What is shown while unanswered can be made an answer.
          if (shown === mode && !isAnswered) {
            choose();
          }
        }}
      />
      <span>
        <strong>{label}</strong>
        {': '}
        {meaning}
        {reason !== null && (
          <span className="jp-eventlog-Reason">
            {reasonText(reason, trans)}
          </span>
        )}
      </span>
    </label>
  );
}

/** What the server recorded: the effective mode, or under a pause the one that a pause interrupts. */
export function shownMode(
  purpose: IPurposeState,
  state: ITelemetryState
): Mode {
  if (state.paused_until === null || !purpose.choice) {
    return purpose.mode;
  }
  const { mode } = purpose.choice;
  return purpose.offers[mode] === null ? mode : purpose.mode;
}

/** Arrow keys move between the options without choosing: on the way to one, no other may be agreed to. */
function moveFocus(
  event: React.KeyboardEvent,
  group: HTMLFieldSetElement | null
): void {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[
    event.key
  ];
  if (step === undefined || !group) {
    return;
  }
  event.preventDefault();
  const options = Array.from(
    group.querySelectorAll<HTMLInputElement>('input[type=radio]:enabled')
  );
  const at = options.findIndex(option => option === document.activeElement);
  options[(at + step + options.length) % options.length]?.focus();
}

/** Focus the chosen option if the focus was on the button that disappears now; a focus elsewhere stays there. */
function focusChosen(group: HTMLFieldSetElement | null): void {
  const at = document.activeElement;
  if (at === document.body || at?.closest('.jp-eventlog-Kept')) {
    group?.querySelector<HTMLInputElement>('input:checked')?.focus();
  }
}
