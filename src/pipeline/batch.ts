// Cuts what waits into batches: one session each, bounded in count and bytes.

import type { IQueuedEvent, Mode } from '../tokens';
import type { IBatch } from './api';
import { chosenIn } from './gate';
import type { IWaiting } from './queue';

/** The server's bound. */
export const MAX_BATCH_EVENTS = 500;
/** Well below the server's 512 KiB. */
export const MAX_BATCH_BYTES = 256_000;
/** Browsers refuse more than 64 KiB of keepalive bodies in flight; the frame of the batch included. */
export const MAX_KEEPALIVE_BYTES = 51_000;
/** No more than this may the frame around the events take, session, modes and times included. */
const FRAME_BYTES = 900;

/** The first of one session, and of one mode and choice for each purpose, as many as fit; empty only if `items` is. */
export function firstBatch<T extends { readonly item: IWaiting }>(
  items: readonly T[],
  maxEvents: number = MAX_BATCH_EVENTS,
  maxBytes: number = MAX_BATCH_BYTES
): T[] {
  const session = items[0]?.item.session;
  const agreed = new Map<string, string>();
  const batch: T[] = [];
  let bytes = FRAME_BYTES;
  for (const entry of items) {
    const { purpose, mode, basis, bytes: size } = entry.item;
    const agreement = `${mode} ${basis}`;
    const isOther = (agreed.get(purpose) ?? agreement) !== agreement;
    if (isOther || entry.item.session !== session) {
      continue;
    }
    agreed.set(purpose, agreement);
    bytes += size + 1;
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
    // A batch has one of either for each purpose.
    modes: Object.fromEntries(items.map(item => [item.purpose, modeNow(item)])),
    chosen_at: Object.fromEntries(
      items
        .map(({ purpose, basis }) => [purpose, chosenIn(basis)] as const)
        .filter(([, at]) => at)
    ),
    events: items.map(({ json }) => JSON.parse(json) as IQueuedEvent)
  };
}
