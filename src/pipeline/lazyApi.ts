// The telemetry API before its code is there: small, on the start-up path; what answers comes with the first call.

import type {
  ConsentRequest,
  DownloadFormat,
  IBatch,
  IConsentAnswer,
  IDownload,
  IErasure,
  IEventFilter,
  IEventPage,
  ISubmitAnswer,
  ITelemetryApi,
  ITelemetryState
} from './api';

export class LazyApi implements ITelemetryApi {
  /** @param _fetch - Fetches the code and makes what answers; called again where it failed. */
  constructor(private readonly _fetch: () => Promise<ITelemetryApi>) {}

  /** Have the code come, so that calls from then on begin before they return: the page may be going away. */
  async load(): Promise<ITelemetryApi> {
    this._loading ??= this._fetch();
    try {
      this._api = await this._loading;
      return this._api;
    } catch (error) {
      // The next call tries again.
      this._loading = null;
      throw error;
    }
  }

  getState(dayStart?: Date): Promise<ITelemetryState> {
    return this._call(api => api.getState(dayStart));
  }

  submit(batch: IBatch, init?: RequestInit): Promise<ISubmitAnswer> {
    return this._call(api => api.submit(batch, init));
  }

  getEvents(filter?: IEventFilter): Promise<IEventPage> {
    return this._call(api => api.getEvents(filter));
  }

  eraseEvents(
    range?: Pick<IEventFilter, 'since' | 'until'>
  ): Promise<IErasure> {
    return this._call(api => api.eraseEvents(range));
  }

  getConsent(): Promise<IConsentAnswer> {
    return this._call(api => api.getConsent());
  }

  putConsent(request: ConsentRequest): Promise<IConsentAnswer> {
    return this._call(api => api.putConsent(request));
  }

  download(format: DownloadFormat, filter?: IEventFilter): Promise<IDownload> {
    return this._call(api => api.download(format, filter));
  }

  /** Nobody shows schemas before the API was asked for them. */
  schemaUrl(id: string): string | null {
    return this._api?.schemaUrl(id) ?? null;
  }

  private async _call<T>(task: (api: ITelemetryApi) => Promise<T>): Promise<T> {
    return task(this._api ?? (await this.load()));
  }

  private _api: ITelemetryApi | null = null;
  private _loading: Promise<ITelemetryApi> | null = null;
}
