// What was chosen, and what that comes to: pure, and never more than was agreed to.

import type {
  ConsentRequest,
  IConsentEntry,
  IPurposeState
} from '../pipeline/api';
import { ApiError } from '../pipeline/api';
import type { Mode } from '../tokens';
import type { IPurpose } from './manifest';

/** All choices and the pause, as of one moment. */
export interface IStanding {
  /** Oldest first. */
  readonly choices: readonly IConsentEntry[];
  /** Null where nothing is paused. */
  readonly pausedUntilMs: number | null;
}

export const NOTHING_CHOSEN: IStanding = { choices: [], pausedUntilMs: null };

export type Choice = Extract<ConsentRequest, { readonly mode: Mode }>;

/** The mode that holds, a pause aside: under other terms than those that were agreed to, none but off. */
export function modeOf(purpose: IPurpose, standing: IStanding): Mode {
  const choice = newest(standing, purpose);
  return choice?.mode === 'local' && choice.terms === purpose.terms
    ? 'local'
    : 'off';
}

/** A purpose as it is told to its user. */
export function purposeState(
  purpose: IPurpose,
  standing: IStanding
): IPurposeState {
  const choice = newest(standing, purpose) ?? null;
  const isAgreed = choice !== null && choice.mode !== 'off';
  return {
    ...purpose,
    terms_changed: isAgreed && choice.terms !== purpose.terms,
    offers: { off: null, local: null, on: 'no_server' },
    mode: modeOf(purpose, standing),
    choice
  };
}

/**
 * The record of a choice.
 *
 * More than off needs an offer, and the terms that are in force now; `ApiError` where it has them not.
 */
export function entryOf(
  request: Choice,
  purpose: IPurpose,
  standing: IStanding,
  nowMs: number
): IConsentEntry {
  requireOffer(request, purpose);
  const earlier = newest(standing, purpose);
  // A refusal that names no terms ends what was agreed to before.
  const { terms, terms_text } =
    earlier && request.terms !== purpose.terms ? earlier : purpose;
  return {
    purpose: purpose.name,
    mode: request.mode,
    terms,
    terms_text,
    notice_version: request.notice_version ?? null,
    locale: request.locale ?? null,
    at: new Date(after(earlier, nowMs)).toISOString(),
    control: request.control
  };
}

/** The history has an order even where the clock was set back. */
function after(earlier: IConsentEntry | undefined, nowMs: number): number {
  const nextMs = earlier ? Date.parse(earlier.at) + 1 : nowMs;
  // Other pages of this origin can write there too: with no time, or one that no date can have. Off works all the same.
  return nextMs > nowMs && nextMs <= MAX_DATE_MS ? nextMs : nowMs;
}

const MAX_DATE_MS = 8.64e15;

function requireOffer(request: Choice, purpose: IPurpose): void {
  if (request.mode === 'off') {
    return;
  }
  if (request.mode !== 'local') {
    throw new ApiError(409, 'not_offered', 'This mode is not available.');
  }
  if (request.terms !== purpose.terms) {
    throw new ApiError(
      409,
      'stale_terms',
      "These are not today's terms; show them."
    );
  }
}

function newest(
  { choices }: IStanding,
  { name }: IPurpose
): IConsentEntry | undefined {
  return choices.filter(({ purpose }) => purpose === name).at(-1);
}
