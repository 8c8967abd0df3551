import { ServerConnection } from '@jupyterlab/services';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { CommandRegistry } from '@lumino/commands';

import { CommandRecorder } from '../commands/recorder';
import { QUIET_COMMANDS } from '../commands/quiet';
import { toVocabulary } from '../commands/vocabulary';
import type { IDeferredEvent } from '../pipeline/recording';
import type { CommandV1 } from '../schemas';
import { TriggerTracker } from '../triggers/tracker';
import { act, find, key, keystroke, mouse, put } from './acting';

const vocabulary = toVocabulary({
  commands: ['a:b', 'c:d', 'notebook:move-cursor-down'],
  error_classes: ['TypeError', 'ResponseError', 'NetworkError', 'Error'],
  projection: {
    'a:b': { activate: 'flag', kind: ['inline', 'block'], path: 'present' }
  },
  bindings: { 'a:b': ['Shift Enter', 'D, D'] }
});

interface IRecorded {
  readonly schema: string;
  readonly timeMs: number;
  readonly data: CommandV1;
}

interface ISetUp {
  readonly registry: CommandRegistry;
  readonly tracker: TriggerTracker;
  /** As the plugin does when consent changes. */
  readonly consentChanged: () => void;
  readonly events: IRecorded[];
  readonly data: () => CommandV1[];
  /** As the log does when the page is left. */
  readonly leave: () => void;
  readonly quiet: () => number;
  run: Record<string, (args: ReadonlyPartialJSONObject) => unknown>;
}

const disposables: { dispose(): void }[] = [];

function setUp(record?: () => boolean): ISetUp {
  const registry = new CommandRegistry();
  const run: ISetUp['run'] = {};
  for (const id of ['a:b', 'c:d', 'notebook:move-cursor-down', 'x:secret']) {
    registry.addCommand(id, { execute: args => run[id]?.(args) });
  }
  const events: IRecorded[] = [];
  let quiet = 0;
  const write = ({ schema, timeMs, data }: IDeferredEvent): boolean =>
    events.push({ schema, timeMs, data: data() as CommandV1 }) > 0;
  const log = {
    record: record ?? write,
    countQuiet: () => (quiet += 1)
  };
  const menus = { isContextMenuOpen: () => false };
  const tracker = new TriggerTracker(registry, menus, QUIET_COMMANDS);
  const make = (): CommandRecorder =>
    new CommandRecorder(tracker, log, vocabulary);
  let recorder = make();
  disposables.push(tracker, { dispose: () => recorder.dispose() });
  return {
    registry,
    tracker,
    consentChanged: () => {
      tracker.forget();
      recorder.dispose();
      recorder = make();
    },
    events,
    data: () => events.map(event => event.data),
    leave: () => recorder.pageLeft(),
    quiet: () => quiet,
    run
  };
}

afterEach(() => {
  disposables.splice(0).forEach(disposable => disposable.dispose());
  document.body.innerHTML = '';
  jest.restoreAllMocks();
});

/** Press keys as a person does, and run the command as lumino does then. */
async function binding(
  registry: CommandRegistry,
  id: string,
  keys: readonly string[]
): Promise<void> {
  keys.forEach(text => act(document.body, keystroke(text)));
  await registry.execute(id, { _luminoEvent: { type: 'keybinding', keys } });
}

const trigger = (event: IRecorded | undefined): unknown => event?.data.trigger;

describe('what is recorded of a command', () => {
  it('a program runs it: programmatic, unknown, with outcome and whole milliseconds', async () => {
    const { registry, data } = setUp();
    jest
      .spyOn(performance, 'now')
      .mockReturnValueOnce(100.2)
      .mockReturnValue(112.9);
    await registry.execute('a:b');
    expect(data()).toEqual([
      {
        command: 'a:b',
        trigger: {
          surface: 'programmatic',
          device: 'none',
          certainty: 'unknown'
        },
        outcome: 'success',
        duration_ms: 13
      }
    ]);
  });

  it('an id that is not shipped becomes (other), and its arguments are not looked at', async () => {
    const { registry, data } = setUp();
    await registry.execute('x:secret', { path: '/home/jane' });
    expect(data()[0]).toMatchObject({ command: '(other)' });
    expect(JSON.stringify(data())).not.toMatch(/secret|jane|args/);
  });

  it('arguments are projected: flag, choice, presence, a count of the rest', async () => {
    const { registry, data } = setUp();
    await registry.execute('a:b', {
      activate: true,
      kind: 'inline',
      path: '/home/jane/private.ipynb',
      jane: 'a name as a key'
    });
    expect(data()[0]).toMatchObject({
      args: [
        { name: 'activate', flag: true },
        { name: 'kind', choice: 'inline' },
        { name: 'path', present: true }
      ],
      undeclared_args: 1
    });
    expect(JSON.stringify(data())).not.toMatch(/jane/);
  });

  it('a choice that is not in the list, a flag that is none: presence only', async () => {
    const { registry, data } = setUp();
    await registry.execute('a:b', { activate: 'jane', kind: 'jane' });
    expect(data()[0]?.args).toEqual([
      { name: 'activate', present: true },
      { name: 'kind', present: true }
    ]);
  });

  it('a default key sequence is told, another is custom', async () => {
    const { registry, data } = setUp();
    await binding(registry, 'a:b', ['Shift Enter']);
    await binding(registry, 'a:b', ['D', 'D']);
    await binding(registry, 'a:b', ['Ctrl J', 'Ctrl A', 'Ctrl N', 'Ctrl E']);
    expect(data().map(event => event?.keys)).toEqual([
      'Shift Enter',
      'D, D',
      'custom'
    ]);
    expect(data()[0]).toMatchObject({
      trigger: { surface: 'keybinding', device: 'keyboard', certainty: 'exact' }
    });
    expect(data()[0]).not.toHaveProperty('undeclared_args');
  });

  it("a default key sequence of another command is this one's custom", async () => {
    const { registry, data } = setUp();
    await binding(registry, 'c:d', ['Shift Enter']);
    expect(data()[0]?.keys).toBe('custom');
  });

  it('a key binding is one press: handed on, it makes a child', async () => {
    const { registry, events, run } = setUp();
    run['a:b'] = async args => {
      await Promise.resolve();
      await registry.execute('c:d', args);
    };
    await binding(registry, 'a:b', ['Shift Enter']);
    expect(events[0]?.data).toMatchObject({
      command: 'c:d',
      parent: 'a:b',
      trigger: { surface: 'command', certainty: 'exact' }
    });
    expect(events[0]?.data).not.toHaveProperty('keys');
  });

  it('arguments of a key binding that are used again later make a child, perhaps', async () => {
    const { registry, events, run } = setUp();
    let kept: ReadonlyPartialJSONObject = {};
    run['a:b'] = args => void (kept = args);
    await binding(registry, 'a:b', ['Shift Enter']);
    await registry.execute('c:d', kept);
    expect(events[1]?.data).toMatchObject({
      parent: 'a:b',
      trigger: { surface: 'command', certainty: 'inferred' }
    });
  });

  it("JupyterLab's key bindings arrive as such through lumino itself", async () => {
    const { registry, events } = setUp();
    const node = put('<div id="t" class="here"></div>');
    registry.addKeyBinding({
      command: 'a:b',
      selector: '.here',
      keys: ['Shift Enter'],
      args: { activate: false }
    });
    const press = keystroke('Shift Enter');
    node.addEventListener('keydown', event =>
      registry.processKeydownEvent(event)
    );
    act(node, press);
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(events[0]?.data).toMatchObject({
      trigger: {
        surface: 'keybinding',
        device: 'keyboard',
        certainty: 'exact'
      },
      keys: 'Shift Enter',
      args: [{ name: 'activate', flag: false }]
    });
  });

  it('a command inside another is its exact child; afterwards it is not', async () => {
    const { registry, events, run } = setUp();
    run['a:b'] = () => registry.execute('c:d');
    await registry.execute('a:b');
    await registry.execute('c:d');
    const parents = events.map(({ data }) => [data.command, data.parent]);
    expect(parents).toEqual([
      ['c:d', 'a:b'],
      ['a:b', undefined],
      ['c:d', undefined]
    ]);
  });

  it('the arguments of a pending command, handed on, make a child; later they say nothing', async () => {
    const { registry, events, run } = setUp();
    const args = { path: 'x' };
    run['a:b'] = async () => {
      await Promise.resolve();
      await registry.execute('c:d', args);
    };
    await registry.execute('a:b', args);
    await registry.execute('c:d', args);
    expect(events.map(({ data }) => data.parent)).toEqual([
      'a:b',
      undefined,
      undefined
    ]);
    expect(trigger(events[0])).toMatchObject({ certainty: 'inferred' });
  });

  it('an error tells its class if that is listed, and never its message', async () => {
    const { registry, data, run } = setUp();
    const secret = '/home/jane/private.ipynb';
    class JaneError extends Error {
      override name = 'JaneError';
    }
    const errors = [
      new TypeError(secret),
      new JaneError(secret),
      secret,
      new ServerConnection.ResponseError(new Response(null, { status: 404 })),
      new ServerConnection.NetworkError(new TypeError(secret))
    ];
    for (const error of errors) {
      run['a:b'] = () => {
        // Commands of others throw whatever they like.
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw error;
      };
      await expect(registry.execute('a:b')).rejects.toBe(error);
    }
    expect(data().map(event => [event?.outcome, event?.error_class])).toEqual([
      ['failure', 'TypeError'],
      ['failure', '(other)'],
      ['failure', '(other)'],
      ['failure', 'ResponseError'],
      ['failure', 'NetworkError']
    ]);
    expect(JSON.stringify(data())).not.toMatch(/jane/i);
  });

  it('quiet commands are counted only', async () => {
    const { registry, events, quiet } = setUp();
    await registry.execute('notebook:move-cursor-down');
    await registry.execute('notebook:move-cursor-down');
    expect(events).toEqual([]);
    expect(quiet()).toBe(2);
  });

  it('what is pending when the page is left is told as unsettled, and no more after', async () => {
    const { registry, data, leave, run } = setUp();
    let finish = (): void => undefined;
    run['a:b'] = () => new Promise<void>(resolve => (finish = resolve));
    const running = registry.execute('a:b');
    await registry.execute('c:d');
    leave();
    finish();
    await running;
    expect(data().map(event => [event?.command, event?.outcome])).toEqual([
      ['c:d', 'success'],
      ['a:b', 'unsettled']
    ]);
  });

  it('a quiet command that is pending when the page is left is counted', () => {
    const { registry, events, leave, quiet, run } = setUp();
    run['notebook:move-cursor-down'] = () => new Promise(() => undefined);
    void registry.execute('notebook:move-cursor-down');
    leave();
    expect(events).toEqual([]);
    expect(quiet()).toBe(1);
  });

  it('an id that nobody registered is no command: the caller hears of it, nothing is recorded', async () => {
    const { registry, events, quiet } = setUp();
    await expect(registry.execute('nobody:knows')).rejects.toThrow();
    expect([...events, quiet()]).toEqual([0]);
  });

  it('what happens now is told by the command in whose synchronous part it happens', async () => {
    const { registry, tracker, run } = setUp();
    const told: unknown[] = [];
    run['a:b'] = () => {
      told.push(tracker.current());
    };
    await registry.execute('a:b');
    told.push(tracker.current());
    expect(told).toMatchObject([
      { surface: 'command', certainty: 'exact', parent: 'a:b' },
      { surface: 'programmatic', certainty: 'unknown', parent: null }
    ]);
  });

  it('to ask how what happens now was started uses no gesture up', async () => {
    const { registry, tracker, events } = setUp();
    const item = put('<div class="jp-Launcher"><div id="t"></div></div>');
    const told: unknown[] = [];
    item.addEventListener('click', () => {
      told.push(tracker.current(), tracker.current());
      void registry.execute('a:b');
    });
    act(item, mouse('pointerdown'));
    act(item, mouse('click'));
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(told).toMatchObject([
      { surface: 'launcher', certainty: 'direct' },
      { surface: 'launcher', certainty: 'direct' }
    ]);
    expect(trigger(events[0])).toMatchObject({ certainty: 'direct' });
  });

  it('what began before consent changed is not recorded after', async () => {
    const { registry, consentChanged, events, run } = setUp();
    let finish = (): void => undefined;
    run['a:b'] = () => new Promise<void>(resolve => (finish = resolve));
    const pending = registry.execute('a:b');
    consentChanged();
    finish();
    await pending;
    expect(events).toEqual([]);
  });
});

describe('gestures', () => {
  it('what was done before consent changed explains nothing after', async () => {
    const { registry, consentChanged, events } = setUp();
    const button = put(
      '<div class="jp-Toolbar"><button id="t" data-command="a:b"></button></div>'
    );
    act(button, mouse('pointerdown'));
    act(button, mouse('click'));
    consentChanged();
    await registry.execute('a:b');
    expect(events.map(trigger)).toEqual([
      { surface: 'programmatic', device: 'none', certainty: 'unknown' }
    ]);
  });

  it('a toolbar button that runs its command on mousedown: exact, mouse', async () => {
    const { registry, events } = setUp();
    const button = put(
      '<div class="jp-Toolbar"><button id="t" data-command="a:b"></button></div>'
    );
    button.addEventListener('mousedown', () => void registry.execute('a:b'));
    act(button, mouse('pointerdown'));
    act(button, mouse('mousedown'));
    act(button, mouse('click'));
    await Promise.resolve();
    await Promise.resolve();
    expect(events.map(trigger)).toEqual([
      { surface: 'toolbar', device: 'mouse', certainty: 'exact' }
    ]);
  });

  it.each(['touch', 'pen', 'mouse'])(
    'the pointer of the press is carried to the mouse events after it: %s',
    async pointerType => {
      const { registry, events } = setUp();
      const button = put(
        '<div class="jp-Toolbar"><button id="t" data-command="a:b"></button></div>'
      );
      button.addEventListener('mousedown', () => void registry.execute('a:b'));
      const press = mouse('pointerdown');
      Object.defineProperty(press, 'pointerType', { value: pointerType });
      act(button, press);
      act(button, mouse('mousedown'));
      await new Promise(resolve => setTimeout(resolve, 0));
      expect(trigger(events[0])).toMatchObject({ device: pointerType });
    }
  );

  it('a tap is a touch until its mouse events, which come last', async () => {
    const { registry, events } = setUp();
    const button = put(
      '<div class="jp-Toolbar"><button id="t" data-command="a:b"></button></div>'
    );
    button.addEventListener('mousedown', () => void registry.execute('a:b'));
    for (const type of ['pointerdown', 'touchstart', 'pointerup', 'touchend']) {
      const event = mouse(type);
      Object.defineProperty(event, 'pointerType', { value: 'touch' });
      act(button, event);
    }
    act(button, mouse('mousedown'));
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(trigger(events[0])).toMatchObject({ device: 'touch' });
  });

  it('a click that a key made is the keyboard', async () => {
    const { registry, events } = setUp();
    const button = put(
      '<div class="jp-Toolbar"><button id="t" data-command="a:b"></button></div>'
    );
    button.addEventListener('click', () => void registry.execute('a:b'));
    act(button, key(' '));
    act(button, new MouseEvent('click', { bubbles: true, detail: 0 }));
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(trigger(events[0])).toEqual({
      surface: 'toolbar',
      device: 'keyboard',
      certainty: 'exact'
    });
  });

  it('a click that a program made is synthetic', async () => {
    const { registry, events } = setUp();
    const button = put(
      '<div class="jp-Toolbar"><button id="t" data-command="a:b"></button></div>'
    );
    button.addEventListener('click', () => void registry.execute('a:b'));
    button.click();
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(trigger(events[0])).toEqual({
      surface: 'toolbar',
      device: 'synthetic',
      certainty: 'exact'
    });
  });

  it('a menu that closed before the command ran is known all the same', async () => {
    const { registry, events } = setUp();
    const item = put(
      '<div id="jp-MainMenu"><p class="lm-MenuBar-item lm-mod-active"></p></div>' +
        '<div class="lm-Menu"><li id="t" data-command="a:b"></li></div>'
    );
    item.addEventListener('pointerup', () => {
      document.body.innerHTML = '';
      delete item.dataset.command;
      void registry.execute('a:b');
    });
    act(item, mouse('pointerdown'));
    act(item, mouse('pointerup'));
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(trigger(events[0])).toEqual({
      surface: 'main-menu',
      device: 'mouse',
      certainty: 'exact'
    });
  });

  it('what runs in the same gesture beside the meant command is incidental', async () => {
    const { registry, events } = setUp();
    const item = put('<div class="jp-Launcher"><div id="t"></div></div>');
    item.addEventListener('click', () => {
      void registry.execute('a:b');
      void registry.execute('c:d');
    });
    act(item, mouse('pointerdown'));
    act(item, mouse('click'));
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(events.map(trigger)).toMatchObject([
      { surface: 'launcher', certainty: 'direct' },
      { surface: 'launcher', certainty: 'incidental' }
    ]);
  });

  it('a click explains a command that comes a moment later, once', async () => {
    const { registry, events } = setUp();
    const item = put('<div class="jp-Launcher"><div id="t"></div></div>');
    act(item, mouse('pointerdown'));
    act(item, mouse('click'));
    await new Promise(resolve => setTimeout(resolve, 0));
    await registry.execute('a:b');
    await registry.execute('c:d');
    expect(events.map(trigger)).toEqual([
      { surface: 'launcher', device: 'mouse', certainty: 'inferred' },
      { surface: 'programmatic', device: 'none', certainty: 'unknown' }
    ]);
  });

  it.each([
    [
      'Enter in an editor',
      '<div class="cm-editor"><p id="t"></p></div>',
      'Enter'
    ],
    ['a space in a field', '<input id="t">', ' '],
    ['a letter', '<div id="t"></div>', 'j'],
    ['Enter in a text area', '<textarea id="t"></textarea>', 'Enter']
  ])('typing explains nothing: %s', async (_what, html, name) => {
    const { registry, events } = setUp();
    act(put(html), key(name));
    await registry.execute('a:b');
    expect(trigger(events[0])).toMatchObject({ surface: 'programmatic' });
  });

  it('what a command does later, before the next gesture, is its child', async () => {
    const { registry, events, run } = setUp();
    const item = put('<div class="jp-Launcher"><div id="t"></div></div>');
    let finish = (): void => undefined;
    run['a:b'] = () => new Promise<void>(resolve => (finish = resolve));
    item.addEventListener('click', () => void registry.execute('a:b'));
    act(item, mouse('pointerdown'));
    act(item, mouse('click'));
    await new Promise(resolve => setTimeout(resolve, 0));
    await registry.execute('c:d');
    act(item, mouse('pointerdown'));
    await registry.execute('c:d');
    finish();
    expect(events[0]?.data).toMatchObject({
      parent: 'a:b',
      trigger: { surface: 'command', certainty: 'inferred' }
    });
    expect(events[1]?.data).not.toHaveProperty('parent');
  });
});

describe('dialogs', () => {
  const DIALOG =
    '<div class="jp-Dialog"><div class="jp-Dialog-content">' +
    '<button class="jp-Dialog-button jp-mod-reject" id="no"></button>' +
    '<button class="jp-Dialog-button jp-mod-accept" id="yes"></button></div></div>';

  async function answer(
    selector: string,
    event: Event,
    finish: (resolve: (value: unknown) => void, reject: () => void) => void
  ): Promise<IRecorded[]> {
    const { registry, events, run } = setUp();
    run['a:b'] = () =>
      new Promise((resolve, reject) => {
        document.body.insertAdjacentHTML('beforeend', DIALOG);
        document.querySelector(selector)?.addEventListener(event.type, () => {
          finish(resolve, () => reject(new Error('whatever')));
        });
      });
    const item = put('<div class="jp-Launcher"><div id="t"></div></div>');
    let done: Promise<unknown> = Promise.resolve();
    item.addEventListener('click', () => {
      done = registry.execute('a:b');
    });
    act(item, mouse('pointerdown'));
    act(item, mouse('click'));
    const target = find(selector);
    if (event.type === 'click') {
      act(target, mouse('pointerdown'));
    }
    act(target, event);
    await done.catch(() => undefined);
    return events;
  }

  it.each([
    ['the reject button', '#no', () => mouse('click')],
    ['Escape', '.jp-Dialog', () => key('Escape')],
    ['a click beside it', '.jp-Dialog', () => mouse('click')],
    ['Enter on the reject button', '#no', () => key('Enter')]
  ])(
    'refused by %s is cancelled, not failed',
    async (_how, selector, event) => {
      const resolved = await answer(selector, event(), resolve =>
        resolve(undefined)
      );
      const rejected = await answer(selector, event(), (_resolve, reject) =>
        reject()
      );
      for (const [first] of [resolved, rejected]) {
        expect(first?.data).toMatchObject({ outcome: 'cancelled' });
        expect(first?.data).not.toHaveProperty('error_class');
      }
    }
  );

  it('accepted is a success, and an error after that a failure', async () => {
    const [success] = await answer('#yes', mouse('click'), resolve =>
      resolve(undefined)
    );
    const [failure] = await answer('#yes', mouse('click'), (_r, reject) =>
      reject()
    );
    expect(success?.data.outcome).toBe('success');
    expect(failure?.data.outcome).toBe('failure');
  });

  it('a refused result of a dialog is cancelled however it was refused', async () => {
    const { registry, data, run } = setUp();
    run['a:b'] = () => ({ button: { accept: false }, value: null });
    await registry.execute('a:b');
    expect(data()[0]?.outcome).toBe('cancelled');
  });

  it('what runs in a dialog is the child of the command that waits for it', async () => {
    const { registry, events, run } = setUp();
    run['a:b'] = () =>
      new Promise(() => {
        document.body.insertAdjacentHTML('beforeend', DIALOG);
        document
          .querySelector('#yes')
          ?.addEventListener('click', () => void registry.execute('c:d'));
      });
    const item = put('<div class="jp-Launcher"><div id="t"></div></div>');
    item.addEventListener('click', () => void registry.execute('a:b'));
    act(item, mouse('pointerdown'));
    act(item, mouse('click'));
    const yes = find('#yes');
    act(yes, mouse('pointerdown'));
    act(yes, mouse('click'));
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(events[0]?.data).toMatchObject({
      command: 'c:d',
      parent: 'a:b',
      trigger: { surface: 'command', certainty: 'direct' }
    });
  });

  it('a command link that asks first is still the link', async () => {
    const { registry, events } = setUp();
    const link = put('<a id="t" data-commandlinker-command="a:b"></a>');
    link.addEventListener('click', () => {
      document.body.insertAdjacentHTML('beforeend', DIALOG);
      document
        .querySelector('#yes')
        ?.addEventListener('click', () => void registry.execute('a:b'));
    });
    act(link, mouse('pointerdown'));
    act(link, mouse('click'));
    const yes = find('#yes');
    act(yes, mouse('pointerdown'));
    act(yes, mouse('click'));
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(trigger(events[0])).toEqual({
      surface: 'link',
      device: 'mouse',
      certainty: 'exact'
    });
  });
});

describe('recording is never the problem of a command', () => {
  it('whatever the log throws, the caller gets its value', async () => {
    const { registry, run } = setUp(() => {
      throw new Error('log');
    });
    run['a:b'] = () => 'value';
    await expect(registry.execute('a:b')).resolves.toBe('value');
  });

  it('whatever the arguments throw, the caller gets its value', async () => {
    const { registry, run } = setUp();
    run['a:b'] = () => 'value';
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('get');
        },
        ownKeys: () => {
          throw new Error('ownKeys');
        }
      }
    );
    await expect(registry.execute('a:b', hostile)).resolves.toBe('value');
  });

  it('whatever the DOM throws, the event goes on', () => {
    setUp();
    const element = put('<div id="t"></div>');
    element.closest = () => {
      throw new Error('closest');
    };
    const heard = jest.fn();
    element.addEventListener('click', heard);
    act(element, mouse('click'));
    expect(heard).toHaveBeenCalled();
  });

  it('after dispose nothing listens and execute is the original', () => {
    const add = jest.spyOn(window, 'addEventListener');
    const remove = jest.spyOn(window, 'removeEventListener');
    const { registry } = setUp();
    const added = add.mock.calls.map(([type]) => type);
    expect(added).toContain('pointerup');
    expect(
      add.mock.calls.every(
        ([, , options]) =>
          typeof options === 'object' && options.capture && options.passive
      )
    ).toBe(true);
    disposables.splice(0).forEach(disposable => disposable.dispose());
    expect(remove.mock.calls.map(([type]) => type).sort()).toEqual(
      added.sort()
    );
    expect(Object.hasOwn(registry, 'execute')).toBe(false);
  });
});

describe('whatever a command is given', () => {
  const trap = (): never => {
    throw new Error('a trap');
  };
  const circular: Record<string, unknown> = { path: 'SECRET' };
  circular.self = circular;
  const hostile: [string, unknown][] = [
    ['null', null],
    ['a text', 'SECRET'],
    ['a number', 7],
    ['a list', ['SECRET', ['SECRET']]],
    ['a prototype', JSON.parse('{"__proto__": {"path": "SECRET"}}')],
    ['no prototype', Object.assign(Object.create(null), { kind: 'SECRET' })],
    ['names of objects', { constructor: 'SECRET', toString: 'SECRET' }],
    ['itself', circular],
    [
      'much',
      { path: 'SECRET'.repeat(100_000), more: Array(10_000).fill('SECRET') }
    ],
    [
      'a getter that throws',
      Object.defineProperty({}, 'path', { get: trap, enumerable: true })
    ],
    [
      'a mark that throws',
      Object.defineProperty({}, '_luminoEvent', { get: trap })
    ],
    [
      'a proxy that throws',
      new Proxy({}, { get: trap, has: trap, ownKeys: trap })
    ],
    [
      'a forged mark',
      { _luminoEvent: { type: 'keybinding', keys: ['SECRET', { a: 1 }] } }
    ],
    [
      'a mark with endless keys',
      { _luminoEvent: { type: 'keybinding', keys: new Array(2 ** 32 - 1) } }
    ]
  ];

  it.each(hostile)(
    '%s reaches it as it is, and no value is recorded',
    async (_, args) => {
      const { registry, events, run } = setUp();
      const seen: unknown[] = [];
      run['a:b'] = given => seen.push(given);
      const execute = registry.execute.bind(registry) as (
        id: string,
        args: unknown
      ) => Promise<unknown>;
      await expect(execute('a:b', args)).resolves.toBe(1);
      expect(seen[0]).toBe(args);
      expect(JSON.stringify(events)).not.toContain('SECRET');
    }
  );

  it.each([null, 'text', 7])(
    '%p, which is nobody’s own, makes no command the child of another',
    async args => {
      const { registry, data, run } = setUp();
      let finish: (value: unknown) => void = () => undefined;
      run['a:b'] = () => new Promise(resolve => (finish = resolve));
      const execute = registry.execute.bind(registry) as (
        id: string,
        args: unknown
      ) => Promise<unknown>;
      const running = execute('a:b', args);
      await execute('c:d', args);
      finish(null);
      await running;
      expect(data()).toMatchObject([
        { command: 'c:d', trigger: { surface: 'programmatic' } },
        { command: 'a:b' }
      ]);
    }
  );

  it('an error is told by a listed class at most, whatever it calls itself', async () => {
    const { registry, data, run } = setUp();
    class Secret123 extends Error {
      override name = 'Secret123';
    }
    const errors = [
      new Secret123('SECRET'),
      'SECRET',
      { name: { toString: () => 'SECRET' } },
      Object.create(null, { name: { value: '__proto__' } }),
      undefined
    ];
    for (const error of errors) {
      run['a:b'] = () => Promise.reject(error as Error);
      await registry.execute('a:b').catch(() => undefined);
    }
    expect(data().map(event => event?.error_class)).toEqual(
      errors.map(() => '(other)')
    );
  });

  it('an error that cannot be read is rejected with all the same', async () => {
    const { registry, run } = setUp();
    const error: Error = new Proxy(new Error(), {
      get: trap,
      has: trap,
      getPrototypeOf: trap
    });
    run['a:b'] = () => Promise.reject(error);
    await expect(
      registry.execute('a:b').then(
        () => 'resolved',
        (reason: unknown) => reason === error
      )
    ).resolves.toBe(true);
  });
});
