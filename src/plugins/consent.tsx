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
import { Widget } from '@lumino/widgets';
import React from 'react';

import { IManifest } from '../consent/manifest';
import { Consent } from '../consent/model';
import { fromPageConfig } from '../consent/state';
import { IConsent } from '../tokens';

const PLUGIN = 'jupyter-eventlog:consent';
const OPEN = 'eventlog:open';
// Not in the namespace of the panel's tracker, which removes what is no widget of its own.
const ASKED = 'jupyter-eventlog-notice:asked';
const DEFAULT_IDLE_S = 120;

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
      void app.restored.then(async () => {
        if (!(await wasAsked(stateDB))) {
          const idleMs = (await noticeIdleS(settings)) * 1000;
          await askLater(app, model, manifest, stateDB, trans, idleMs);
        }
      });
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
    const { ModeControl } = await import('../consent/control');
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

/** How long it has to be quiet before the question; a broken settings file changes nothing. */
async function noticeIdleS(settings: ISettingRegistry | null): Promise<number> {
  try {
    const loaded = await settings?.load(PLUGIN);
    const value = loaded?.get('noticeIdleSeconds').composite;
    return typeof value === 'number' ? value : DEFAULT_IDLE_S;
  } catch {
    return DEFAULT_IDLE_S;
  }
}

/** Whether the notice was shown before; kept with JupyterLab's own state, like which tabs are open. */
async function wasAsked(stateDB: IStateDB | null): Promise<boolean> {
  const kept = await stateDB?.fetch(ASKED).catch(() => undefined);
  return kept !== undefined;
}

/** Ask once, in a quiet moment, and only if the question is still open then. */
async function askLater(
  app: JupyterFrontEnd,
  model: IConsent,
  manifest: IManifest,
  stateDB: IStateDB | null,
  trans: TranslationBundle,
  idleMs: number
): Promise<void> {
  const { IdleWatch } = await import('../consent/idle');
  const show = async () => {
    const [{ Notice }, state] = await Promise.all([
      import('../consent/notice'),
      manifest.load()
    ]);
    const purpose = state.purposes.find(
      ({ offers, choice }) => offers.on === null && choice === null
    );
    if (!purpose || state.problem || isAttentionTaken()) {
      return;
    }
    const notice = new Notice({
      consent: model,
      manifest,
      state,
      purpose,
      trans,
      openPanel: () => void app.commands.execute(OPEN)
    });
    notice.id = 'jupyter-eventlog-notice';
    model.stateChanged.connect((_, { unanswered }) => {
      if (!unanswered.includes(purpose.name)) {
        notice.dispose();
      }
    });
    Widget.attach(notice, document.body);
    await stateDB?.save(ASKED, true);
  };
  const watch = new IdleWatch(
    idleMs,
    isAttentionTaken,
    () => void show().catch(() => undefined)
  );
  model.stateChanged.connect((_, { unanswered }) => {
    if (unanswered.length === 0) {
      watch.dispose();
    }
  });
}

/** Whether a notification or a dialog is on the screen. */
function isAttentionTaken(): boolean {
  return document.querySelector('.jp-Dialog, .Toastify__toast') !== null;
}
