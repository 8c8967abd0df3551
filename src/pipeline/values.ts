// Values that what is told of commands and of activities shares.

/** Stands for every name that is not listed. */
export const OTHER = '(other)';

/** The schemas' bound: a day. */
const MAX_DURATION_MS = 86_400_000;

/** Whole milliseconds since a moment of `performance.now()`, as the schemas take them. */
export function durationSince(startedMs: number): number {
  const durationMs = Math.round(performance.now() - startedMs);
  return Math.min(Math.max(0, durationMs), MAX_DURATION_MS);
}
