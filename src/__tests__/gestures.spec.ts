import { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { TriggerTracker } from '../triggers/tracker';
import type { ITrackedExecution } from '../triggers/tracker';
import { act, find, key, keystroke, mouse, put } from './acting';

const NONE = 'programmatic none unknown';

interface IPage {
  readonly tracker: TriggerTracker;
  /** Execute a command, and say how it is told. */
  readonly run: (id: string, args?: ReadonlyPartialJSONObject) => string;
  /** What is told of a command that runs in a handler of this event. */
  readonly during: (target: Element, type: string, id?: string) => () => string;
}

const trackers: TriggerTracker[] = [];

function open(): IPage {
  const registry = new CommandRegistry();
  ['a:b', 'c:d'].forEach(id =>
    registry.addCommand(id, { execute: () => null })
  );
  // Until somebody answers, whatever it is.
  registry.addCommand('asks:first', {
    execute: async () =>
      new Promise(resolve => {
        find('#answer').addEventListener('click', () => resolve(undefined));
      })
  });
  registry.addCommand('long:one', { execute: () => new Promise(() => null) });
  const menus = { isContextMenuOpen: () => false };
  const tracker = new TriggerTracker(registry, menus, new Set());
  trackers.push(tracker);
  let told = NONE;
  tracker.watch({
    began: execution => (told = telling(execution)),
    settled: () => undefined
  });
  const run = (id: string, args?: ReadonlyPartialJSONObject): string => {
    void registry.execute(id, args);
    return told;
  };
  const during = (target: Element, type: string, id = 'a:b') => {
    let during = 'nothing';
    target.addEventListener(type, () => (during = run(id)), { once: true });
    return () => during;
  };
  return { tracker, run, during };
}

/** Until commands that do nothing have ended. */
async function settled(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 0));
}

function telling({ trigger }: ITrackedExecution): string {
  const { surface, device, certainty, parent } = trigger;
  const by = parent === null ? '' : ` < ${parent}`;
  return `${surface} ${device} ${certainty}${by}`;
}

afterEach(() => {
  trackers.splice(0).forEach(tracker => tracker.dispose());
  document.body.innerHTML = '';
  jest.restoreAllMocks();
});

describe('the mark of a key binding', () => {
  const mark = (...keys: string[]) => ({
    _luminoEvent: { type: 'keybinding', keys }
  });
  const KEYS = 'keybinding keyboard exact';
  const press = (...keys: string[]): void =>
    keys.forEach(text => act(document.body, keystroke(text)));

  it('without a press of its keys says nothing', () => {
    expect(open().run('a:b', mark('Shift Enter'))).toBe(NONE);
  });

  it('with a press of other keys says nothing', () => {
    const { run } = open();
    press('B');
    expect(run('a:b', mark('Shift Enter'))).toBe(NONE);
  });

  it('is believed once for each press', async () => {
    const { run } = open();
    press('B');
    expect(run('a:b', mark('B'))).toBe(KEYS);
    await settled();
    expect(run('a:b', mark('B'))).toBe(NONE);
  });

  it('is believed though other keys were pressed meanwhile', () => {
    const { run } = open();
    press('A', 'B', 'C');
    expect(run('a:b', mark('A'))).toBe(KEYS);
    expect(run('a:b', mark('B'))).toBe(KEYS);
  });

  it.each([
    ['is believed when lumino has waited for the rest of a chord', 2_500, KEYS],
    ['is not believed three seconds after the press', 3_000, NONE]
  ])('%s', (_promise, waitedMs, expected) => {
    const { run } = open();
    const now = jest.spyOn(performance, 'now').mockReturnValue(10_000);
    press('B');
    now.mockReturnValue(10_000 + waitedMs);
    expect(run('a:b', mark('B'))).toBe(expected);
  });

  it('with keys that a program pressed is synthetic, and has no children that a person has', () => {
    const { run } = open();
    document.body.dispatchEvent(keystroke('B'));
    expect(run('long:one', mark('B'))).toBe('keybinding synthetic exact');
    expect(run('c:d')).toBe(NONE);
  });

  it('with keys that were pressed before consent changed says nothing', () => {
    const { run, tracker } = open();
    press('B');
    tracker.forget();
    expect(run('a:b', mark('B'))).toBe(NONE);
  });

  it('that was not believed makes no exact child of what comes with it', () => {
    const { run } = open();
    const forged = mark('B');
    run('long:one', forged);
    expect(run('a:b', { ...forged })).toBe(NONE);
  });

  it('of a command that has ended makes a child, perhaps: a program may have kept it', async () => {
    const { run } = open();
    const kept = mark('B');
    press('B');
    run('a:b', kept);
    await settled();
    expect(run('c:d', { ...kept })).toBe('command none inferred < a:b');
  });
});

describe('what is dragged', () => {
  const TAB =
    '<div class="lm-TabBar"><p class="lm-TabBar-tab" id="t"></p></div>';

  /** Press, and release on what lumino lays under the pointer meanwhile. */
  function dragged(page: IPage, html: string): string {
    act(put(html), mouse('pointerdown'));
    const layer = document.createElement('div');
    layer.className = 'lm-cursor-backdrop';
    document.body.append(layer);
    let told = '';
    layer.addEventListener('pointerup', () => {
      layer.remove();
      const { surface, device, certainty } = page.tracker.current();
      told = `${surface} ${device} ${certainty}`;
    });
    act(layer, mouse('pointerup'));
    return told;
  }

  it('is told by where it was pressed', () => {
    expect(dragged(open(), TAB)).toBe('tab-bar mouse direct');
  });

  it('was not pressed for the command that it names', () => {
    const page = open();
    dragged(
      page,
      '<div class="jp-Toolbar"><p data-command="a:b" id="t"></p></div>'
    );
    expect(page.run('a:b')).toBe('toolbar mouse inferred');
  });

  it('explains no later press', () => {
    const page = open();
    dragged(page, TAB);
    document.body.insertAdjacentHTML('beforeend', '<i id="other"></i>');
    const told = page.during(find('#other'), 'click');
    act(find('#other'), mouse('pointerdown'));
    act(find('#other'), mouse('click'));
    expect(told()).toBe('other-widget mouse direct');
  });
});

describe('a form', () => {
  // The type: else jsdom would send it, and not say by which button.
  const FORM =
    '<form id="t"><input id="field"><button type="button" id="send"></button></form>';

  function submit(submitter: string | null): Event {
    const event = new Event('submit', { bubbles: true, cancelable: true });
    const button = submitter && find(submitter);
    Object.defineProperty(event, 'submitter', { value: button });
    return event;
  }

  it('sent with Enter, which clicks its button: directly, by the keyboard', () => {
    const page = open();
    const form = put(FORM);
    const told = page.during(form, 'submit');
    act(find('#field'), key('Enter'));
    act(find('#send'), new MouseEvent('click', { bubbles: true, detail: 0 }));
    act(form, submit('#send'));
    expect(told()).toBe('other-widget keyboard direct');
  });

  it('sent with a click', () => {
    const page = open();
    const form = put(FORM);
    const told = page.during(form, 'submit');
    act(find('#send'), mouse('pointerdown'));
    act(find('#send'), mouse('click'));
    act(form, submit('#send'));
    expect(told()).toBe('other-widget mouse direct');
  });

  it('of whose click a handler has run a command: what its sending runs is by the way', async () => {
    const page = open();
    const form = put(FORM);
    page.during(find('#send'), 'click', 'c:d');
    const told = page.during(form, 'submit');
    act(find('#send'), mouse('pointerdown'));
    act(find('#send'), mouse('click'));
    await settled();
    act(form, submit('#send'));
    expect(told()).toBe('other-widget mouse incidental');
  });

  it('sent by a program some time after a click: nobody knows, though browsers trust the event', () => {
    const page = open();
    const form = put(FORM);
    const told = page.during(form, 'submit');
    const now = jest.spyOn(performance, 'now').mockReturnValue(10_000);
    act(find('#send'), mouse('pointerdown'));
    act(find('#send'), mouse('click'));
    now.mockReturnValue(10_500);
    act(form, submit('#send'));
    expect(told()).toBe(NONE);
  });

  it.each([
    ['with no button', () => submit(null)],
    ['with a button that nobody pressed', () => submit('#send')]
  ])('sent by a program %s after a click elsewhere: perhaps', (_how, event) => {
    const page = open();
    const form = put(`${FORM}<i id="other"></i>`);
    const told = page.during(form, 'submit');
    act(find('#other'), mouse('pointerdown'));
    act(find('#other'), mouse('click'));
    act(form, event());
    expect(told()).toBe('other-widget mouse inferred');
  });

  it('sent by a program instead of the browser: perhaps', () => {
    const page = open();
    const form = put(FORM);
    const told = page.during(form, 'submit');
    find('#send').addEventListener('click', event => event.preventDefault());
    act(find('#send'), mouse('pointerdown'));
    act(
      find('#send'),
      new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 })
    );
    act(form, submit('#send'));
    expect(told()).toBe('other-widget mouse inferred');
  });

  it('whose event a program makes up is synthetic', () => {
    const page = open();
    const form = put(FORM);
    const told = page.during(form, 'submit');
    form.dispatchEvent(submit(null));
    expect(told()).toBe('other-widget synthetic direct');
  });
});

describe('the question of a command link', () => {
  const DIALOG =
    '<div class="jp-Dialog"><div class="jp-Dialog-content">' +
    '<button class="jp-Dialog-button jp-mod-accept jp-mod-warn" id="trust"></button></div></div>';

  function answered(html: string): IPage {
    const page = open();
    const opener = put(html);
    act(opener, mouse('pointerdown'));
    act(opener, mouse('click'));
    document.body.insertAdjacentHTML('beforeend', DIALOG);
    act(find('#trust'), mouse('pointerdown'));
    act(find('#trust'), mouse('click'));
    return page;
  }

  const LINK = '<a id="t" data-commandlinker-command="a:b"></a>';

  it('answered: the link counts, also when its command comes a moment later', () => {
    expect(answered(LINK).run('a:b')).toBe('link mouse inferred');
  });

  it('answered: another command that comes a moment later is the dialog’s', () => {
    expect(answered(LINK).run('c:d')).toBe('dialog mouse inferred');
  });
});

describe('an answer to the dialog of a command', () => {
  /** Whether it counts as refused. */
  async function refused(classes: string): Promise<boolean | null> {
    const { tracker, during } = open();
    let refused: boolean | null = null;
    tracker.watch({
      began: () => undefined,
      settled: (_execution, _settlement, isRefused) => (refused = isRefused)
    });
    document.body.innerHTML =
      '<div id="t"></div><div class="jp-Dialog"><div class="jp-Dialog-content">' +
      `<button class="jp-Dialog-button ${classes}" id="answer"></button></div></div>`;
    const opener = find('#t');
    during(opener, 'click', 'asks:first');
    act(opener, mouse('pointerdown'));
    act(opener, mouse('click'));
    act(find('#answer'), mouse('pointerdown'));
    act(find('#answer'), mouse('click'));
    await settled();
    return refused;
  }

  it.each([
    ['is a refusal', 'jp-mod-reject', true],
    ['is none where it accepts', 'jp-mod-accept', false],
    [
      'is none where it accepts with a warning',
      'jp-mod-accept jp-mod-warn',
      false
    ],
    [
      'is none where it warns, as Trust in the question of a command link',
      'jp-mod-reject jp-mod-warn',
      false
    ]
  ])('%s', async (_promise, classes, expected) => {
    expect(await refused(classes)).toBe(expected);
  });
});
