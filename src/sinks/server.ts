// The default destination: the user's own Jupyter server, or what stands for it.

import { ApiError } from '../pipeline/api';
import type { IBatch, ISubmitAnswer, ITelemetryApi } from '../pipeline/api';
import type { ITransport, Sent } from '../pipeline/transport';

/** Says what an answer of the server means for the batch. */
export class ServerTransport implements ITransport {
  /** @param _owner - Whose events it takes; after another login they are nobody's there. */
  constructor(
    private readonly _api: Pick<ITelemetryApi, 'submit'>,
    private readonly _owner = ''
  ) {}

  async send(
    batch: IBatch,
    options: { readonly keepalive: boolean; readonly signal: AbortSignal }
  ): Promise<Sent> {
    try {
      return acknowledged(await this._api.submit(batch, options, this._owner));
    } catch (error) {
      return error instanceof ApiError
        ? refused(error)
        : { kind: 'retry', retryAfterS: null };
    }
  }
}

function acknowledged(answer: ISubmitAnswer): Sent {
  const rejected = answer.rejected ?? [];
  return {
    kind: 'acknowledged',
    refusals: [...new Set(rejected.map(({ code }) => code))]
  };
}

function refused({ status, retryAfterS }: ApiError): Sent {
  if (status === 400 || status === 413 || status === 422) {
    return { kind: 'unacceptable' };
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'retry', retryAfterS };
  }
  // Not authenticated, not allowed, or nobody there who knows the API: asking again changes nothing.
  return { kind: 'stop' };
}
