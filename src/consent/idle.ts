// Waits for a quiet moment, and listens to nothing: before a choice there is no listener.

import type { IDisposable } from '@lumino/disposable';

const LOOK_EVERY_MS = 1000;

/** The part of `navigator` that is looked at: whether somebody pressed a key or a button in the last seconds. */
export interface IActivity {
  readonly userActivation?: { readonly isActive: boolean };
}

/**
 * Calls back once, after nobody typed or clicked for a time, and nothing else asks for attention.
 *
 * The browser is asked now and then whether somebody is there; which key or where is never learnt.
 */
export class IdleWatch implements IDisposable {
  /**
   * @param idleMs - How long it has to be quiet.
   * @param isBusy - Whether something else asks for attention; then the wait begins again.
   */
  constructor(
    private readonly _idleMs: number,
    private readonly _isBusy: () => boolean,
    private readonly _onIdle: () => void,
    private readonly _activity: IActivity = navigator
  ) {
    this._quietSinceMs = Date.now();
    this._timer = setInterval(() => this._look(), LOOK_EVERY_MS);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearInterval(this._timer);
  }

  private _look(): void {
    const nowMs = Date.now();
    if (
      this._activity.userActivation?.isActive ||
      this._isBusy() ||
      // Nobody reads in a hidden tab.
      document.visibilityState === 'hidden'
    ) {
      this._quietSinceMs = nowMs;
    } else if (nowMs - this._quietSinceMs >= this._idleMs) {
      this.dispose();
      this._onIdle();
    }
  }

  private _quietSinceMs: number;
  private _isDisposed = false;
  private readonly _timer: ReturnType<typeof setInterval>;
}
