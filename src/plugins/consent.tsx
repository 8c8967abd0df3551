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
import * as React from 'react';

import { fromPageConfig, isAnythingOpen, isQuiet } from '../consent/state';
import { IConsent } from '../tokens';
import type { IConsentState } from '../tokens';
import { ConsentFront } from './consentFront';

const PLUGIN = 'jupyter-eventlog:consent';

export const consent: JupyterFrontEndPlugin<IConsent> = {
  id: PLUGIN,
  description: 'What the user agreed to, and the controls that change it.',
  autoStart: true,
  optional: [IFormRendererRegistry, ISettingRegistry, IStateDB, ITranslator],
  provides: IConsent,
  activate: async (
    app: JupyterFrontEnd,
    forms: IFormRendererRegistry | null,
    settings: ISettingRegistry | null,
    stateDB: IStateDB | null,
    translator: ITranslator | null
  ): Promise<IConsent> => {
    const trans = (translator ?? nullTranslator).load('jupyter_eventlog');
    const initial = fromPageConfig(PageConfig.getOption('eventlog'));
    const front = new ConsentFront(initial, async () => {
      const { begin } = await import(/* webpackChunkName: "live" */ './live');
      return begin(app, initial, translator?.languageCode);
    });
    forms?.addRenderer(`${PLUGIN}.mode`, {
      fieldRenderer: settingsControl(front, trans)
    });
    let isAsking = false;
    const askOnce = (state: IConsentState): void => {
      if (!isAsking && isAnythingOpen(state)) {
        isAsking = true;
        app.restored
          .then(
            () => import(/* webpackChunkName: "asking" */ '../consent/asking')
          )
          .then(({ ask }) =>
            ask({
              consent: front,
              loadManifest: async () => (await front.load()).manifest,
              loadSettings: () => settings?.load(PLUGIN),
              stateDB,
              trans,
              openPanel: () => void app.commands.execute('eventlog:open')
            })
          )
          // The next page asks.
          .catch(() => undefined);
      }
    };
    askOnce(initial);
    // The server may have begun anew, with other terms, while this page stays open.
    front.stateChanged.connect((_, state) => askOnce(state));
    if (!isQuiet(initial)) {
      // Whoever records waits for what can take consent away. Where that cannot be loaded, nothing is recorded.
      await front.load().catch(() => undefined);
    }
    return front;
  }
};

/** The mode control, in the place of a form field that holds no value. */
function settingsControl(
  front: ConsentFront,
  trans: TranslationBundle
): () => React.JSX.Element {
  const Control = React.lazy(async () => {
    try {
      const [{ ModeControl }, { manifest }] = await Promise.all([
        import(/* webpackChunkName: "views" */ '../consent/control'),
        front.load()
      ]);
      const props = { manifest, consent: front, trans };
      return { default: () => <ModeControl {...props} control="settings" /> };
    } catch {
      // What a lazy component throws would take JupyterLab's whole settings page with it.
      const text = trans.__('This could not be loaded.');
      return { default: () => <p role="status">{text}</p> };
    }
  });
  return () => (
    <React.Suspense fallback={null}>
      <Control />
    </React.Suspense>
  );
}
