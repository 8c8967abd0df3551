// The consent state as the REST API and other tabs tell it: pure, and off wherever in doubt.

import type {
  IConsentAnswer,
  IDifference,
  IPurposeState,
  ITelemetryState
} from '../pipeline/api';
import { listedCommands } from '../pipeline/declarations';
import type { IConsentState, Mode } from '../tokens';
import { MODES } from './state';

/** As coarse as any purpose's, for a sink that says nothing. */
const DAY_MS = 86_400_000;

/** The state as in the page config, derived from the body of `GET /api/telemetry`. */
export function fromRest(answer: ITelemetryState): IConsentState {
  const { purposes } = answer;
  // The page records for no others; those, the server records itself.
  const asking = purposes.filter(({ policy }) => policy === 'opt-in');
  return {
    hash: answer.hash,
    ownerKey: answer.owner.key,
    modes: Object.fromEntries(asking.map(({ name, mode }) => [name, mode])),
    chosenAt: Object.fromEntries(
      asking.flatMap(({ name, choice }) =>
        choice ? [[name, choice.at] as const] : []
      )
    ),
    schemas: Object.fromEntries(
      asking.flatMap(({ name, schemas }) =>
        schemas.map(({ id }) => [id, name] as const)
      )
    ),
    unanswered: names(
      asking,
      ({ offers, choice }) => offers.on === null && choice === null
    ),
    pausedUntil: fromTime(answer.paused_until),
    serverModes: Object.fromEntries(
      purposes
        .filter(({ policy }) => policy === 'opt-out')
        .map(({ name, mode }) => [name, mode])
    ),
    problem: answer.problem?.message ?? null,
    changedTerms: names(asking, ({ difference }) => isOpen(difference)),
    notices: names(purposes, needsNotice),
    mandatory: names(
      purposes,
      ({ mandatory, problem }) => mandatory && problem === null
    ),
    commands: listedCommands(answer.commands),
    browserSinks: answer.sinks
      .filter(({ side }) => side === 'browser')
      .map(({ name, type, purposes, fields, time_resolution_ms }) => ({
        name,
        type,
        purposes,
        fields: fields ?? {},
        timeResolutionMs: time_resolution_ms ?? DAY_MS
      }))
  };
}

/** Whether changed terms wait for an answer. */
export function isOpen(difference: IDifference | null | undefined): boolean {
  return difference?.answer === null;
}

/** Whether a purpose begins, or grows, without a choice, and nobody was told so far. */
export function needsNotice(purpose: IPurposeState): boolean {
  const { policy, problem, notice_shown: shown, difference } = purpose;
  return (
    policy === 'opt-out' &&
    problem === null &&
    purpose.schemas.length > 0 &&
    purpose.choice?.mode !== 'off' &&
    (shown === null || isOpen(difference))
  );
}

function names(
  purposes: readonly IPurposeState[],
  fits: (purpose: IPurposeState) => boolean
): string[] {
  return purposes.filter(fits).map(({ name }) => name);
}

/** When each purpose was last chosen, as far as the answer tells. */
export function lastChosen({
  modes,
  history
}: IConsentAnswer): Record<string, string> {
  return Object.fromEntries(
    Object.keys(modes).flatMap(name => {
      // The newest come first.
      const last = history.find(({ purpose }) => purpose === name);
      return last ? [[name, last.at] as const] : [];
    })
  );
}

/** Unix milliseconds of an RFC 3339 time; null stays null. */
export function fromTime(time: string | null): number | null {
  if (time === null) {
    return null;
  }
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? null : parsed;
}

/** What is left of a mode after another tab told of one: a lower one holds at once, a higher one only the server gives. */
export function told(mode: Mode, other: unknown): Mode {
  const known = MODES.find(candidate => candidate === other) ?? 'off';
  return MODES.indexOf(known) <= MODES.indexOf(mode) ? known : 'off';
}
