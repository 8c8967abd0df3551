// Records commands while that is consented to, and leaves no trace in the application otherwise.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import type { CommandRecorder } from '../commands/recorder';
import { LazyEventLog } from '../pipeline/lazyLog';
import { IEventLog } from '../tokens';

/** Named here as well, so that the recorder is loaded only when it may record. */
const COMMAND_SCHEMA = 'https://events.jupyter.org/jupyter_eventlog/command/v1';

export const commands: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-eventlog:commands',
  description:
    'Records which commands are executed, and how they were started.',
  autoStart: true,
  requires: [IEventLog],
  activate: (app: JupyterFrontEnd, log: IEventLog) => {
    let recorder: CommandRecorder | null = null;
    let isLoading = false;

    const follow = (): void => {
      recorder?.forgetPending();
      if (!log.isActive(COMMAND_SCHEMA)) {
        recorder?.dispose();
        recorder = null;
      } else if (recorder === null && !isLoading) {
        isLoading = true;
        void load(app, log)
          .then(make => {
            // Consent may have been withdrawn while the code was on its way.
            recorder = log.isActive(COMMAND_SCHEMA) ? make() : null;
          })
          .catch(() => undefined)
          .finally(() => {
            isLoading = false;
          });
      }
    };

    log.activeChanged.connect(follow);
    follow();
  }
};

async function load(
  app: JupyterFrontEnd,
  log: IEventLog
): Promise<() => CommandRecorder> {
  const [{ CommandRecorder }, { shippedVocabulary }] = await Promise.all([
    import('../commands/recorder'),
    import('../commands/vocabulary')
  ]);
  return () =>
    new CommandRecorder(
      app.commands,
      {
        emit: event => log.emit(event),
        countQuiet: () => {
          if (log instanceof LazyEventLog) {
            log.countQuiet();
          }
        }
      },
      shippedVocabulary(),
      { isContextMenuOpen: () => app.contextMenu.menu.isAttached }
    );
}
