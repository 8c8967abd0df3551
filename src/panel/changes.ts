// What changed between the terms that were agreed to and the present ones, in one line.

import type { TranslationBundle } from '@jupyterlab/translation';

import { durationMs, durationText, sinksOf } from '../consent/words';
import type {
  IConsentEntry,
  IPurposeState,
  ITelemetryState
} from '../pipeline/api';

const DAY_MS = 86_400_000;

/** The part of agreed terms that is compared; a consent record holds them as the server wrote them. */
interface IAgreedTerms {
  readonly schemas?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly recipients?: readonly {
    readonly name: string;
    readonly recipient: string;
    readonly retention_ms: number;
  }[];
  readonly retention_ms?: number;
}

/** "+ field kernel language; + recipient X; kept 30 → 90 days." */
export function changedText(
  purpose: IPurposeState,
  state: ITelemetryState,
  history: readonly IConsentEntry[],
  trans: TranslationBundle
): string {
  const agreed = history.find(({ terms }) => terms === purpose.choice?.terms)
    ?.terms_text as IAgreedTerms | null | undefined;
  const changes = agreed
    ? [
        ...fieldChanges(purpose, agreed, trans),
        ...recipientChanges(purpose, state, agreed, trans),
        ...keptChange(agreed.retention_ms, purpose.retention, '', trans)
      ]
    : [];
  return changes.length === 0
    ? trans.__('see Terms and history.')
    : `${changes.join('; ')}.`;
}

function fieldChanges(
  purpose: IPurposeState,
  agreed: IAgreedTerms,
  trans: TranslationBundle
): string[] {
  return purpose.schemas.flatMap(({ id, fields }) =>
    fields.flatMap(({ pointer, title, protection }) => {
      const before = agreed.schemas?.[id]?.[pointer] ?? 'drop';
      if (before === protection) {
        return [];
      }
      const name = title || pointer;
      if (protection === 'drop') {
        return [trans.__('− field %1', name)];
      }
      return before === 'drop'
        ? [trans.__('+ field %1', name)]
        : [trans.__('field %1 differently', name)];
    })
  );
}

function recipientChanges(
  purpose: IPurposeState,
  state: ITelemetryState,
  agreed: IAgreedTerms,
  trans: TranslationBundle
): string[] {
  return sinksOf(purpose, state).flatMap(({ name, recipient, retention }) => {
    const before = agreed.recipients?.find(
      known => known.name === name && known.recipient === recipient
    );
    return before
      ? keptChange(before.retention_ms, retention, `${recipient}: `, trans)
      : [trans.__('+ recipient %1', recipient)];
  });
}

function keptChange(
  beforeMs: number | undefined,
  now: string,
  prefix: string,
  trans: TranslationBundle
): string[] {
  if (beforeMs === undefined || beforeMs === durationMs(now)) {
    return [];
  }
  const days = String(Math.round((beforeMs / DAY_MS) * 100) / 100);
  return [prefix + trans.__('kept %1 → %2', days, durationText(now, trans))];
}
