// Plugin: commands, watched while they or activities are consented to. Leaves no trace in the application otherwise.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import type { LogFront } from '../pipeline/logFront';
import { ILogFront } from '../pipeline/logFront';
import { ACTIVITY_V1, COMMAND_V1 } from '../schemas';
import { onceActive } from './onceActive';

export const commands: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-eventlog:commands',
  description:
    'Records which commands are executed, and how they were started.',
  autoStart: true,
  requires: [ILogFront],
  activate: (app: JupyterFrontEnd, log: LogFront) =>
    onceActive(log, [COMMAND_V1, ACTIVITY_V1], async () => {
      const { followCommands } = await import(
        /* webpackChunkName: "recording" */ './followCommands'
      );
      if (log.recording) {
        followCommands(app, log.recording);
      }
    })
};
