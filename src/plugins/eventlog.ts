// Makes the log, and hands what it records to the browser-side sinks that the operator declared.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { IManifest } from '../consent/manifest';
import { isAnyActive } from '../pipeline/gate';
import { LazyApi } from '../pipeline/lazyApi';
import { LazyEventLog } from '../pipeline/lazyLog';
import { IRecordingLog } from '../pipeline/recording';
import { removeLeftovers, storageName } from '../pipeline/storage';
import type { Log } from '../pipeline/log';
import { DeclaredSinks } from '../sinks/declared';
import type { IConsentState } from '../tokens';
import { IConsent, IEventSinks } from '../tokens';

export const eventlog: JupyterFrontEndPlugin<IRecordingLog> = {
  id: 'jupyter-eventlog:eventlog',
  description: 'Records events from the browser, gated by consent.',
  autoStart: true,
  requires: [IManifest, IConsent],
  optional: [IEventSinks],
  provides: IRecordingLog,
  activate: (
    app,
    manifest: IManifest,
    consent: IConsent,
    sinks: IEventSinks | null
  ) => {
    void manifest.ready.then(() => tidy(app, consent));

    const declared = sinks instanceof DeclaredSinks ? sinks : null;
    const log = new LazyEventLog(consent, current =>
      loadLog(app, manifest, consent, declared, current)
    );
    if (declared) {
      followConsent(consent, declared);
    }
    return log;
  }
};

/** Remove what earlier pages left behind, except what waits under a consent that still holds. */
function tidy(app: JupyterFrontEnd, { state }: IConsent): Promise<void> {
  const { baseUrl } = app.serviceManager.serverSettings;
  const keep = isAnyActive(state, Date.now())
    ? storageName(baseUrl, state.ownerKey)
    : null;
  return removeLeftovers(baseUrl, keep);
}

async function loadLog(
  app: JupyterFrontEnd,
  manifest: IManifest,
  consent: IConsent,
  declared: DeclaredSinks | null,
  state: IConsentState
): Promise<Log> {
  const [{ Log }, { ServerTransport }] = await Promise.all([
    import(/* webpackChunkName: "recording" */ '../pipeline/log'),
    import(/* webpackChunkName: "recording" */ '../sinks/server'),
    manifest.api instanceof LazyApi ? manifest.api.load() : null
  ]);
  return new Log(
    {
      baseUrl: app.serviceManager.serverSettings.baseUrl,
      application: { name: app.name, version: app.version },
      navigator,
      transport: new ServerTransport(manifest.api),
      locks: navigator.locks,
      indexedDB: globalThis.indexedDB,
      hasListeners: mode => mode === 'on' && declared?.isEmpty === false,
      recorded: (event, { purpose }) => declared?.write(event, purpose),
      consentRefused: () => {
        // It says so itself where the server cannot be reached.
        consent.refresh().catch(() => undefined);
      }
    },
    state
  );
}

/** Sinks are made only when a purpose is on; their code comes with the first that is declared. */
function followConsent(consent: IConsent, declared: DeclaredSinks): void {
  let isConsoleAsked = false;
  const follow = (state: IConsentState): void => {
    declared.update(state);
    const wantsConsole = state.browserSinks.some(
      ({ type }) => type === 'console'
    );
    if (wantsConsole && !isConsoleAsked && isAnyActive(state, Date.now())) {
      isConsoleAsked = true;
      import(/* webpackChunkName: "console" */ '../sinks/console')
        .then(({ ConsoleSink }) =>
          declared.addType('console', ({ name }) => new ConsoleSink(name))
        )
        .catch(() => undefined);
    }
  };
  consent.stateChanged.connect((_sender, state) => follow(state));
  follow(consent.state);
}
