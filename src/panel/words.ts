// How events read in the list.

import type { TranslationBundle } from '@jupyterlab/translation';

import { choiceText, codeText } from '../consent/words';
import type { DeliveryState, ITelemetryState } from '../pipeline/api';
import type { IStoredEvent } from '../pipeline/api';
import type { Mode } from '../tokens';
import type { StateFilter } from './model';
import { commandOf, dataOf } from './model';

export function whatText(
  event: IStoredEvent,
  state: ITelemetryState | null,
  trans: TranslationBundle
): string {
  const title = state?.purposes
    .flatMap(({ schemas }) => schemas)
    .find(({ id }) => id === event.schema)?.title;
  const { phase, activity, action, mode, kind } = dataOf(event);
  if (event.schema.startsWith(CONSENT) && isMode(mode)) {
    return kind === 'notice-shown'
      ? trans.__('Notice shown')
      : trans.__('My choice: %1', choiceText(mode, kind, trans));
  }
  // By the names under which schemas tell which of the things that they describe it was.
  const which = [phase, activity, action].find(
    (word): word is string => typeof word === 'string'
  );
  const suffix = which === undefined ? '' : `: ${which}`;
  return commandOf(event) || `${title ?? event.schema}${suffix}`;
}

/** Our own record of a choice; it is kept beside the events and sent nowhere. */
const CONSENT = 'https://events.jupyter.org/jupyter_eventlog/consent/';

function isMode(mode: unknown): mode is Mode {
  return mode === 'off' || mode === 'local' || mode === 'on';
}

export function howText(event: IStoredEvent): string {
  const { trigger } = dataOf(event);
  if (typeof trigger !== 'object' || trigger === null) {
    return '';
  }
  const { surface, device } = trigger as { surface?: string; device?: string };
  const parts = [surface, device === 'none' ? undefined : device];
  return parts
    .filter((part): part is string => typeof part === 'string')
    .join(', ');
}

export function resultText(
  event: IStoredEvent,
  trans: TranslationBundle
): string {
  const { outcome, error_class: errorClass } = dataOf(event);
  const words: Record<string, string> = {
    success: trans.__('worked'),
    failure: trans.__('failed'),
    cancelled: trans.__('cancelled')
  };
  const word =
    typeof outcome === 'string' ? (words[outcome] ?? codeText(outcome)) : '';
  return typeof errorClass === 'string' ? `${word}: ${errorClass}` : word;
}

export function msText(event: IStoredEvent, trans: TranslationBundle): string {
  const { duration_ms: durationMs } = dataOf(event);
  return typeof durationMs === 'number'
    ? trans.__('%1 ms', durationMs.toLocaleString())
    : '';
}

export function stateText(
  state: DeliveryState,
  trans: TranslationBundle
): string {
  const words: Record<DeliveryState, string> = {
    pending: trans.__('waiting'),
    delivered: trans.__('forwarded'),
    dead_lettered: trans.__('dropped'),
    expired: trans.__('expired'),
    revoked: trans.__('revoked'),
    erased: trans.__('erased')
  };
  return words[state] ?? codeText(state);
}

/** A choice of the filter, in the words of the state that it begins with. */
export function stateFilterText(
  filter: StateFilter,
  trans: TranslationBundle
): string {
  const [state] = filter.split(',') as [DeliveryState];
  return stateText(state, trans);
}

export function whereText(
  event: IStoredEvent,
  trans: TranslationBundle
): string {
  return event.deliveries.length === 0
    ? trans.__('only here')
    : event.deliveries
        .map(({ sink, state }) => `${sink}: ${stateText(state, trans)}`)
        .join('; ');
}

/** A time of the API in the reader's language and time zone. */
export function timeText(time: string | number | null): string {
  if (time === null) {
    return '–';
  }
  const parsed = new Date(time);
  return Number.isNaN(parsed.getTime())
    ? String(time)
    : parsed.toLocaleString(undefined, {
        dateStyle: 'medium',
        timeStyle: 'medium'
      });
}

/** A time of the API as hours and minutes. */
export function clockText(time: string): string {
  return new Date(time).toLocaleTimeString(undefined, { timeStyle: 'short' });
}

export function dayText(time: string): string {
  return new Date(time).toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short'
  });
}
