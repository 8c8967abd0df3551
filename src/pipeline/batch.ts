// Cuts what waits into batches: one session each, bounded in count and bytes.

import type { IQueuedEvent, Mode } from '../tokens';
import type { IBatch } from './api';
import type { IWaiting } from './queue';

/** The server's bound. */
export const MAX_BATCH_EVENTS = 500;
/** Well below the server's 512 KiB. */
export const MAX_BATCH_BYTES = 256_000;
/** Browsers refuse more than 64 KiB of keepalive bodies in flight; the frame of the batch included. */
export const MAX_KEEPALIVE_BYTES = 51_000;
/** No more than this may the frame around the events take, session, time and modes included. */
const FRAME_BYTES = 500;

/** The longest prefix of one session that fits; empty only if `items` is. */
export function firstBatch<T extends { readonly item: IWaiting }>(
  items: readonly T[],
  maxEvents: number = MAX_BATCH_EVENTS,
  maxBytes: number = MAX_BATCH_BYTES
): T[] {
  const session = items[0]?.item.session;
  const batch: T[] = [];
  let bytes = FRAME_BYTES;
  for (const entry of items) {
    if (entry.item.session !== session) {
      continue;
    }
    bytes += entry.item.bytes + 1;
    if (batch.length > 0 && (bytes > maxBytes || batch.length >= maxEvents)) {
      break;
    }
    batch.push(entry);
  }
  return batch;
}

export function batchBytes(items: readonly IWaiting[]): number {
  return items.reduce((sum, item) => sum + item.bytes + 1, FRAME_BYTES);
}

export function toBatch(
  items: readonly IWaiting[],
  nowMs: number,
  modeNow: (item: IWaiting) => Mode
): IBatch {
  return {
    sent_at: new Date(nowMs).toISOString(),
    session: items[0]?.session ?? '',
    // A session has one mode for each purpose: it ends where a mode changes.
    modes: Object.fromEntries(items.map(item => [item.purpose, modeNow(item)])),
    events: items.map(({ json }) => JSON.parse(json) as IQueuedEvent)
  };
}
