// Provides to other extensions what they may have of the log.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { IRecordingLog } from '../pipeline/recording';
import { IEventLog } from '../tokens';

export const api: JupyterFrontEndPlugin<IEventLog> = {
  id: 'jupyter-eventlog:api',
  description: 'Lets other extensions record events and declare commands.',
  autoStart: true,
  requires: [IRecordingLog],
  provides: IEventLog,
  activate: (_app: JupyterFrontEnd, log: IRecordingLog) => log
};
