// The consent state as the page carries it and as the REST API tells it: pure, and off wherever in doubt.

import type { ITelemetryState } from '../pipeline/api';
import { listedCommands } from '../pipeline/declarations';
import type {
  CommandDeclarations,
  IBrowserSinkDeclaration,
  IConsentState,
  Mode
} from '../tokens';

/** As coarse as any purpose's, for a sink that says nothing. */
const DAY_MS = 86_400_000;

/** Nothing is known of any consent, so nothing is recorded. */
export const OFF: IConsentState = {
  hash: '',
  ownerKey: '',
  modes: {},
  schemas: {},
  unanswered: [],
  pausedUntil: null,
  problem: null,
  changedTerms: [],
  commands: {},
  browserSinks: []
};

/** The state in the page config option `eventlog`; `OFF` where it is missing or not what was promised. */
export function fromPageConfig(option: string): IConsentState {
  if (!option) {
    return OFF;
  }
  try {
    return checked(JSON.parse(option));
  } catch {
    return OFF;
  }
}

/** The same state, derived from the body of `GET /api/telemetry`, which does not tell the commands. */
export function fromRest(
  answer: ITelemetryState,
  commands: CommandDeclarations
): IConsentState {
  const { purposes } = answer;
  return {
    hash: answer.hash,
    ownerKey: answer.owner.key,
    modes: Object.fromEntries(purposes.map(({ name, mode }) => [name, mode])),
    schemas: Object.fromEntries(
      purposes.flatMap(({ name, schemas }) =>
        schemas.map(({ id }) => [id, name] as const)
      )
    ),
    unanswered: purposes
      .filter(({ offers, choice }) => offers.on === null && choice === null)
      .map(({ name }) => name),
    pausedUntil: fromTime(answer.paused_until),
    problem: answer.problem?.message ?? null,
    changedTerms: purposes
      .filter(({ terms_changed }) => terms_changed)
      .map(({ name }) => name),
    commands,
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

/** Unix milliseconds of an RFC 3339 time; null stays null. */
export function fromTime(time: string | null): number | null {
  if (time === null) {
    return null;
  }
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? null : parsed;
}

/** Whether anything may be recorded, now or when a pause ends. */
export function isAnyChosen(state: IConsentState): boolean {
  return Object.values(state.modes).some(mode => mode !== 'off');
}

/** What is left of a mode after another tab told of one: a lower one holds at once, a higher one only the server gives. */
export function told(mode: Mode, other: unknown): Mode {
  const known = MODES.find(candidate => candidate === other) ?? 'off';
  return MODES.indexOf(known) <= MODES.indexOf(mode) ? known : 'off';
}

/** From nothing to all. */
export const MODES: readonly Mode[] = ['off', 'local', 'on'];

function checked(value: unknown): IConsentState {
  if (!isObject(value) || !isObject(value.modes) || !isObject(value.schemas)) {
    return OFF;
  }
  return {
    hash: text(value.hash),
    ownerKey: text(value.ownerKey),
    modes: Object.fromEntries(
      Object.entries(value.modes).map(([purpose, mode]) => [
        purpose,
        MODES.find(known => known === mode) ?? 'off'
      ])
    ),
    schemas: Object.fromEntries(
      Object.entries(value.schemas).map(([id, purpose]) => [id, text(purpose)])
    ),
    unanswered: texts(value.unanswered),
    pausedUntil:
      typeof value.pausedUntil === 'number' ? value.pausedUntil : null,
    problem: typeof value.problem === 'string' ? value.problem : null,
    changedTerms: texts(value.changedTerms),
    commands: listedCommands(value.commands),
    browserSinks: Array.isArray(value.browserSinks)
      ? value.browserSinks.filter(isDeclaration)
      : []
  };
}

function isDeclaration(value: unknown): value is IBrowserSinkDeclaration {
  return (
    isObject(value) &&
    typeof value.name === 'string' &&
    typeof value.type === 'string' &&
    Array.isArray(value.purposes) &&
    isObject(value.fields) &&
    Object.values(value.fields).every(Array.isArray) &&
    typeof value.timeResolutionMs === 'number' &&
    value.timeResolutionMs >= 1
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string')
    : [];
}
