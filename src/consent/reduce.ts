// The server's answer as it holds in this browser: less where the browser asks for privacy, never more.

import type { IPurposeState, ITelemetryState } from '../pipeline/api';
import { isGpcOn } from '../pipeline/privacy';

/**
 * Nothing is forwarded where this browser says that nothing may be shared, though the server did not hear of it.
 *
 * What the server records by itself, it decides by itself.
 */
export function reduce(answer: ITelemetryState): ITelemetryState {
  if (!isGpcOn() || answer.signals.gpc) {
    return answer;
  }
  return {
    ...answer,
    signals: { ...answer.signals, gpc: true },
    purposes: answer.purposes.map(purpose =>
      purpose.policy === 'opt-in' ? kept(purpose) : purpose
    )
  };
}

function kept(purpose: IPurposeState): IPurposeState {
  const { offers, mode } = purpose;
  const less = offers.local === null ? 'local' : 'off';
  return {
    ...purpose,
    offers: { ...offers, on: offers.on ?? 'gpc' },
    mode: mode === 'on' ? less : mode,
    forwarded_to: []
  };
}
