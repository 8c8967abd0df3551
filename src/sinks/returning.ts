// Notices that a server is back: it may have begun anew, with other terms.

import type { ITransport, Sent } from '../pipeline/transport';

export class Returning implements ITransport {
  /** @param _isBack - Called after each first batch that was taken once some were not. */
  constructor(
    private readonly _transport: ITransport,
    private readonly _isBack: () => void
  ) {}

  async send(...batch: Parameters<ITransport['send']>): Promise<Sent> {
    const sent = await this._transport.send(...batch);
    if (sent.kind === 'retry') {
      this._isAway = true;
    } else if (this._isAway && sent.kind === 'acknowledged') {
      this._isAway = false;
      this._isBack();
    }
    return sent;
  }

  private _isAway = false;
}
