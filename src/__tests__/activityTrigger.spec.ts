import type { IActivityContext } from '../triggers/activity';
import { activityTriggerOf } from '../triggers/activity';
import type { IGestureFacts, IPendingFacts } from '../triggers/trigger';
import { ADOPT_MS, EXPLAIN_MS } from '../triggers/trigger';

const NOW_MS = 1_000_000;

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

const tab = gesture({ surface: 'tab-bar', isPassive: true });
const used = { uses: 1, usedBy: 'notebook:run-cell' };

const ROWS: readonly (readonly [
  promise: string,
  given: Partial<IActivityContext>,
  expected: string
])[] = [
  [
    'inside the synchronous part of a command: its child',
    { frame: pending(), current: gesture() },
    'command none exact < docmanager:save'
  ],
  [
    'while a gesture is handled: that gesture',
    { current: gesture({ surface: 'file-browser' }) },
    'file-browser mouse direct'
  ],
  [
    'while a tab is pressed: directly, though commands would run there by the way',
    { current: tab },
    'tab-bar mouse direct'
  ],
  [
    'while a dialog of a command is answered: child of the command',
    { current: gesture({ surface: 'dialog' }), pending: [pending()] },
    'command none direct < docmanager:save'
  ],
  [
    'while a dialog of nobody is answered: the dialog',
    { current: gesture({ surface: 'dialog' }) },
    'dialog mouse direct'
  ],
  [
    'while the gesture of a pending command is handled: its child, perhaps',
    { current: gesture(used), pending: [pending()] },
    'command none inferred < docmanager:save'
  ],
  [
    'while the gesture of a command that has settled is handled: its child, perhaps',
    { current: gesture(used) },
    'command none inferred < notebook:run-cell'
  ],
  [
    'while the gesture of several commands is handled: the gesture, no more',
    { current: gesture({ uses: 2, usedBy: 'x' }) },
    'other-widget mouse inferred'
  ],
  [
    'while a command that a person started is pending: its child, perhaps',
    { last: gesture({ atMs: 0 }), pending: [pending()] },
    'command none inferred < docmanager:save'
  ],
  [
    'not of one that has been pending for long',
    {
      last: gesture({ atMs: 0 }),
      pending: [pending({ startedMs: NOW_MS - ADOPT_MS })]
    },
    'programmatic none unknown'
  ],
  [
    'not of one that no person started',
    { last: gesture({ atMs: 0 }), pending: [pending({ isUserRooted: false })] },
    'programmatic none unknown'
  ],
  [
    'not across another gesture',
    { last: gesture({ atMs: 0, chain: 2 }), pending: [pending()] },
    'programmatic none unknown'
  ],
  [
    'a moment after a gesture: perhaps by it, passive or not',
    { last: tab },
    'tab-bar mouse inferred'
  ],
  [
    'half a second after a gesture: nobody knows',
    { last: gesture({ atMs: NOW_MS - EXPLAIN_MS }) },
    'programmatic none unknown'
  ],
  [
    'a moment after a gesture whose one command has settled: its child, perhaps',
    { last: gesture(used) },
    'command none inferred < notebook:run-cell'
  ],
  [
    'a moment after a key binding whose command has settled: its child, perhaps',
    { last: gesture({ ...used, isActivating: false, device: 'keyboard' }) },
    'command none inferred < notebook:run-cell'
  ],
  [
    'a moment after typing: nobody knows',
    { last: gesture({ isActivating: false, device: 'keyboard' }) },
    'programmatic none unknown'
  ],
  ['without any gesture: nobody knows', {}, 'programmatic none unknown']
];

describe('how an activity was started', () => {
  it.each(ROWS)('%s', (_promise, given, expected) => {
    const { surface, device, certainty, parent } = activityTriggerOf({
      nowMs: NOW_MS,
      frame: null,
      current: null,
      last: null,
      pending: [],
      ...given
    });
    const by = parent === null ? '' : ` < ${parent}`;
    expect(`${surface} ${device} ${certainty}${by}`).toBe(expected);
  });
});
