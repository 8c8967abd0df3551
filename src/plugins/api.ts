// Provides to other extensions what they may have of the log.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import type { LogFront } from '../pipeline/logFront';
import { ILogFront } from '../pipeline/logFront';
import { IEventLog } from '../tokens';

export const api: JupyterFrontEndPlugin<IEventLog> = {
  id: 'jupyter-eventlog:api',
  description: 'Lets other extensions record events and declare commands.',
  autoStart: true,
  requires: [ILogFront],
  provides: IEventLog,
  activate: (_app: JupyterFrontEnd, log: LogFront) => log
};
