// What the status item says: the worst first, in words; never by colour alone.

import type { TranslationBundle } from '@jupyterlab/translation';

import type { ISinkState, ITelemetryState } from '../pipeline/api';
import type { IConsentState, Mode } from '../tokens';
import { codeText, minutesLeft, recipients, sinksUnderOn } from './names';

/** Which icon goes with a text. */
export type StatusKind =
  'stopped' | 'delayed' | 'paused' | 'changed' | 'on' | 'local' | 'off';

export interface IStatus {
  readonly kind: StatusKind;
  /** Without the leading "Telemetry:". */
  readonly text: string;
  /** More, for the tooltip; may be empty. */
  readonly detail: string;
}

/**
 * The status of all purposes together.
 *
 * @param details - The server's last answer; null while nobody had a reason to ask.
 */
export function statusOf(
  state: IConsentState,
  details: ITelemetryState | null,
  nowMs: number,
  trans: TranslationBundle
): IStatus {
  const status = worst(state, details, nowMs, trans);
  return state.mandatory.length > 0
    ? { ...status, text: trans.__('%1 + required audit', status.text) }
    : status;
}

function worst(
  state: IConsentState,
  details: ITelemetryState | null,
  nowMs: number,
  trans: TranslationBundle
): IStatus {
  const { problem, pausedUntil } = state;
  if (problem !== null) {
    return {
      kind: 'stopped',
      text: trans.__('off, configuration error'),
      detail: problem
    };
  }
  const sinks = details ? sinksInUse(state, details) : [];
  const stopped = sinks.find(sink => sink.state === 'stopped');
  if (stopped) {
    const reason = codeText(stopped.reason);
    return {
      kind: 'stopped',
      text: reason ? trans.__('stopped, %1', reason) : trans.__('stopped'),
      detail: stopped.name
    };
  }
  const late = sinks.filter(sink => /^(delayed|failing)$/.test(sink.state));
  if (late.length > 0) {
    return {
      kind: 'delayed',
      text: trans.__('sending delayed'),
      detail: late.map(({ name }) => name).join(', ')
    };
  }
  if (pausedUntil !== null && pausedUntil > nowMs) {
    return {
      kind: 'paused',
      text: trans.__('paused, %1 min', minutesLeft(pausedUntil, nowMs)),
      detail: ''
    };
  }
  if (state.changedTerms.length > 0) {
    return { kind: 'changed', text: trans.__('terms changed'), detail: '' };
  }
  return effective(state, details, trans);
}

/** What is chosen, and what the server records unless somebody objects. */
function modesOf({
  modes,
  serverModes
}: IConsentState): Readonly<Record<string, Mode>> {
  return { ...modes, ...serverModes };
}

/** The sinks that get something of this person, in the operator's order. */
function sinksInUse(
  state: IConsentState,
  details: ITelemetryState
): readonly ISinkState[] {
  const modes = modesOf(state);
  const inUse = new Set(
    details.purposes
      .filter(({ name }) => modes[name] === 'on')
      .flatMap(purpose => sinksUnderOn(purpose, details))
  );
  return details.sinks.filter(sink => inUse.has(sink));
}

function effective(
  state: IConsentState,
  details: ITelemetryState | null,
  trans: TranslationBundle
): IStatus {
  const chosen = Object.values(modesOf(state));
  if (chosen.includes('on')) {
    const names = details ? recipients(sinksInUse(state, details)) : '';
    return {
      kind: 'on',
      text: names ? trans.__('on → %1', names) : trans.__('on'),
      detail: ''
    };
  }
  return chosen.includes('local')
    ? { kind: 'local', text: trans.__('local'), detail: '' }
    : { kind: 'off', text: trans.__('off'), detail: '' };
}
