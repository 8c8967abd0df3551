import {
  admission,
  basisOf,
  effectiveMode,
  isAnyActive,
  maySend,
  modeNow
} from '../pipeline/gate';
import type { IConsentState, Mode } from '../tokens';
import { COMMAND, stateOf } from './consentStub';

const NOW_MS = 1_000;

describe('the gate', () => {
  it.each<[string, IConsentState, Mode]>([
    ['off is off', stateOf('off'), 'off'],
    ['local is local', stateOf('local'), 'local'],
    ['on is on', stateOf('on'), 'on'],
    ['a problem is off', stateOf('on', { problem: 'Off.' }), 'off'],
    ['a pause is off', stateOf('on', { pausedUntil: NOW_MS + 1 }), 'off'],
    [
      'a pause that is over is not',
      stateOf('on', { pausedUntil: NOW_MS }),
      'on'
    ],
    ['no answer is off', stateOf('on', { modes: {} }), 'off'],
    [
      'a word that is no mode is off',
      stateOf('on', { modes: { usage: 'ON' as Mode } }),
      'off'
    ]
  ])('%s', (_promise, state, mode) => {
    expect(effectiveMode(state, 'usage', NOW_MS)).toBe(mode);
    expect(isAnyActive(state, NOW_MS)).toBe(mode !== 'off');
    expect(admission(state, COMMAND, NOW_MS)?.mode ?? 'off').toBe(mode);
  });

  it.each(['constructor', '__proto__', 'https://example.org/other/v1'])(
    'a schema that the manifest does not name is not admitted: %s',
    schema => {
      expect(admission(stateOf('on'), schema, NOW_MS)).toBeNull();
    }
  );
});

describe('while the browser says that nothing may be shared', () => {
  const say = (value: boolean | undefined): void => {
    Object.defineProperty(navigator, 'globalPrivacyControl', {
      configurable: true,
      value
    });
  };

  afterEach(() => say(undefined));

  it('what happens is kept only, and is not shared after', () => {
    const state = stateOf('on');
    say(true);
    expect(effectiveMode(stateOf('off'), 'usage', NOW_MS)).toBe('off');
    const admitted = admission(state, COMMAND, NOW_MS);
    expect(admitted?.mode).toBe('local');
    const captured = {
      purpose: 'usage',
      mode: 'local',
      basis: basisOf(state, 'usage')
    } as const;
    expect(maySend(state, captured, NOW_MS)).toBe(true);
    expect(modeNow(state, { ...captured, mode: 'on' }, NOW_MS)).toBe('local');
    say(false);
    expect(maySend(state, captured, NOW_MS)).toBe(false);
  });
});

describe('what waits may be sent', () => {
  const state = stateOf('on');
  const basis = basisOf(state, 'usage');
  const captured = { purpose: 'usage', mode: 'on', basis } as const;
  const capturedLocal = { ...captured, mode: 'local' } as const;

  it.each<
    [string, IConsentState, typeof captured | typeof capturedLocal, boolean]
  >([
    ['captured on, still on', state, captured, true],
    ['captured on, now local', stateOf('local'), captured, true],
    ['captured on, now off', stateOf('off'), captured, false],
    [
      'captured on, now paused',
      stateOf('on', { pausedUntil: NOW_MS + 1 }),
      captured,
      false
    ],
    ['captured local, still local', stateOf('local'), capturedLocal, true],
    ['captured local, now on: it stays here', state, capturedLocal, false],
    [
      'captured on under another manifest',
      stateOf('on', { hash: 'sha256:b' }),
      captured,
      false
    ],
    [
      'captured on before changed terms were accepted',
      stateOf('on'),
      {
        ...captured,
        basis: basisOf(stateOf('on', { changedTerms: ['usage'] }), 'usage')
      },
      false
    ],
    [
      'captured on, then local was chosen and on once more',
      stateOf('on', { chosenAt: { usage: '2026-01-03T00:00:00.000Z' } }),
      captured,
      false
    ],
    [
      'captured on before local was chosen: it stays here',
      stateOf('local', { chosenAt: { usage: '2026-01-02T00:00:00.000Z' } }),
      captured,
      true
    ],
    [
      'captured on, another purpose chosen since',
      stateOf('on', { chosenAt: { other: '2026-01-02T00:00:00.000Z' } }),
      captured,
      true
    ],
    [
      'captured local under another manifest: it stays here anyway',
      stateOf('local', { hash: 'sha256:b' }),
      capturedLocal,
      true
    ]
  ])('%s', (_promise, now, item, expected) => {
    expect(maySend(now, item, NOW_MS)).toBe(expected);
  });
});
