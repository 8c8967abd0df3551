// Makes the log: the front of one, until there is something to record.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { ILogFront, LogFront } from '../pipeline/logFront';
import { SinkTypes } from '../sinks/types';
import { IConsent, IEventSinks } from '../tokens';
import type { ConsentFront } from './consentFront';

export const eventlog: JupyterFrontEndPlugin<LogFront> = {
  id: 'jupyter-eventlog:eventlog',
  description: 'Records events from the browser, gated by consent.',
  autoStart: true,
  requires: [IConsent],
  optional: [IEventSinks],
  provides: ILogFront,
  activate: (
    app: JupyterFrontEnd,
    consent: ConsentFront,
    sinks: IEventSinks | null
  ) => {
    const log = new LogFront();
    const types = sinks instanceof SinkTypes ? sinks : new SinkTypes();
    consent.whenLoaded(live =>
      log.begin(live.openLog(types, log.declarations))
    );
    tidy(app.serviceManager.serverSettings.baseUrl, consent).catch(
      // The next page tidies up.
      () => undefined
    );
    return log;
  }
};

/**
 * Where earlier pages left something behind, have it looked at; makes nothing.
 *
 * The look here is a coarse one: which of it has to go, `Live` knows.
 */
async function tidy(baseUrl: string, consent: ConsentFront): Promise<void> {
  const databases = await globalThis.indexedDB.databases();
  const isLeft = databases.some(
    ({ name }) => name?.startsWith('jupyter-eventlog') && name.includes(baseUrl)
  );
  if (isLeft) {
    await (await consent.load()).tidy();
  }
}
