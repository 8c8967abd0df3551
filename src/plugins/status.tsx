// Plugin: the status item. Says by itself that all is off; who has more to tell comes when there is more.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { circleEmptyIcon, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { isQuiet } from '../consent/state';
import type { IShownStatus } from '../consent/statusWatch';
import { IConsent } from '../tokens';
import type { ConsentFront } from './consentFront';

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

export const status: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-eventlog:status',
  description: 'Says in the status bar whether something is recorded.',
  autoStart: true,
  requires: [IConsent],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    consent: ConsentFront,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ) => {
    if (!statusBar) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('jupyter_eventlog');
    const item = new StatusItem(
      trans,
      () => void app.commands.execute('eventlog:open')
    );
    const hasMandatory = consent.state.mandatory.length > 0;
    if (isQuiet(consent.state)) {
      const text = hasMandatory
        ? trans.__('%1 + required audit', trans.__('off'))
        : trans.__('off');
      item.tell({ kind: 'off', text, detail: '', icon: circleEmptyIcon });
    }
    consent.whenLoaded(live => {
      const watch = live.watchStatus(trans, told => item.tell(told));
      item.disposed.connect(() => watch.dispose());
    });
    statusBar.registerStatusItem('jupyter-eventlog:status', {
      item,
      align: 'right',
      rank: 200
    });
  }
};

/** Icon and text; a click opens the panel. */
class StatusItem extends ReactWidget {
  constructor(
    private readonly _trans: TranslationBundle,
    private readonly _open: () => void
  ) {
    super();
    // The status bar's own look: ours would have to be there when the page starts.
    this.addClass('jp-mod-highlighted');
  }

  tell(status: IShownStatus): void {
    this._status = status;
    this.update();
  }

  protected override render(): React.JSX.Element | null {
    if (this._status === null) {
      return null;
    }
    const trans = this._trans;
    const { kind, text, detail, icon: Icon } = this._status;
    return (
      <button
        type="button"
        className="jp-eventlog-Status jp-StatusBar-TextItem"
        style={PLAIN}
        data-status={kind}
        title={detail || trans.__('Open Telemetry')}
        onClick={this._open}
      >
        <Icon.react tag="span" elementPosition="center" elementSize="small" />
        <span>{trans.__('Telemetry: %1', text)}</span>
      </button>
    );
  }

  /** Null until the words are there. */
  private _status: IShownStatus | null = null;
}
