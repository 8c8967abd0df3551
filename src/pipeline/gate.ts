// What consent, and this browser, let happen to an event.

import type { IConsentState, Mode } from '../tokens';
import { isGpcOn } from './privacy';

const RANK: Readonly<Record<Mode, number>> = { off: 0, local: 1, on: 2 };

/** The purpose and mode that hold for a schema now; never `off` as a mode. */
export interface IAdmission {
  readonly purpose: string;
  readonly mode: 'local' | 'on';
}

/** How events of a schema are admitted, or null where nothing may be recorded. */
export function admission(
  state: IConsentState,
  schema: string,
  nowMs: number
): IAdmission | null {
  const purpose = own(state.schemas, schema);
  if (purpose === undefined) {
    return null;
  }
  const mode = effectiveMode(state, purpose, nowMs);
  return mode === 'off' ? null : { purpose, mode };
}

/**
 * The mode of a purpose, with problem and pause taken into account, and what the browser asks for right now: it may
 * have been asked to since the page was loaded, and what happens meanwhile must not be shared once it is no more.
 */
export function effectiveMode(
  state: IConsentState,
  purpose: string,
  nowMs: number
): Mode {
  if (state.problem !== null || isPaused(state, nowMs)) {
    return 'off';
  }
  const mode = own(state.modes, purpose);
  // What is not one of the three words is no consent.
  if (mode === 'on') {
    return isGpcOn() ? 'local' : 'on';
  }
  return mode === 'local' ? 'local' : 'off';
}

export function isPaused(state: IConsentState, nowMs: number): boolean {
  return state.pausedUntil !== null && state.pausedUntil > nowMs;
}

/** Whether any purpose may record anything now. */
export function isAnyActive(state: IConsentState, nowMs: number): boolean {
  return Object.keys(state.modes).some(
    purpose => effectiveMode(state, purpose, nowMs) !== 'off'
  );
}

/** What an event was agreed to under when it was captured; kept with it in the queue. */
export interface IAgreement {
  readonly purpose: string;
  readonly mode: 'local' | 'on';
  /** Names the choice and the terms in force at capture. */
  readonly basis: string;
}

/** Names the choice that holds for a purpose, and the terms that are in force. */
export function basisOf(state: IConsentState, purpose: string): string {
  const changed = state.changedTerms.includes(purpose) ? 'changed' : 'agreed';
  return `${state.hash} ${changed} ${chosenAt(state, purpose)}`;
}

/** When the choice was made that a basis names; empty where it names none. */
export function chosenIn(basis: string): string {
  return basis.split(' ')[2] ?? '';
}

/** When the mode of a purpose was last chosen; empty where it never was. */
export function chosenAt(state: IConsentState, purpose: string): string {
  return own(state.chosenAt, purpose) ?? '';
}

/**
 * Whether a waiting event may still be sent.
 *
 * Consent is never retroactive: what was captured under *local* is not sent once the mode is *on*,
 * nor what was captured under other terms or before another choice, because the server could no longer tell
 * it apart: between one *on* and the next may have been a *local* that this page never saw.
 */
export function maySend(
  state: IConsentState,
  captured: IAgreement,
  nowMs: number
): boolean {
  const mode = effectiveMode(state, captured.purpose, nowMs);
  if (mode === 'off' || RANK[mode] > RANK[captured.mode]) {
    return false;
  }
  return (
    mode === 'local' || basisOf(state, captured.purpose) === captured.basis
  );
}

/** As what a waiting event is sent: as what it was captured, or less if that is what holds now. */
export function modeNow(
  state: IConsentState,
  { purpose, mode }: IAgreement,
  nowMs: number
): 'local' | 'on' {
  return effectiveMode(state, purpose, nowMs) === 'on' ? mode : 'local';
}

function own<T>(
  record: Readonly<Record<string, T>>,
  key: string
): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
