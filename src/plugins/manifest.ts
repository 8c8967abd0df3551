// Plugin: the one reader of `GET /api/telemetry` in the page; asks only when somebody looks. The one place, too,
// where it is decided who answers: the server, or this browser where there is none.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { IManifest, Manifest } from '../consent/manifest';
import { LazyBrowserApi } from '../lite/lazyApi';
import { isStaticSite, isStored, storeName } from '../lite/site';
import { TelemetryApi } from '../pipeline/api';

export const manifest: JupyterFrontEndPlugin<IManifest> = {
  id: 'jupyter-eventlog:manifest',
  description: 'Reads from the server what is collected, when somebody looks.',
  autoStart: true,
  provides: IManifest,
  activate: ({ serviceManager }: JupyterFrontEnd) =>
    isStaticSite()
      ? ofThisBrowser(serviceManager.serverSettings.baseUrl)
      : new Manifest(new TelemetryApi(serviceManager.serverSettings))
};

/** No server told the page what was chosen: whether anything was, the browser knows. */
function ofThisBrowser(baseUrl: string): Manifest {
  const api = new LazyBrowserApi(baseUrl);
  return new Manifest(api, undefined, isStored(storeName(baseUrl)));
}
