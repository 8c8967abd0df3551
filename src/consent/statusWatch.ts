// Keeps what the status item says up to date. Asks the server only where something is on, and never while nobody
// is there.

import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import {
  circleEmptyIcon,
  circleIcon,
  historyIcon,
  infoIcon,
  pauseIcon,
  shareIcon,
  stopIcon
} from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { IConsent } from '../tokens';
import type { IManifest } from './manifest';
import { isAnythingOn } from './state';
import { statusOf } from './status';
import type { IStatus, StatusKind } from './status';

/** A status with the icon that goes with it. */
export interface IShownStatus extends IStatus {
  readonly icon: LabIcon;
}

const ICONS: Readonly<Record<StatusKind, LabIcon>> = {
  stopped: stopIcon,
  delayed: historyIcon,
  paused: pauseIcon,
  changed: infoIcon,
  on: shareIcon,
  local: circleIcon,
  off: circleEmptyIcon
};

const MINUTE_MS = 60_000;

/** How old an answer may be when somebody comes back to the tab. */
const FRESH_MS = 5 * MINUTE_MS;

export class StatusWatch implements IDisposable {
  constructor(
    private readonly _consent: IConsent,
    private readonly _manifest: IManifest,
    private readonly _trans: TranslationBundle,
    private readonly _show: (status: IShownStatus) => void
  ) {
    _consent.stateChanged.connect(this._onChange, this);
    _manifest.changed.connect(this._onAnswer, this);
    this._tell();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Learn who receives and how that fares, where something is on. */
  begin(): void {
    if (!this._isDisposed) {
      this._ask();
      this._follow();
    }
  }

  dispose(): void {
    this._isDisposed = true;
    document.removeEventListener('visibilitychange', this._onVisible);
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private readonly _onChange = (): void => {
    this._tell();
    this._follow();
  };

  private _tell(): void {
    const status = statusOf(
      this._consent.state,
      this._manifest.current,
      Date.now(),
      this._trans
    );
    this._show({ ...status, icon: ICONS[status.kind] });
  }

  /** Listen only while something is on. */
  private _follow(): void {
    const change = isAnythingOn(this._consent.state)
      ? 'addEventListener'
      : 'removeEventListener';
    document[change]('visibilitychange', this._onVisible);
    this._tick();
  }

  private readonly _onAnswer = (): void => {
    this._askedAtMs = Date.now();
    this._tell();
  };

  private readonly _onVisible = (): void => {
    if (
      document.visibilityState === 'visible' &&
      Date.now() - this._askedAtMs > FRESH_MS
    ) {
      this._ask();
    }
  };

  private _ask(): void {
    if (isAnythingOn(this._consent.state)) {
      this._askedAtMs = Date.now();
      this._manifest.load().catch(() => undefined);
    }
  }

  /** Count down the minutes of a pause; no timer runs without one. */
  private _tick(): void {
    clearTimeout(this._timer);
    if ((this._consent.state.pausedUntil ?? 0) > Date.now()) {
      this._timer = setTimeout(() => this._onChange(), MINUTE_MS / 2);
    }
  }

  private _askedAtMs = 0;
  private _isDisposed = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
