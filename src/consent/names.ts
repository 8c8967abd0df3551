// Names of things, for the status item and all who say more.

import type {
  IPurposeState,
  ISinkState,
  ITelemetryState
} from '../pipeline/api';

/** A code of the API in readable form: `disk_full` → `disk full`. */
export function codeText(code: string): string {
  return code.replace(/_/g, ' ');
}

/** The sinks of a purpose, in the operator's order. */
export function sinksOf(
  purpose: IPurposeState,
  state: ITelemetryState
): readonly ISinkState[] {
  return state.sinks.filter(({ name }) => purpose.sinks.includes(name));
}

/** The sinks that a purpose's events go to under *On*: where it is on now, those of what was agreed to. */
export function sinksUnderOn(
  purpose: IPurposeState,
  state: ITelemetryState
): readonly ISinkState[] {
  const declared = sinksOf(purpose, state);
  return purpose.mode === 'on'
    ? declared.filter(({ name }) => purpose.forwarded_to.includes(name))
    : declared;
}

/** Who stands behind sinks, each named once. */
export function recipients(sinks: readonly ISinkState[]): string {
  return [...new Set(sinks.map(({ recipient }) => recipient))].join(', ');
}

/** Minutes until a pause ends, at least one. */
export function minutesLeft(pausedUntilMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((pausedUntilMs - nowMs) / 60_000));
}
