// What a batch's way to the server can end in, and the contract of whatever takes it there.

import type { IBatch } from './api';

export type Sent =
  /** A 2xx: whatever was not accepted is told by code, and none of it is sent again. */
  | { readonly kind: 'acknowledged'; readonly refusals: readonly string[] }
  /** Later, perhaps. */
  | { readonly kind: 'retry'; readonly retryAfterS: number | null }
  /** This batch never, as it is; smaller, perhaps. */
  | { readonly kind: 'unacceptable' }
  /** Nothing more until the page is loaded again or consent was read again. */
  | { readonly kind: 'stop' };

export interface ITransport {
  /** Never rejects. Calls the browser's `fetch` before it returns, so that it works while the page goes away. */
  send(
    batch: IBatch,
    options: { readonly keepalive: boolean; readonly signal: AbortSignal }
  ): Promise<Sent>;
}
