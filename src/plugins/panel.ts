// Plugin: the command that opens the panel, and where both are found.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IConsent, IEventLog } from '../tokens';
import type { ConsentFront } from './consentFront';

const OPEN = 'eventlog:open';

export const panel: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-eventlog:panel',
  description: 'Shows what is recorded, where it goes, and who says so.',
  autoStart: true,
  requires: [IConsent],
  optional: [IEventLog, ICommandPalette, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    consent: ConsentFront,
    log: IEventLog | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_eventlog');
    const tracker = new WidgetTracker<MainAreaWidget>({
      namespace: 'jupyter-eventlog'
    });
    let opening: Promise<MainAreaWidget> | null = null;
    const forget = (): void => {
      opening = null;
    };

    const open = async (): Promise<MainAreaWidget> => {
      const [{ createPanel }, { manifest }] = await Promise.all([
        import(/* webpackChunkName: "views" */ '../panel/create'),
        consent.load()
      ]);
      const widget = createPanel({ manifest, consent, log }, trans);
      widget.disposed.connect(forget);
      app.shell.add(widget, 'main');
      if (!widget.isAttached) {
        // Notebook has one document in its main area and takes no second one there.
        app.shell.add(widget, 'right');
      }
      await tracker.add(widget);
      return widget;
    };

    // The one command that we have: none of ours changes consent, a link in a notebook could run it.
    app.commands.addCommand(OPEN, {
      label: trans.__('Telemetry'),
      caption: trans.__('What is recorded, where it goes, and who says so'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        // While the first is still being loaded, a second click waits for the same one.
        opening ??= open().catch((error: unknown) => {
          // Without a network its code did not come; the next click tries again.
          forget();
          throw error;
        });
        app.shell.activateById((await opening).id);
      }
    });
    palette?.addItem({ command: OPEN, category: trans.__('Help') });
    if (restorer) {
      void restorer.restore(tracker, { command: OPEN, name: () => 'panel' });
    }
  }
};
