// Plugin: the status item. It asks the server only where something is on, and never while nobody is there.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import {
  circleEmptyIcon,
  circleIcon,
  historyIcon,
  infoIcon,
  pauseIcon,
  ReactWidget,
  shareIcon,
  stopIcon
} from '@jupyterlab/ui-components';
import React from 'react';

import { IManifest } from '../consent/manifest';
import { isAnyChosen } from '../consent/state';
import type { IStatus, StatusKind } from '../consent/status';
import { IConsent } from '../tokens';

const ICONS: Readonly<Record<StatusKind, LabIcon>> = {
  stopped: stopIcon,
  delayed: historyIcon,
  paused: pauseIcon,
  changed: infoIcon,
  on: shareIcon,
  local: circleIcon,
  off: circleEmptyIcon
};

/** A button that looks like the rest of the status bar. */
const PLAIN: React.CSSProperties = {
  display: 'flex',
  gap: 4,
  alignItems: 'center',
  padding: 0,
  border: 'none',
  background: 'none',
  cursor: 'pointer'
};

const MINUTE_MS = 60_000;

/** How old an answer may be when somebody comes back to the tab. */
const FRESH_MS = 5 * MINUTE_MS;

export const status: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-eventlog:status',
  description: 'Says in the status bar whether something is recorded.',
  autoStart: true,
  requires: [IManifest, IConsent],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    manifest: IManifest,
    consent: IConsent,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ) => {
    if (!statusBar) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('jupyter_eventlog');
    const item = new StatusItem(
      consent,
      manifest,
      trans,
      () => void app.commands.execute('eventlog:open')
    );
    statusBar.registerStatusItem('jupyter-eventlog:status', {
      item,
      align: 'right',
      rank: 200
    });
    void app.restored.then(() => item.begin());
  }
};

/** Icon and text; a click opens the panel. */
export class StatusItem extends ReactWidget {
  constructor(
    private readonly _consent: IConsent,
    private readonly _manifest: IManifest,
    private readonly _trans: TranslationBundle,
    private readonly _open: () => void
  ) {
    super();
    // The status bar's own look: ours would have to be there when the page starts.
    this.addClass('jp-mod-highlighted');
    _consent.stateChanged.connect(this._onChange, this);
    _manifest.changed.connect(this._onAnswer, this);
    this._tell();
  }

  /** Learn who receives and how that fares, where something is on. */
  begin(): void {
    this._ask();
    this._follow();
  }

  override dispose(): void {
    document.removeEventListener('visibilitychange', this._onVisible);
    clearTimeout(this._timer);
    super.dispose();
  }

  protected override render(): React.JSX.Element | null {
    if (this._status === null) {
      return null;
    }
    const trans = this._trans;
    const { kind, text, detail } = this._status;
    const Icon = ICONS[kind].react;
    return (
      <button
        type="button"
        className="jp-eventlog-Status jp-StatusBar-TextItem"
        style={PLAIN}
        data-status={kind}
        title={detail || trans.__('Open Telemetry')}
        onClick={this._open}
      >
        <Icon tag="span" elementPosition="center" elementSize="small" />
        <span>{trans.__('Telemetry: %1', text)}</span>
      </button>
    );
  }

  private readonly _onChange = (): void => {
    this._tell();
    this._follow();
  };

  /** Find the words; where there is nothing to tell but "off", no code has to come for that. */
  private _tell(): void {
    const { state } = this._consent;
    const details = this._manifest.current;
    const isPlain =
      !isAnyChosen(state) &&
      details === null &&
      state.problem === null &&
      state.pausedUntil === null &&
      state.changedTerms.length === 0;
    if (isPlain) {
      this._show({ kind: 'off', text: this._trans.__('off'), detail: '' });
      return;
    }
    import(/* webpackChunkName: "status" */ '../consent/status')
      .then(({ statusOf }) =>
        this._show(
          statusOf(
            this._consent.state,
            this._manifest.current,
            Date.now(),
            this._trans
          )
        )
      )
      // What was said last is better than nothing; the next change tries again.
      .catch(() => undefined);
  }

  private _show(status: IStatus): void {
    if (!this.isDisposed) {
      this._status = status;
      this.update();
    }
  }

  /** Listen only while something is on. */
  private _follow(): void {
    const change = isAnyChosen(this._consent.state)
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
    if (isAnyChosen(this._consent.state)) {
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

  /** Null until the words are there. */
  private _status: IStatus | null = null;
  private _askedAtMs = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
