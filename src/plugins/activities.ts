// Records activities while that is consented to, and leaves no trace in the application otherwise.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IDisposable } from '@lumino/disposable';

import type { ISources } from '../activities/recorder';
import { ACTIVITY_V1 } from '../schemas';
import { IEventLog } from '../tokens';

export const activities: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-eventlog:activities',
  description:
    'Records what is done beside commands: documents opened, cells executed, tabs activated.',
  autoStart: true,
  requires: [IEventLog],
  optional: [ISettingRegistry, IThemeManager],
  activate: (
    app: JupyterFrontEnd,
    log: IEventLog,
    settings: ISettingRegistry | null,
    themes: IThemeManager | null
  ) => follow(log, () => load(app, log, settings, themes))
};

/** Make what records fit what is consented to, now and whenever that changes. */
function follow(log: IEventLog, load: () => Promise<() => IDisposable>): void {
  let recording: IDisposable | null = null;
  let generation = 0;

  const update = (): void => {
    // What began before a change of consent is not recorded after.
    recording?.dispose();
    recording = null;
    const own = ++generation;
    if (log.isActive(ACTIVITY_V1)) {
      load()
        .then(begin => {
          // Consent may have been withdrawn while the code was on its way.
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
  const [{ recordActivities }, vocabulary, cells, completions] =
    await Promise.all([
      import(/* webpackChunkName: "recording" */ '../activities/recorder'),
      import(/* webpackChunkName: "recording" */ '../commands/vocabulary.json'),
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
    return (await import('@jupyterlab/notebook')).NotebookActions;
  } catch {
    return null;
  }
}

async function completionManager(
  app: JupyterFrontEnd
): Promise<ISources['completions']> {
  try {
    const { ICompletionProviderManager } =
      await import('@jupyterlab/completer');
    return await app.resolveOptionalService(ICompletionProviderManager);
  } catch {
    return null;
  }
}
