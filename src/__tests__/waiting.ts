// Made-up events that wait, for tests of what waits.

import type { IWaiting } from '../pipeline/queue';

let made = 0;

export function waiting(facts: Partial<IWaiting> = {}): IWaiting {
  const id = facts.id ?? `id-${++made}`;
  const event = { id, schema: 's', time: '2026-01-01T00:00:00.000Z', seq: 0 };
  return {
    purpose: 'usage',
    mode: 'on',
    basis: 'sha256:a agreed',
    id,
    json: JSON.stringify({ ...event, data: {} }),
    session: 'session-1',
    capturedMs: Date.now(),
    bytes: 100,
    ...facts
  };
}
