// What today's terms ask for beyond what was agreed to. Nothing leaves this browser, so that fields and time are all.

import type { IDifferenceItem } from '../pipeline/api';
import type { IPurpose } from './manifest';

/** The part of agreed terms that is compared; another page of this origin may have written anything there. */
export interface IAgreed {
  readonly schemas?: Readonly<Record<string, unknown>>;
  readonly retention_ms?: unknown;
}

const DAY_MS = 86_400_000;

/** What grew, item by item. */
export function grown(
  purpose: IPurpose,
  agreed: IAgreed
): readonly IDifferenceItem[] {
  const fields = purpose.schemas.flatMap(({ id, fields }) => {
    const known = agreedFields(agreed, id);
    return fields
      .filter(({ pointer }) => !known.includes(pointer))
      .map(({ pointer, title }) => ({
        code: 'field_added',
        args: { schema: id, field: pointer, title },
        text: `+ field ${title || pointer}`
      }));
  });
  const { retention_ms: nowMs } = purpose.terms_text;
  const thenMs = agreedRetentionMs(agreed);
  const from = days(thenMs);
  return thenMs < nowMs
    ? [
        ...fields,
        {
          code: 'retention',
          args: { from, to: purpose.retention },
          text: `kept ${from} → ${purpose.retention}`
        }
      ]
    : fields;
}

/** JSON pointers of a schema that were agreed to. */
export function agreedFields(
  { schemas }: IAgreed,
  schema: string
): readonly string[] {
  const fields = schemas?.[schema];
  return typeof fields === 'object' && fields !== null
    ? Object.keys(fields)
    : [];
}

/** How long an event may be kept as was agreed to; not at all where that cannot be read. */
export function agreedRetentionMs({ retention_ms: ms }: IAgreed): number {
  return typeof ms === 'number' && ms > 0 ? ms : 0;
}

function days(ms: number): string {
  return `${Math.round(ms / DAY_MS)}d`;
}
