// Plugin: the one reader of `GET /api/telemetry` in the page; asks only when somebody looks. The one place, too,
// where it is decided who answers: the server, or this browser where there is none.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { ServerConnection } from '@jupyterlab/services';

import { IManifest, Manifest } from '../consent/manifest';
import { isStaticSite, isStored, storeName } from '../lite/site';
import { LazyApi } from '../pipeline/lazyApi';

export const manifest: JupyterFrontEndPlugin<IManifest> = {
  id: 'jupyter-eventlog:manifest',
  description: 'Reads from the server what is collected, when somebody looks.',
  autoStart: true,
  provides: IManifest,
  activate: ({ serviceManager }: JupyterFrontEnd) =>
    isStaticSite()
      ? ofThisBrowser(serviceManager.serverSettings.baseUrl)
      : ofTheServer(serviceManager.serverSettings)
};

function ofTheServer(settings: ServerConnection.ISettings): Manifest {
  return new Manifest(
    new LazyApi(async () => {
      const { TelemetryApi } = await import(
        /* webpackChunkName: "api" */ '../pipeline/api'
      );
      return new TelemetryApi(settings);
    })
  );
}

/** No server told the page what was chosen: whether anything was, the browser knows. */
function ofThisBrowser(baseUrl: string): Manifest {
  const name = storeName(baseUrl);
  const api = new LazyApi(async () => {
    const { BrowserApi } = await import(
      /* webpackChunkName: "lite" */ '../lite/browserApi'
    );
    return new BrowserApi({ name });
  });
  return new Manifest(api, undefined, isStored(name));
}
