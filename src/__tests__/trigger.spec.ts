import type {
  IGestureFacts,
  IPendingFacts,
  ITriggerContext
} from '../triggers/trigger';
import { ADOPT_MS, EXPLAIN_MS, triggerOf } from '../triggers/trigger';

const NOW_MS = 1_000_000;
const RUN = 'notebook:run-cell';

function gesture(facts: Partial<IGestureFacts> = {}): IGestureFacts {
  return {
    surface: 'other-widget',
    device: 'mouse',
    names: null,
    isPassive: false,
    isActivating: true,
    atMs: NOW_MS - 1,
    chain: 1,
    uses: 0,
    usedBy: null,
    opener: null,
    ...facts
  };
}

function pending(facts: Partial<IPendingFacts> = {}): IPendingFacts {
  return {
    command: 'docmanager:save',
    startedMs: NOW_MS - 1000,
    chain: 1,
    isUserRooted: true,
    ...facts
  };
}

interface IGiven extends Partial<Omit<ITriggerContext, 'moment'>> {
  readonly current?: IGestureFacts;
  readonly last?: IGestureFacts;
}

function describeTrigger(given: IGiven): string {
  const { current, last, ...rest } = given;
  const trigger = triggerOf({
    command: RUN,
    nowMs: NOW_MS,
    frame: null,
    keyBinding: null,
    argsOwner: null,
    pending: [],
    moment: {
      current: () => current ?? null,
      last: () => last ?? current ?? null,
      lastChain: (last ?? current)?.chain ?? 0,
      lastAtMs: (last ?? current)?.atMs ?? -Infinity
    },
    ...rest
  });
  const parent = trigger.parent === null ? '' : ` < ${trigger.parent}`;
  return `${trigger.surface} ${trigger.device} ${trigger.certainty}${parent}`;
}

type Row = readonly [promise: string, given: IGiven, expected: string];

const RULES: readonly Row[] = [
  [
    '1: inside the synchronous part of another command it is its child',
    { frame: pending({ command: 'runmenu:run' }) },
    'command none exact < runmenu:run'
  ],
  [
    '1 comes before 2: a command called inside one is a child, whatever its arguments claim',
    {
      frame: pending({ command: 'runmenu:run' }),
      keyBinding: { owner: null, device: 'keyboard' }
    },
    'command none exact < runmenu:run'
  ],
  [
    '1 comes before 3: the gesture belongs to the outer command',
    {
      frame: pending({ command: 'runmenu:run' }),
      current: gesture({ surface: 'main-menu', names: RUN })
    },
    'command none exact < runmenu:run'
  ],
  [
    '2: a key binding not seen before',
    { keyBinding: { owner: null, device: 'keyboard' } },
    'keybinding keyboard exact'
  ],
  [
    '2: a key binding seen before was handed on by the command that had it',
    {
      keyBinding: {
        owner: pending({ command: 'runmenu:run' }),
        isPending: true
      }
    },
    'command none exact < runmenu:run'
  ],
  [
    '2: a key binding whose command has ended may have been kept by a program',
    {
      keyBinding: {
        owner: pending({ command: 'runmenu:run' }),
        isPending: false
      }
    },
    'command none inferred < runmenu:run'
  ],
  [
    '2: a key binding whose keys a program pressed',
    { keyBinding: { owner: null, device: 'synthetic' } },
    'keybinding synthetic exact'
  ],
  [
    '2 comes before 3: the keydown that is handled says less than the binding',
    {
      keyBinding: { owner: null, device: 'keyboard' },
      current: gesture({ device: 'keyboard' })
    },
    'keybinding keyboard exact'
  ],
  [
    '3: exact where the element names this command',
    { current: gesture({ surface: 'toolbar', names: RUN }) },
    'toolbar mouse exact'
  ],
  [
    '3: incidental where the element names another',
    { current: gesture({ surface: 'toolbar', names: 'docmanager:save' }) },
    'toolbar mouse incidental'
  ],
  [
    '3: direct where the element names none',
    { current: gesture({ surface: 'launcher' }) },
    'launcher mouse direct'
  ],
  [
    '3: incidental for the second command of a gesture',
    { current: gesture({ surface: 'launcher', uses: 1 }) },
    'launcher mouse incidental'
  ],
  [
    '3: incidental for the second command even if it is named',
    { current: gesture({ surface: 'toolbar', names: RUN, uses: 1 }) },
    'toolbar mouse incidental'
  ],
  [
    '3: incidental on a passive surface',
    { current: gesture({ surface: 'tab-bar', isPassive: true }) },
    'tab-bar mouse incidental'
  ],
  [
    '3: in a dialog the parent is the command that waits for it',
    {
      current: gesture({ surface: 'dialog', chain: 7 }),
      pending: [pending({ chain: 7 })]
    },
    'command none direct < docmanager:save'
  ],
  [
    '3: in a dialog without a waiting command, the gesture that opened it counts if it names the command',
    {
      current: gesture({
        surface: 'dialog',
        device: 'keyboard',
        opener: gesture({ surface: 'link', names: RUN })
      })
    },
    'link keyboard exact'
  ],
  [
    '3: in a dialog that nothing explains, the dialog it is',
    { current: gesture({ surface: 'dialog', opener: gesture() }) },
    'dialog mouse direct'
  ],
  [
    '3: a waiting command of another gesture is no parent of what a dialog runs',
    {
      current: gesture({ surface: 'dialog', chain: 7 }),
      pending: [pending({ chain: 3 })]
    },
    'dialog mouse direct'
  ],
  [
    '3 comes before 4: who clicks the menu item again means it again',
    {
      current: gesture({ surface: 'main-menu', names: RUN }),
      argsOwner: pending()
    },
    'main-menu mouse exact'
  ],
  [
    '4: the arguments of a pending command, handed on',
    { argsOwner: pending({ isUserRooted: false }) },
    'command none inferred < docmanager:save'
  ],
  [
    '5: a child of the newest pending command of the same gesture',
    {
      last: gesture({ atMs: 0 }),
      pending: [pending(), pending({ command: 'docmanager:rename' })]
    },
    'command none inferred < docmanager:rename'
  ],
  [
    '5: never across another gesture',
    { last: gesture({ atMs: 0, chain: 2 }), pending: [pending()] },
    'programmatic none unknown'
  ],
  [
    '5: not after a minute',
    {
      last: gesture({ atMs: 0 }),
      pending: [pending({ startedMs: NOW_MS - ADOPT_MS })]
    },
    'programmatic none unknown'
  ],
  [
    '5: just before a minute',
    {
      last: gesture({ atMs: 0 }),
      pending: [pending({ startedMs: NOW_MS - ADOPT_MS + 1 })]
    },
    'command none inferred < docmanager:save'
  ],
  [
    '5: a command that no user started adopts nothing',
    {
      last: gesture({ atMs: 0 }),
      pending: [pending({ isUserRooted: false })]
    },
    'programmatic none unknown'
  ],
  [
    '6: an unused activating gesture, shortly after',
    { last: gesture({ surface: 'toolbar' }) },
    'toolbar mouse inferred'
  ],
  [
    '6: not after half a second',
    { last: gesture({ surface: 'toolbar', atMs: NOW_MS - EXPLAIN_MS }) },
    'programmatic none unknown'
  ],
  [
    '6: not if the gesture was used',
    { last: gesture({ surface: 'toolbar', uses: 1 }) },
    'programmatic none unknown'
  ],
  [
    '6: typing never explains a command',
    { last: gesture({ device: 'keyboard', isActivating: false }) },
    'programmatic none unknown'
  ],
  [
    '6: nor does a click into an editor',
    { last: gesture({ isPassive: true }) },
    'programmatic none unknown'
  ],
  [
    '6: after the question of a command link, the link',
    {
      last: gesture({
        surface: 'dialog',
        device: 'keyboard',
        opener: gesture({ surface: 'link', names: RUN })
      })
    },
    'link keyboard inferred'
  ],
  [
    '6: after a dialog of another command, the dialog',
    {
      last: gesture({
        surface: 'dialog',
        opener: gesture({ surface: 'link', names: 'x:y' })
      })
    },
    'dialog mouse inferred'
  ],
  ['7: nothing was seen', {}, 'programmatic none unknown']
];

describe('the trigger of a command, by rule', () => {
  it.each(RULES)('%s', (_promise, given, expected) => {
    expect(describeTrigger(given)).toBe(expected);
  });

  it('does not look at gestures where a frame or key binding decides', () => {
    const current = jest.fn(() => null);
    const context = {
      command: RUN,
      nowMs: NOW_MS,
      frame: pending(),
      keyBinding: null,
      argsOwner: null,
      pending: [],
      moment: { current, last: current, lastChain: 0, lastAtMs: NOW_MS }
    };
    triggerOf(context);
    triggerOf({
      ...context,
      frame: null,
      keyBinding: { owner: null, device: 'keyboard' }
    });
    expect(current).not.toHaveBeenCalled();
  });
});
