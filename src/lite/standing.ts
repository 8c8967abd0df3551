// What was chosen, and what that comes to: pure, and never more than was agreed to.

import type {
  ConsentRequest,
  IConsentEntry,
  IDifference,
  IPurposeState
} from '../pipeline/api';
import { ApiError } from '../pipeline/api';
import type { Mode } from '../tokens';
import type { IAgreed } from './difference';
import { agreedFields, agreedRetentionMs, grown } from './difference';
import type { IPurpose } from './manifest';

/** All choices and the pause, as of one moment. */
export interface IStanding {
  /** Oldest first. */
  readonly choices: readonly Entry[];
  /** Null where nothing is paused. */
  readonly pausedUntilMs: number | null;
}

export const NOTHING_CHOSEN: IStanding = { choices: [], pausedUntilMs: null };

/** What is recorded of a choice; `kept` names the terms that somebody did not want. */
export type Entry = IConsentEntry & { readonly kept?: string };

export type Choice = Exclude<
  Extract<ConsentRequest, { readonly purpose: string }>,
  { readonly notice_shown: string }
>;

/** The mode that holds, a pause aside. */
export function modeOf(purpose: IPurpose, standing: IStanding): Mode {
  return newest(standing, purpose)?.mode === 'local' ? 'local' : 'off';
}

/**
 * Whether off was chosen since, for what was captured under a choice.
 *
 * Of before an off nothing is kept, whatever was chosen later; nor where either time cannot be read.
 *
 * @param chosenAt - When that choice was made (RFC 3339).
 */
export function isEnded(
  purpose: IPurpose,
  chosenAt: string,
  { choices }: IStanding
): boolean {
  const off = choices
    .filter(
      ({ purpose: name, mode }) => name === purpose.name && mode === 'off'
    )
    .at(-1);
  const offMs = off ? Date.parse(off.at) : -Infinity;
  return !(Date.parse(chosenAt) > offMs);
}

/** What of a schema may be kept, and how long: as agreed to, or less. Null where nothing may. */
export function agreement(
  purpose: IPurpose,
  schema: string,
  standing: IStanding
): { readonly fields: readonly string[]; readonly retentionMs: number } | null {
  const choice = newest(standing, purpose);
  if (choice?.mode !== 'local') {
    return null;
  }
  const agreed: IAgreed = choice.terms_text ?? {};
  const fields = agreedFields(agreed, schema);
  const retentionMs = Math.min(
    agreedRetentionMs(agreed),
    purpose.terms_text.retention_ms
  );
  return fields.length > 0 && retentionMs > 0 ? { fields, retentionMs } : null;
}

/** A purpose as it is told to its user. */
export function purposeState(
  purpose: IPurpose,
  standing: IStanding
): IPurposeState {
  const choice = newest(standing, purpose) ?? null;
  return {
    ...purpose,
    notice_shown: null,
    difference: differenceOf(purpose, choice),
    offers: { off: null, local: null, on: 'no_server' },
    mode: modeOf(purpose, standing),
    forwarded_to: [],
    choice
  };
}

function differenceOf(
  purpose: IPurpose,
  choice: Entry | null
): IDifference | null {
  if (choice?.mode !== 'local' || choice.terms === purpose.terms) {
    return null;
  }
  const items = grown(purpose, choice.terms_text ?? {});
  const answer = choice.kept === purpose.terms ? 'kept' : null;
  return items.length > 0
    ? { terms: purpose.terms, since: choice.at, items, answer }
    : null;
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
): Entry {
  const earlier = newest(standing, purpose);
  const at = new Date(after(earlier, nowMs)).toISOString();
  if ('keep' in request) {
    return keptEntry(request, purpose, earlier, at);
  }
  requireOffer(request, purpose);
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
    at,
    control: request.control,
    kind: request.mode === 'off' ? 'withdrawn' : 'given'
  };
}

function keptEntry(
  { keep, control, locale }: Extract<Choice, { readonly keep: string }>,
  purpose: IPurpose,
  earlier: Entry | undefined,
  at: string
): Entry {
  if (earlier?.mode !== 'local' || keep !== purpose.terms) {
    throw staleTerms();
  }
  const kept = { kept: keep, kind: 'kept' } as const;
  return { ...earlier, ...kept, locale: locale ?? null, at, control };
}

function staleTerms(): ApiError {
  return new ApiError(
    409,
    'stale_terms',
    "These are not today's terms; show them."
  );
}

/** The history has an order even where the clock was set back. */
function after(earlier: Entry | undefined, nowMs: number): number {
  const nextMs = earlier ? Date.parse(earlier.at) + 1 : nowMs;
  // Other pages of this origin can write there too: with no time, or one that no date can have. Off works all the same.
  return nextMs > nowMs && nextMs <= MAX_DATE_MS ? nextMs : nowMs;
}

const MAX_DATE_MS = 8.64e15;

function requireOffer(
  request: Extract<Choice, { readonly mode: Mode }>,
  purpose: IPurpose
): void {
  if (request.mode === 'off') {
    return;
  }
  if (request.mode !== 'local') {
    throw new ApiError(409, 'not_offered', 'This mode is not available.');
  }
  if (request.terms !== purpose.terms) {
    throw staleTerms();
  }
}

function newest({ choices }: IStanding, { name }: IPurpose): Entry | undefined {
  return choices.filter(({ purpose }) => purpose === name).at(-1);
}
