// The session: a random id of one page load, at most four hours; nothing that outlives it knows it.

import { randomId } from './ids';

export const MAX_SESSION_MS = 4 * 3_600_000;

/** Gives events their session and their position in it. */
export class Session {
  constructor(
    private readonly _startedMs: number,
    readonly id: string = randomId()
  ) {}

  /** Whether events of this time need a new session; also after the clock was set back. */
  isOver(nowMs: number): boolean {
    const age = nowMs - this._startedMs;
    return age >= MAX_SESSION_MS || age < -MAX_SESSION_MS;
  }

  nextSequence(): number {
    return this._sequence++;
  }

  private _sequence = 0;
}
