import type { IBatch, ISubmitAnswer, ITelemetryApi } from '../pipeline/api';
import { LazyApi } from '../pipeline/lazyApi';

const BATCH: IBatch = {
  sent_at: '2026-01-01T00:00:00Z',
  session: 'a',
  modes: {},
  events: []
};
const ANSWER: ISubmitAnswer = { accepted: 0, duplicates: 0, rejected: [] };

function answering(submitted: IBatch[]): ITelemetryApi {
  return {
    submit: (batch: IBatch) => {
      submitted.push(batch);
      return Promise.resolve(ANSWER);
    },
    schemaUrl: (id: string) => `schemas/${id}`
  } as unknown as ITelemetryApi;
}

describe('an API whose code comes later', () => {
  it('fetches nothing before the first call, and then once', async () => {
    let fetches = 0;
    const api = new LazyApi(() => {
      fetches += 1;
      return Promise.resolve(answering([]));
    });
    expect(fetches).toBe(0);
    await Promise.all([api.submit(BATCH), api.submit(BATCH)]);
    expect(fetches).toBe(1);
  });

  it('tries again where its code did not come', async () => {
    let fetches = 0;
    const api = new LazyApi(() => {
      fetches += 1;
      return fetches === 1
        ? Promise.reject(new Error('Loading chunk failed'))
        : Promise.resolve(answering([]));
    });
    await expect(api.submit(BATCH)).rejects.toThrow('Loading chunk failed');
    expect(await api.submit(BATCH)).toBe(ANSWER);
  });

  it('once it is loaded begins a call before that returns, as a page that goes away needs it', async () => {
    const submitted: IBatch[] = [];
    const api = new LazyApi(() => Promise.resolve(answering(submitted)));
    expect(api.schemaUrl('x')).toBeNull();
    await api.load();
    void api.submit(BATCH);
    expect(submitted).toEqual([BATCH]);
    expect(api.schemaUrl('x')).toBe('schemas/x');
  });
});
