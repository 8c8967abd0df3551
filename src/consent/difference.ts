// What changed terms ask for beyond what was agreed to, item by item, in the words of experience.md.

import type { TranslationBundle } from '@jupyterlab/translation';

import type { IDifference, IDifferenceItem, Protection } from '../pipeline/api';
import { basisText } from './basis';
import {
  durationMs,
  durationText,
  identityText,
  protectionText
} from './words';

/** "+ field kernel language; + recipient X; kept 30 → 90 days." */
export function differenceText(
  { items }: IDifference,
  trans: TranslationBundle
): string {
  const texts = items.map(item => itemText(item, trans));
  return texts.length === 0
    ? trans.__('see Terms and history.')
    : `${texts.join('; ')}.`;
}

/** One item in the reader's language; in the server's words where its code is not known here. */
export function itemText(
  { code, args, text }: IDifferenceItem,
  trans: TranslationBundle
): string {
  const said = Object.hasOwn(SENTENCES, code)
    ? SENTENCES[code]?.(name => argument(args[name]), trans)
    : undefined;
  return said ?? text;
}

type Arguments = (name: string) => string;

const SENTENCES: Readonly<
  Record<string, (of: Arguments, trans: TranslationBundle) => string>
> = {
  field_added: (of, trans) => trans.__('+ field %1', fieldName(of)),
  protection_weaker: (of, trans) =>
    trans.__(
      'field %1: %2 → %3',
      fieldName(of),
      protectionText(of('from') as Protection, trans),
      protectionText(of('to') as Protection, trans)
    ),
  recipient_added: (of, trans) => trans.__('+ recipient %1', of('recipient')),
  recipient_changed: (of, trans) =>
    trans.__('recipient %1 → %2', of('from'), of('to')),
  recipient_retention: (of, trans) =>
    trans.__('%1: kept %2', of('recipient'), rangeText(of, trans)),
  cannot_erase: (of, trans) =>
    trans.__('%1 no longer erases on request', of('recipient')),
  retention: (of, trans) => trans.__('kept %1', rangeText(of, trans)),
  identity: (of, trans) =>
    trans.__(
      '%1 → %2',
      identityText(of('from'), trans),
      identityText(of('to'), trans)
    ),
  time_resolution: (of, trans) =>
    trans.__('times cut to %1', rangeText(of, trans)),
  sequence: (_, trans) => trans.__('+ order of events within a session'),
  controller: (of, trans) =>
    trans.__('controller %1 → %2', of('from'), of('to')),
  legal_basis: (of, trans) =>
    trans.__(
      'legal basis %1 → %2',
      basisName(of('from'), trans),
      basisName(of('to'), trans)
    ),
  policy: (of, trans) => trans.__('policy %1 → %2', of('from'), of('to')),
  not_used_for: (of, trans) =>
    trans.__('may now be used for %1', of('removed')),
  reader_added: (of, trans) => trans.__('+ reader %1', of('reader'))
};

function fieldName(of: Arguments): string {
  return of('title') || of('field');
}

function basisName(basis: string, trans: TranslationBundle): string {
  return basisText({ legal_basis: basis, legal_basis_reference: '' }, trans);
}

/** `30d`, `90d` → "30 → 90 days": the unit once where it is the same. */
function rangeText(of: Arguments, trans: TranslationBundle): string {
  const [from, to] = [of('from'), of('to')];
  const unit = /[a-z]+$/.exec(to)?.[0] ?? '';
  const isSameUnit = from.endsWith(to.replace(/^\d+/, ''));
  const before =
    isSameUnit && durationMs(from) !== null
      ? from.slice(0, -unit.length)
      : durationText(from, trans);
  return `${before} → ${durationText(to, trans)}`;
}

function argument(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map(argument).join(', ');
  }
  return typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : '';
}
