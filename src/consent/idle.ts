// Waits for a quiet moment, and forgets everything it heard.

import type { IDisposable } from '@lumino/disposable';

const ACTIVITY = ['keydown', 'pointerdown', 'wheel'] as const;

/**
 * Calls back once, after nobody typed, clicked or scrolled for a time, and nothing else asks for attention.
 *
 * Nothing but the time of the last activity is kept, and that only until the call.
 */
export class IdleWatch implements IDisposable {
  /**
   * @param idleMs - How long it has to be quiet.
   * @param isBusy - Whether something else asks for attention; then the wait begins again.
   */
  constructor(
    private readonly _idleMs: number,
    private readonly _isBusy: () => boolean,
    private readonly _onIdle: () => void
  ) {
    for (const type of ACTIVITY) {
      window.addEventListener(type, this._restart, {
        capture: true,
        passive: true
      });
    }
    this._restart();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    for (const type of ACTIVITY) {
      window.removeEventListener(type, this._restart, { capture: true });
    }
  }

  private readonly _restart = (): void => {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._quiet(), this._idleMs);
  };

  private _quiet(): void {
    // Nobody reads in a hidden tab.
    if (this._isBusy() || document.visibilityState === 'hidden') {
      this._restart();
      return;
    }
    this.dispose();
    this._onIdle();
  }

  private _isDisposed = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
