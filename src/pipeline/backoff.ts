// When to try again after the server, or the way to it, refused.

const FIRST_MS = 2_000;
const MAX_MS = 300_000;
const LEAST_MS = 250;
/** Also a bound on what the server may ask for: a timer holds no more than 24 days. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
const JITTER = 0.2;

/** Exponential, with full jitter; what the server asked for is the least, with some jitter on top. */
export class Backoff {
  constructor(private readonly _random: () => number = Math.random) {}

  /** @param retryAfterS - What the server asked for, or null. */
  next(retryAfterS: number | null): number {
    const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** this._failures);
    this._failures += 1;
    const own = Math.max(LEAST_MS, this._random() * ceiling);
    if (retryAfterS === null) {
      return own;
    }
    const asked = Math.min(Math.max(0, retryAfterS) * 1000, MAX_RETRY_AFTER_MS);
    return asked + this._random() * Math.max(asked * JITTER, FIRST_MS);
  }

  reset(): void {
    this._failures = 0;
  }

  private _failures = 0;
}
