// Plugin: consent, its control on JupyterLab's settings page, and the notice that asks once.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IFormRendererRegistry } from '@jupyterlab/ui-components';
import React from 'react';

import { IManifest } from '../consent/manifest';
import { Consent } from '../consent/model';
import { fromPageConfig } from '../consent/state';
import { IConsent } from '../tokens';

const PLUGIN = 'jupyter-eventlog:consent';
const OPEN = 'eventlog:open';

export const consent: JupyterFrontEndPlugin<IConsent> = {
  id: PLUGIN,
  description: 'What the user agreed to, and the controls that change it.',
  autoStart: true,
  requires: [IManifest],
  optional: [IFormRendererRegistry, ISettingRegistry, IStateDB, ITranslator],
  provides: IConsent,
  activate: (
    app: JupyterFrontEnd,
    manifest: IManifest,
    forms: IFormRendererRegistry | null,
    settings: ISettingRegistry | null,
    stateDB: IStateDB | null,
    translator: ITranslator | null
  ): IConsent => {
    const trans = (translator ?? nullTranslator).load('jupyter_eventlog');
    const model = new Consent({
      manifest,
      initial: fromPageConfig(PageConfig.getOption('eventlog')),
      baseUrl: app.serviceManager.serverSettings.baseUrl,
      locale: translator?.languageCode,
      locks: navigator.locks
    });
    forms?.addRenderer(`${PLUGIN}.mode`, {
      fieldRenderer: () => (
        <SettingsControl manifest={manifest} consent={model} trans={trans} />
      )
    });
    if (model.state.unanswered.length > 0) {
      app.restored
        .then(
          () => import(/* webpackChunkName: "asking" */ '../consent/asking')
        )
        .then(({ ask }) =>
          ask({
            consent: model,
            manifest,
            loadSettings: () => settings?.load(PLUGIN),
            stateDB,
            trans,
            openPanel: () => void app.commands.execute(OPEN)
          })
        )
        // The next page asks.
        .catch(() => undefined);
    }
    return model;
  }
};

interface IControlProps {
  readonly manifest: IManifest;
  readonly consent: IConsent;
  readonly trans: TranslationBundle;
}

const LazyControl = React.lazy(async () => {
  try {
    const { ModeControl } = await import(
      /* webpackChunkName: "views" */ '../consent/control'
    );
    return { default: ModeControl };
  } catch {
    // What a lazy component throws would take JupyterLab's whole settings page with it.
    return { default: Unreachable };
  }
});

function Unreachable({ trans }: IControlProps): React.JSX.Element {
  return <p role="status">{trans.__('This could not be loaded.')}</p>;
}

/** The mode control, in the place of a form field that holds no value. */
function SettingsControl(props: IControlProps): React.JSX.Element {
  return (
    <React.Suspense fallback={null}>
      <LazyControl {...props} control="settings" />
    </React.Suspense>
  );
}
