// Plugin: the one reader of `GET /api/telemetry` in the page; asks only when somebody looks.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { IManifest, Manifest } from '../consent/manifest';
import { TelemetryApi } from '../pipeline/api';

export const manifest: JupyterFrontEndPlugin<IManifest> = {
  id: 'jupyter-eventlog:manifest',
  description: 'Reads from the server what is collected, when somebody looks.',
  autoStart: true,
  provides: IManifest,
  activate: (app: JupyterFrontEnd) =>
    new Manifest(new TelemetryApi(app.serviceManager.serverSettings))
};
