import { ServerConnection } from '@jupyterlab/services';

import { TelemetryApi } from '../pipeline/api';

const OFF = { purpose: 'usage', mode: 'off', control: 'panel' } as const;

/** An API whose answers are of no interest, and what it asks for. */
function watched(pageOwner?: string): { api: TelemetryApi; asked: string[] } {
  const asked: string[] = [];
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/',
    fetch: input => {
      const { method, url } = input as Request;
      asked.push(`${method} ${url.replace(/.*api\/telemetry/, '')}`);
      return Promise.resolve(new Response('{}'));
    }
  });
  return { api: new TelemetryApi(settings, pageOwner), asked };
}

describe('whose a page is', () => {
  it('stays so in choices and erasures, whoever the page is told of since', async () => {
    const { api, asked } = watched('ann');
    await api.eraseEvents({}, 'ben');
    await api.putConsent(OFF, 'ben');
    expect(asked).toEqual([
      'DELETE /events?owner=ann',
      'PUT /consent?owner=ann'
    ]);
  });

  it('is what it is told where it was loaded without knowing', async () => {
    const { api, asked } = watched();
    await api.eraseEvents({}, 'ben');
    await api.putConsent(OFF);
    expect(asked).toEqual(['DELETE /events?owner=ben', 'PUT /consent']);
  });
});
