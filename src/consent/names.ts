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

/** Who would receive a purpose's events, each named once. */
export function recipients(
  purpose: IPurposeState,
  state: ITelemetryState
): string {
  const names = sinksOf(purpose, state).map(({ recipient }) => recipient);
  return [...new Set(names)].join(', ');
}

/** Minutes until a pause ends, at least one. */
export function minutesLeft(pausedUntilMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((pausedUntilMs - nowMs) / 60_000));
}
