// The panel as a tab of JupyterLab.

import { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { infoIcon } from '@jupyterlab/ui-components';

import type { IPanelOptions } from './model';
import { PanelModel } from './model';
import { Panel } from './panel';

/** Make the panel; where it is shown is for the caller to say. */
export function createPanel(
  options: IPanelOptions,
  trans: TranslationBundle
): MainAreaWidget {
  const content = new Panel(new PanelModel(options), trans);
  const widget = new MainAreaWidget({ content });
  widget.id = 'jupyter-eventlog-panel';
  widget.title.label = trans.__('Telemetry');
  widget.title.icon = infoIcon;
  widget.title.closable = true;
  widget.toolbar.hide();
  return widget;
}
