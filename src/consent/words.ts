// The words for modes, reasons and terms, as experience.md has them; the same wherever they are shown.

import type { TranslationBundle } from '@jupyterlab/translation';

import type {
  IPurposeState,
  ITelemetryState,
  Protection
} from '../pipeline/api';
import type { Mode } from '../tokens';
import { codeText, sinksUnderOn } from './names';

export { codeText, recipients, sinksOf } from './names';

export function modeName(mode: Mode, trans: TranslationBundle): string {
  const names: Record<Mode, string> = {
    off: trans.__('Off'),
    local: trans.__('Local'),
    on: trans.__('On')
  };
  return names[mode];
}

/** A choice, in more words where its mode alone does not say what was done. */
export function choiceText(
  mode: Mode,
  kind: unknown,
  trans: TranslationBundle
): string {
  const name = modeName(mode, trans);
  switch (kind) {
    case 'kept':
      return trans.__('%1, earlier terms kept', name);
    case 'notice-shown':
      return trans.__('Notice shown');
    case 'objected':
      return mode === 'off' ? trans.__('Objected') : name;
    default:
      return name;
  }
}

/** What a mode does, for the line of its radio button. */
export function modeMeaning(
  mode: Mode,
  purpose: IPurposeState,
  state: ITelemetryState,
  trans: TranslationBundle
): string {
  if (mode === 'off') {
    return trans.__('nothing is recorded.');
  }
  if (mode === 'local') {
    const kept = trans.__('for me, in %1, not forwarded.', state.storage);
    return state.on_hub
      ? `${kept} ${trans.__('Administrators and backups may reach this.')}`
      : kept;
  }
  const sinks = sinksUnderOn(purpose, state);
  if (sinks.length === 0) {
    return trans.__('also sent to a recipient.');
  }
  const [first, ...others] = sinks.map(({ recipient, retention }) =>
    trans.__('%1, kept %2', recipient, durationText(retention, trans))
  );
  return trans.__('also sent to %1.', [first, ...others].join('; '));
}

/** Why a mode is not available. */
export function reasonText(reason: string, trans: TranslationBundle): string {
  switch (reason) {
    case 'gpc':
      return trans.__('Your browser sends Global Privacy Control');
    case 'do_not_track':
      return trans.__('Do Not Track is set');
    case 'no_recipient':
      return trans.__('Your administrator has not named a recipient');
    case 'no_server':
      return trans.__('There is no server here that could send it on');
    case 'no_identity':
      return trans.__('This server cannot tell its users apart');
    case 'not_allowed_here':
      return trans.__('Your administrator does not allow this here');
    default:
      return trans.__('Not available: %1', codeText(reason));
  }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000
};

/** `90d` in milliseconds; null where it is not understood. */
export function durationMs(duration: string): number | null {
  const [, digits, unit] = /^(\d+)(ms|s|min|h|d)$/.exec(duration) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  return unitMs === undefined ? null : Number(digits) * unitMs;
}

/** `90d` → `90 days`; what is not understood stays as it is. */
export function durationText(
  duration: string,
  trans: TranslationBundle
): string {
  const [, digits, unit] = /^(\d+)(ms|s|min|h|d)$/.exec(duration) ?? [];
  const n = Number(digits);
  switch (unit) {
    case 'd':
      return trans._n('%1 day', '%1 days', n);
    case 'h':
      return trans._n('%1 hour', '%1 hours', n);
    case 'min':
      return trans._n('%1 minute', '%1 minutes', n);
    case 's':
      return trans._n('%1 second', '%1 seconds', n);
    default:
      return duration;
  }
}

export function protectionText(
  protection: Protection,
  trans: TranslationBundle
): string {
  const names: Partial<Record<string, string>> = {
    keep: trans.__('sent as it is'),
    listed: trans.__('only listed words sent'),
    bucket: trans.__('sent rounded'),
    truncate: trans.__('sent cut to host or day'),
    present: trans.__('only sent whether there is one'),
    hash: trans.__('sent as a code made with a secret key'),
    drop: trans.__('not sent')
  };
  return names[protection] ?? protection;
}

/** What is sent of who somebody is. */
export function identityText(
  identity: string,
  trans: TranslationBundle
): string {
  const names: Record<string, string> = {
    none: trans.__('no name or id of you is sent'),
    pseudonym: trans.__('a pseudonym of you is sent; that is not anonymous'),
    user: trans.__('your user name is sent')
  };
  return names[identity] ?? identity;
}

/** Why a choice was not recorded; whoever shows this has read the manifest again. */
export function notSavedText(error: unknown, trans: TranslationBundle): string {
  return error instanceof Error &&
    'code' in error &&
    error.code === 'stale_terms'
    ? trans.__(
        'Not saved: the terms changed meanwhile. These are the new ones; please choose again.'
      )
    : trans.__('Not saved: %1', failureText(error, trans));
}

/** What went wrong with a call, for a line of text. */
export function failureText(error: unknown, trans: TranslationBundle): string {
  if (error instanceof Error && error.name === 'ApiError') {
    return error.message;
  }
  return trans.__("Can't reach your server.");
}
