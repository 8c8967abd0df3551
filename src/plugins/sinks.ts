// Takes types of browser-side sinks from other extensions.

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { SinkTypes } from '../sinks/types';
import { IEventSinks } from '../tokens';

export const sinks: JupyterFrontEndPlugin<IEventSinks> = {
  id: 'jupyter-eventlog:sinks',
  description: 'Takes types of browser-side event sinks.',
  autoStart: true,
  provides: IEventSinks,
  activate: () => new SinkTypes()
};
