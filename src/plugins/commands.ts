// Watches commands while they or activities are consented to, and leaves no trace in the application otherwise.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import type { CommandRecorder } from '../commands/recorder';
import { IRecordingLog } from '../pipeline/recording';
import { ACTIVITY_V1, COMMAND_V1 } from '../schemas';
import type { IEventInput, ITriggerWithParent } from '../tokens';
import type { IAttribution } from '../triggers/trigger';

export const commands: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-eventlog:commands',
  description:
    'Records which commands are executed, and how they were started.',
  autoStart: true,
  requires: [IRecordingLog],
  activate: follow
};

/** Make what watches fit what is consented to, now and whenever that changes. */
function follow(app: JupyterFrontEnd, log: IRecordingLog): void {
  let watch: IWatch | null = null;
  let isLoading = false;

  const update = (): void => {
    const recordsCommands = log.isActive(COMMAND_V1);
    if (!recordsCommands && !log.isActive(ACTIVITY_V1)) {
      watch?.end();
      watch = null;
    } else if (watch) {
      watch.consentChanged(recordsCommands);
    } else if (!isLoading) {
      isLoading = true;
      load(app, log)
        .then(begin => {
          isLoading = false;
          // Consent may have been withdrawn while the code was on its way.
          if (log.isActive(COMMAND_V1) || log.isActive(ACTIVITY_V1)) {
            watch = begin();
            watch.consentChanged(log.isActive(COMMAND_V1));
          }
        })
        .catch(() => {
          isLoading = false;
        });
    }
  };

  log.activeChanged.connect(update);
  update();
}

interface IWatch {
  /** What began before is neither recorded nor explains anything after. */
  consentChanged(recordsCommands: boolean): void;
  end(): void;
}

async function load(
  app: JupyterFrontEnd,
  log: IRecordingLog
): Promise<() => IWatch> {
  const [
    { TriggerTracker },
    { CommandRecorder },
    { QUIET_COMMANDS },
    { commandName, shippedVocabulary }
  ] = await Promise.all([
    import(/* webpackChunkName: "recording" */ '../triggers/tracker'),
    import(/* webpackChunkName: "recording" */ '../commands/recorder'),
    import(/* webpackChunkName: "recording" */ '../commands/quiet'),
    import(/* webpackChunkName: "recording" */ '../commands/vocabulary')
  ]);
  return () => {
    const vocabulary = shippedVocabulary(() => log.commands);
    const menus = {
      isContextMenuOpen: () => app.contextMenu.menu.isAttached
    };
    const tracker = new TriggerTracker(app.commands, menus, QUIET_COMMANDS);
    let recorder: CommandRecorder | null = null;
    // A command waits for us: its event is written down after it.
    const written = {
      emit: (event: IEventInput<object>) => log.record(event),
      countQuiet: () => log.countQuiet()
    };
    log.triggerSource = () =>
      told(tracker.current(), id => commandName(vocabulary, id));
    return {
      consentChanged: recordsCommands => {
        tracker.forgetPending();
        recorder?.dispose();
        recorder = null;
        if (recordsCommands) {
          recorder = new CommandRecorder(tracker, written, vocabulary);
        }
      },
      end: () => {
        log.triggerSource = null;
        recorder?.dispose();
        tracker.dispose();
      }
    };
  };
}

function told(
  { surface, device, certainty, parent }: IAttribution,
  nameOf: (id: string) => string
): ITriggerWithParent {
  const trigger = { surface, device, certainty };
  return parent === null ? { trigger } : { trigger, parent: nameOf(parent) };
}
