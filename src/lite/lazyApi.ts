// The telemetry API of a page without a server: small, and its code comes with the first call.

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
} from '../pipeline/api';
import { storeName } from './site';

export class LazyBrowserApi implements ITelemetryApi {
  constructor(private readonly _baseUrl: string) {}

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

  schemaUrl(): null {
    return null;
  }

  private async _call<T>(task: (api: ITelemetryApi) => Promise<T>): Promise<T> {
    this._loading ??= this._load();
    return task(await this._loading);
  }

  private async _load(): Promise<ITelemetryApi> {
    try {
      const { BrowserApi } = await import('./browserApi');
      return new BrowserApi({ name: storeName(this._baseUrl) });
    } catch (error) {
      // The next call tries again.
      this._loading = null;
      throw error;
    }
  }

  private _loading: Promise<ITelemetryApi> | null = null;
}
