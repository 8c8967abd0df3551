// The consent state as the page carries it: pure, and off wherever in doubt. On the start-up path, so it stays small.

import { listedCommands } from '../pipeline/declarations';
import { isGpcOn } from '../pipeline/privacy';
import type { IBrowserSinkDeclaration, IConsentState, Mode } from '../tokens';

/** Nothing is known of any consent, so nothing is recorded. */
export const OFF: IConsentState = {
  hash: '',
  ownerKey: '',
  modes: {},
  chosenAt: {},
  schemas: {},
  unanswered: [],
  pausedUntil: null,
  problem: null,
  changedTerms: [],
  notices: [],
  serverModes: {},
  mandatory: [],
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

/** Whether anything may be recorded, now or when a pause ends. */
export function isAnyChosen(state: IConsentState): boolean {
  return Object.values(state.modes).some(mode => mode !== 'off');
}

/** Whether anything of this person's choice is recorded, here or by the server itself. */
export function isAnythingOn(state: IConsentState): boolean {
  return (
    isAnyChosen(state) ||
    Object.values(state.serverModes).some(mode => mode !== 'off')
  );
}

/** Whether nothing is to be told but that all is off. */
export function isQuiet(state: IConsentState): boolean {
  return (
    !isAnythingOn(state) &&
    state.problem === null &&
    state.pausedUntil === null &&
    state.changedTerms.length === 0
  );
}

/** Whether there is something to ask or to tell. */
export function isAnythingOpen(state: IConsentState): boolean {
  const { unanswered, notices, changedTerms } = state;
  return [unanswered, notices, changedTerms].some(({ length }) => length > 0);
}

/** Modes as this browser lets them be: nothing leaves where it says that nothing may be shared. */
export function reduced(
  modes: Readonly<Record<string, Mode>>
): Readonly<Record<string, Mode>> {
  return isGpcOn()
    ? Object.fromEntries(
        Object.entries(modes).map(([purpose, mode]) => [
          purpose,
          mode === 'on' ? 'local' : mode
        ])
      )
    : modes;
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
    modes: reduced(modesOf(value.modes)),
    chosenAt: isObject(value.chosenAt) ? textsOf(value.chosenAt) : {},
    schemas: textsOf(value.schemas),
    // Nobody is asked for what their browser does not let them give.
    unanswered: isGpcOn() ? [] : texts(value.unanswered),
    pausedUntil:
      typeof value.pausedUntil === 'number' ? value.pausedUntil : null,
    problem: typeof value.problem === 'string' ? value.problem : null,
    changedTerms: texts(value.changedTerms),
    notices: texts(value.notices),
    serverModes: isObject(value.serverModes) ? modesOf(value.serverModes) : {},
    mandatory: texts(value.mandatory),
    commands: listedCommands(value.commands),
    browserSinks: Array.isArray(value.browserSinks)
      ? value.browserSinks.filter(isDeclaration)
      : []
  };
}

function modesOf(value: Record<string, unknown>): Record<string, Mode> {
  return Object.fromEntries(
    Object.entries(value).map(([purpose, mode]) => [
      purpose,
      MODES.find(known => known === mode) ?? 'off'
    ])
  );
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

function textsOf(value: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, text(one)])
  );
}

function texts(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string')
    : [];
}
