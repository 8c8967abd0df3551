// A quiet banner above the status bar: never a dialog, and closing it answers nothing.

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';

import '../../style/index.js';
import type { IPurposeState, ITelemetryState } from '../pipeline/api';
import type { IConsent } from '../tokens';
import type { IManifest } from './manifest';

export interface IBannerOptions {
  readonly consent: IConsent;
  readonly manifest: IManifest;
  /** What is shown, and so what an answer is to. */
  readonly state: ITelemetryState;
  readonly purpose: IPurposeState;
  readonly trans: TranslationBundle;
  /** Open the panel. */
  readonly openPanel: () => void;
}

/** Escape closes it wherever the focus is in it. */
export abstract class Banner extends ReactWidget {
  constructor(protected readonly options: IBannerOptions) {
    super();
    this.addClass('jp-eventlog-Notice');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', options.trans.__('Telemetry'));
    this.node.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        this.dispose();
      }
    });
  }
}
