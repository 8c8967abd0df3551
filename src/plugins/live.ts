// What is behind the fronts: consent that can change, the server or what stands for it, the log that follows.
// Loaded with the first choice or look, or at once where something is on.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';

import { Manifest } from '../consent/manifest';
import { Consent } from '../consent/model';
import { StatusWatch } from '../consent/statusWatch';
import type { IShownStatus } from '../consent/statusWatch';
import { isStaticSite, isStored, storeName } from '../lite/site';
import { TelemetryApi } from '../pipeline/api';
import type { ITelemetryApi } from '../pipeline/api';
import type { Declarations } from '../pipeline/declarations';
import { isAnyActive } from '../pipeline/gate';
import { LazyEventLog } from '../pipeline/lazyLog';
import type { Log } from '../pipeline/log';
import { removeLeftovers, storageName } from '../pipeline/storage';
import { DeclaredSinks } from '../sinks/declared';
import type { SinkTypes } from '../sinks/types';
import type { IConsent, IConsentState } from '../tokens';

/**
 * @param initial - Consent as the page config tells it.
 * @param locale - In which language the controls are shown.
 */
export async function begin(
  app: JupyterFrontEnd,
  initial: IConsentState,
  locale?: string
): Promise<Live> {
  const manifest = new Manifest(await openApi(app, initial.ownerKey));
  const consent = new Consent({
    manifest,
    initial,
    baseUrl: app.serviceManager.serverSettings.baseUrl,
    ...(locale ? { locale } : {}),
    locks: navigator.locks
  });
  return new Live(app, manifest, consent);
}

/** The one place where it is decided who answers: the server, or this browser where there is none. */
async function openApi(
  { serviceManager }: JupyterFrontEnd,
  pageOwner: string
): Promise<ITelemetryApi> {
  const { serverSettings } = serviceManager;
  if (!isStaticSite()) {
    return new TelemetryApi(serverSettings, pageOwner);
  }
  const { BrowserApi } = await import(
    /* webpackChunkName: "lite" */ '../lite/browserApi'
  );
  return new BrowserApi({ name: storeName(serverSettings.baseUrl) });
}

export class Live {
  constructor(
    private readonly _app: JupyterFrontEnd,
    readonly manifest: Manifest,
    readonly consent: IConsent
  ) {}

  /** The log, which hands what it records to the browser-side sinks that the operator declared. */
  openLog(types: SinkTypes, declarations: Declarations): LazyEventLog {
    const sinks = new DeclaredSinks(types);
    const log = new LazyEventLog(
      this.consent,
      state => this._loadLog(sinks, state),
      declarations
    );
    followConsent(this.consent, sinks, types);
    return log;
  }

  /** Say now and from now on how telemetry fares. */
  watchStatus(
    trans: TranslationBundle,
    show: (status: IShownStatus) => void
  ): StatusWatch {
    const watch = new StatusWatch(this.consent, this.manifest, trans, show);
    void this._app.restored.then(() => watch.begin());
    return watch;
  }

  /** Learn what earlier pages left behind, and remove it, except what waits under a consent that still holds. */
  async tidy(): Promise<void> {
    const { baseUrl } = this._app.serviceManager.serverSettings;
    if (isStaticSite() && (await isStored(storeName(baseUrl)))) {
      // No server told the page what was chosen; what cannot be read agrees to nothing.
      await this.manifest.load().catch(() => undefined);
    }
    const { state } = this.consent;
    const keep = isAnyActive(state, Date.now())
      ? storageName(baseUrl, state.ownerKey)
      : null;
    await removeLeftovers(baseUrl, keep);
  }

  private async _loadLog(
    sinks: DeclaredSinks,
    state: IConsentState
  ): Promise<Log> {
    const { Log, Returning, ServerTransport } = await import(
      /* webpackChunkName: "recording" */ './recordingChunk'
    );
    const { name, version, serviceManager } = this._app;
    return new Log(
      {
        baseUrl: serviceManager.serverSettings.baseUrl,
        application: { name, version },
        navigator,
        transport: new Returning(
          new ServerTransport(this.manifest.api, state.ownerKey),
          () => void this.consent.refresh().catch(() => undefined)
        ),
        locks: navigator.locks,
        indexedDB: globalThis.indexedDB,
        hasListeners: mode => mode === 'on' && !sinks.isEmpty,
        recorded: (event, { purpose }) => sinks.write(event, purpose),
        consentRefused: () => {
          // It says so itself where the server cannot be reached.
          this.consent.refresh().catch(() => undefined);
        }
      },
      state
    );
  }
}

/** Sinks are made only when a purpose is on; their code comes with the first that is declared. */
function followConsent(
  consent: IConsent,
  sinks: DeclaredSinks,
  types: SinkTypes
): void {
  let isConsoleAsked = false;
  const follow = (state: IConsentState): void => {
    sinks.update(state);
    const wantsConsole = state.browserSinks.some(
      ({ type }) => type === 'console'
    );
    if (wantsConsole && !isConsoleAsked && isAnyActive(state, Date.now())) {
      isConsoleAsked = true;
      import(/* webpackChunkName: "console" */ '../sinks/console')
        .then(({ ConsoleSink }) =>
          types.addType('console', ({ name }) => new ConsoleSink(name))
        )
        .catch(() => undefined);
    }
  };
  consent.stateChanged.connect((_sender, state) => follow(state));
  follow(consent.state);
}
