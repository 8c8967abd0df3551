// Records activities while that is consented to. Loaded with the first such consent.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IThemeManager } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IDisposable } from '@lumino/disposable';

import { recordActivities } from '../activities/recorder';
import type { ISources } from '../activities/recorder';
import vocabulary from '../commands/vocabulary.json';
import { ACTIVITY_V1 } from '../schemas';
import type { IEventLog } from '../tokens';

/** Make what records fit what is consented to, now and whenever that changes. */
export function followActivities(
  app: JupyterFrontEnd,
  log: IEventLog,
  settings: ISettingRegistry | null,
  themes: IThemeManager | null
): void {
  let recording: IDisposable | null = null;
  let generation = 0;

  const update = (): void => {
    // What began before a change of consent is not recorded after.
    recording?.dispose();
    recording = null;
    const own = ++generation;
    if (log.isActive(ACTIVITY_V1)) {
      load(app, log, settings, themes)
        .then(begin => {
          // Consent may have been withdrawn meanwhile.
          if (own === generation && log.isActive(ACTIVITY_V1)) {
            recording = begin();
          }
        })
        .catch(() => undefined);
    }
  };

  log.activeChanged.connect(update);
  update();
}

async function load(
  app: JupyterFrontEnd,
  log: IEventLog,
  settings: ISettingRegistry | null,
  themes: IThemeManager | null
): Promise<() => IDisposable> {
  const [cells, completions] = await Promise.all([
    cellSignals(),
    completionManager(app),
    // What is restored when a page loads was opened by nobody.
    app.restored
  ]);
  const page = {
    commands: app.commands,
    docRegistry: app.docRegistry,
    shell: app.shell
  };
  return () =>
    recordActivities(log, {
      page,
      cells,
      completions,
      settings,
      themes,
      vocabulary: {
        plugins: new Set(vocabulary.plugins),
        themes: new Set(vocabulary.themes)
      }
    });
}

// An application need not have either; asking for them here keeps them from its start.

async function cellSignals(): Promise<ISources['cells']> {
  try {
    return (await import(/* webpackChunkName: "cells" */ './cellSignals'))
      .NotebookActions;
  } catch {
    return null;
  }
}

async function completionManager(
  app: JupyterFrontEnd
): Promise<ISources['completions']> {
  try {
    const { ICompletionProviderManager } = await import(
      /* webpackChunkName: "completions" */ './completionToken'
    );
    return await app.resolveOptionalService(ICompletionProviderManager);
  } catch {
    return null;
  }
}
