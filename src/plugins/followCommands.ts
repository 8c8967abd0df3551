// Watches commands while they or activities are consented to. Loaded with the first such consent.

import type { JupyterFrontEnd } from '@jupyterlab/application';

import { QUIET_COMMANDS } from '../commands/quiet';
import { CommandRecorder } from '../commands/recorder';
import { commandName, shippedVocabulary } from '../commands/vocabulary';
import type { IRecordingLog } from '../pipeline/recording';
import { ACTIVITY_V1, COMMAND_V1 } from '../schemas';
import type { ITriggerWithParent } from '../tokens';
import { TriggerTracker } from '../triggers/tracker';
import type { IAttribution } from '../triggers/trigger';

/** Make what watches fit what is consented to, now and whenever that changes. */
export function followCommands(app: JupyterFrontEnd, log: IRecordingLog): void {
  let watching: IWatch | null = null;

  const update = (): void => {
    const recordsCommands = log.isActive(COMMAND_V1);
    if (recordsCommands || log.isActive(ACTIVITY_V1)) {
      watching ??= watch(app, log);
      watching.consentChanged(recordsCommands);
    } else {
      watching?.end();
      watching = null;
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

function watch(app: JupyterFrontEnd, log: IRecordingLog): IWatch {
  const vocabulary = shippedVocabulary(() => log.commands);
  const menus = {
    isContextMenuOpen: () => app.contextMenu.menu.isAttached
  };
  const tracker = new TriggerTracker(app.commands, menus, QUIET_COMMANDS);
  let recorder: CommandRecorder | null = null;
  log.triggerSource = () =>
    told(tracker.current(), id => commandName(vocabulary, id));
  log.leaving = () => recorder?.pageLeft();
  return {
    consentChanged: recordsCommands => {
      tracker.forget();
      recorder?.dispose();
      recorder = null;
      if (recordsCommands) {
        recorder = new CommandRecorder(tracker, log, vocabulary);
      }
    },
    end: () => {
      log.triggerSource = null;
      log.leaving = null;
      recorder?.dispose();
      tracker.dispose();
    }
  };
}

function told(
  { surface, device, certainty, parent }: IAttribution,
  nameOf: (id: string) => string
): ITriggerWithParent {
  const trigger = { surface, device, certainty };
  return parent === null ? { trigger } : { trigger, parent: nameOf(parent) };
}
