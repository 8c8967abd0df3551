// What changed between the terms that were agreed to and the present ones, in one line.

import type { TranslationBundle } from '@jupyterlab/translation';

import { durationText, sinksOf } from '../consent/words';
import type {
  IConsentEntry,
  IPurposeState,
  ITelemetryState
} from '../pipeline/api';

/** "+ field kernel language; + recipient X; kept 30 → 90 days." */
export function changedText(
  purpose: IPurposeState,
  state: ITelemetryState,
  history: readonly IConsentEntry[],
  trans: TranslationBundle
): string {
  const agreed = history.find(({ terms }) => terms === purpose.choice?.terms);
  const text = agreed ? JSON.stringify(agreed.terms_text) : null;
  if (text === null) {
    return trans.__('see Terms and history.');
  }
  const fields = purpose.schemas
    .flatMap(schema => schema.fields)
    .filter(
      ({ pointer, protection }) =>
        protection !== 'drop' && !text.includes(JSON.stringify(pointer))
    )
    .map(({ title, pointer }) => trans.__('+ field %1', title || pointer));
  const sinks = sinksOf(purpose, state)
    .filter(({ recipient }) => !text.includes(JSON.stringify(recipient)))
    .map(({ recipient, retention }) =>
      trans.__(
        '+ recipient %1, kept %2',
        recipient,
        durationText(retention, trans)
      )
    );
  const changes = [...fields, ...sinks];
  return changes.length === 0
    ? trans.__('see Terms and history.')
    : `${changes.join('; ')}.`;
}
