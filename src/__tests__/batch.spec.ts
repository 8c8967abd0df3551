import { firstBatch, toBatch } from '../pipeline/batch';
import { basisOf } from '../pipeline/gate';
import type { IWaiting } from '../pipeline/queue';
import { stateOf } from './consentStub';
import { waiting } from './waiting';

const on = (at: string): string =>
  basisOf(stateOf('on', { chosenAt: { usage: at } }), 'usage');

const idsOf = (items: readonly IWaiting[]): string[] =>
  firstBatch(items.map(item => ({ item }))).map(({ item }) => item.id);

describe('a batch', () => {
  it('holds one mode and one choice of a purpose, so that it tells how each of its events was captured', () => {
    const items = [
      waiting({ id: 'a', mode: 'on', basis: on('first') }),
      waiting({ id: 'b', mode: 'local', basis: on('first') }),
      waiting({ id: 'c', mode: 'on', basis: on('second') }),
      waiting({ id: 'd', mode: 'local', purpose: 'other', basis: '' }),
      waiting({ id: 'e', mode: 'on', basis: on('first') })
    ];
    expect(idsOf(items)).toEqual(['a', 'd', 'e']);
    expect(idsOf(items.slice(1))).toEqual(['b', 'd']);
  });

  it('tells which choice it was, where there was one', () => {
    const items = [
      waiting({ basis: on('2026-01-02T00:00:00.000Z') }),
      waiting({ purpose: 'other', basis: basisOf(stateOf('on'), 'other') })
    ];
    const batch = toBatch(items, 0, ({ mode }) => mode);
    expect(batch.chosen_at).toEqual({ usage: '2026-01-02T00:00:00.000Z' });
    expect(Object.keys(batch.modes)).toEqual(['usage', 'other']);
  });
});
