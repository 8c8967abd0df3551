// The panel: one scroll, four sections, nothing that the manifest and the ledger do not say.

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, refreshIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import React, { useEffect, useReducer } from 'react';

import '../../style/index.js';
import { useManifest } from '../consent/control';
import { failureText } from '../consent/words';
import { Events } from './events';
import type { PanelModel } from './model';
import { Now } from './now';
import { Sinks } from './sinks';
import { Terms } from './terms';

export class Panel extends ReactWidget {
  constructor(
    private readonly _model: PanelModel,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-eventlog-Panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _trans.__('Telemetry'));
    this.node.tabIndex = -1;
  }

  override dispose(): void {
    this._model.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element | null {
    // A panel restored behind another tab asks nothing: nobody looks at it.
    return this._wasSeen ? (
      <PanelView model={this._model} trans={this._trans} />
    ) : null;
  }

  protected override onAfterAttach(message: Message): void {
    this._see();
    super.onAfterAttach(message);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._see();
  }

  protected override onActivateRequest(): void {
    this.node.focus();
  }

  private _see(): void {
    if (this.isVisible && !this._wasSeen) {
      this._wasSeen = true;
      this.update();
    }
  }

  private _wasSeen = false;
}

export function PanelView(props: {
  model: PanelModel;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { model, trans } = props;
  const [state] = useManifest(model.manifest, trans);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    model.changed.connect(redraw);
    void model.refresh();
    return () => void model.changed.disconnect(redraw);
  }, [model]);

  return (
    <div className="jp-eventlog-Panel-content">
      <div className="jp-eventlog-Header">
        <h1>{trans.__('Telemetry')}</h1>
        <button
          type="button"
          className="jp-eventlog-Button"
          title={trans.__('Refresh')}
          aria-label={trans.__('Refresh')}
          onClick={() => void model.refresh()}
        >
          <refreshIcon.react tag="span" className="jp-eventlog-Icon" />
        </button>
      </div>
      <p role="status" className={model.failure ? 'jp-eventlog-Banner' : ''}>
        {model.failure ? troubleText(model, trans) : ''}
      </p>
      {state && (
        <>
          <Now model={model} state={state} trans={trans} />
          <Events model={model} state={state} trans={trans} />
          <Sinks state={state} trans={trans} />
          <Terms model={model} state={state} trans={trans} />
        </>
      )}
    </div>
  );
}

function troubleText(model: PanelModel, trans: TranslationBundle): string {
  const { failure, waitingHere } = model;
  if (failure instanceof Error && failure.name === 'ApiError') {
    return failureText(failure, trans);
  }
  return waitingHere === 0
    ? trans.__("Can't reach your server.")
    : trans._n(
        "Can't reach your server; %1 event waits in this browser.",
        "Can't reach your server; %1 events wait in this browser.",
        waitingHere
      );
}
