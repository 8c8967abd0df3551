// What becomes of a submitted event: a row of the ledger, or a reason why not.

import type { IBatch, ISchemaTerms, ISubmitAnswer } from '../pipeline/api';
import type { IQueuedEvent } from '../tokens';
import type { IRow } from './database';
import { envelopeOf, onlyFields, strayField } from './envelope';
import type { IPurpose, IShippedManifest } from './manifest';
import type { IStanding } from './standing';
import { agreement, isEnded, modeOf } from './standing';

export type Refusal = ISubmitAnswer['rejected'][number];

/** Gate, check and seal one event, as a server would; the codes are a server's. */
export function admit(
  event: IQueuedEvent,
  batch: IBatch,
  manifest: IShippedManifest,
  standing: IStanding,
  nowMs: number
): IRow | Refusal {
  const found = find(event.schema, manifest);
  if (!found) {
    return { id: event.id, code: 'unknown_schema', pointer: '/schema' };
  }
  const { purpose, schema } = found;
  const shut = gate(purpose, batch, standing);
  const agreed = agreement(purpose, schema.id, standing);
  if (shut !== null || agreed === null) {
    const code = shut ?? 'not_consented';
    return { id: event.id, code, pointer: '/schema' };
  }
  if (strayField(event.data, schema)) {
    // Where it is goes untold: its name may be anything.
    const keyword = 'additionalProperties';
    return { id: event.id, code: 'invalid', pointer: '/data', keyword };
  }
  const data = onlyFields(event.data, agreed.fields);
  // Nothing happened in the future; and what has no readable time happened now.
  const timeMs = Math.min(Date.parse(event.time) || nowMs, nowMs);
  return {
    timeMs,
    sequence: event.seq,
    id: event.id,
    schema: event.schema,
    purpose: purpose.name,
    receivedMs: nowMs,
    expiresMs: nowMs + agreed.retentionMs,
    recorded: envelopeOf({ ...event, data }, timeMs, schema, {
      source: manifest.source,
      purpose: purpose.name,
      session: batch.session
    })
  };
}

function find(
  id: string,
  { purposes }: IShippedManifest
): { purpose: IPurpose; schema: ISchemaTerms } | undefined {
  return purposes
    .flatMap(purpose => purpose.schemas.map(schema => ({ purpose, schema })))
    .find(({ schema }) => schema.id === id);
}

/** Why nothing of a purpose may be kept now; null where it may. */
function gate(
  purpose: IPurpose,
  { modes, chosen_at }: IBatch,
  standing: IStanding
): 'paused' | 'not_consented' | null {
  if (standing.pausedUntilMs !== null) {
    return 'paused';
  }
  const chosenAt = chosen_at?.[purpose.name];
  const isOff =
    modes[purpose.name] === 'off' ||
    modeOf(purpose, standing) === 'off' ||
    (chosenAt !== undefined && isEnded(purpose, chosenAt, standing));
  return isOff ? 'not_consented' : null;
}
