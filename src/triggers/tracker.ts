// Tells how each command, and whatever happens now, was started. Loaded only while one of them may be recorded.

import type { CommandRegistry } from '@lumino/commands';
import { JSONExt } from '@lumino/coreutils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';

import { activityTriggerOf } from './activity';
import { Gestures } from './gestures';
import type { Moment } from './gestures';
import { last, remove } from './lists';
import { shadowExecute } from './shadow';
import type { IWatcher, Settlement } from './shadow';
import type { IMenus } from './surfaces';
import { triggerOf } from './trigger';
import type { IAttribution, IKeyBindingFacts, IPendingFacts } from './trigger';

/** How many commands that have not settled are remembered; only as possible parents. */
const MAX_PENDING = 50;

interface IKeyBindingMark {
  readonly type: 'keybinding';
  readonly keys: readonly string[];
}

/** One execution of a registered command. */
export interface ITrackedExecution extends IPendingFacts {
  readonly args: ReadonlyPartialJSONObject | undefined;
  readonly trigger: IAttribution;
  /** The key sequence that was pressed, where it was a key binding. */
  readonly keys: readonly string[] | null;
  /** By the wall clock; durations are measured from `startedMs`. */
  readonly timeMs: number;
}

/** Told of every execution of a registered command. What it throws ends here. */
export interface ICommandListener {
  began(execution: ITrackedExecution): void;
  /** @param isRefused - Whether a dialog that belongs to it was answered with no. */
  settled(
    execution: ITrackedExecution,
    settlement: Settlement,
    isRefused: boolean
  ): void;
}

export class TriggerTracker
  implements IWatcher<ITrackedExecution>, IDisposable
{
  /**
   * @param _quiet - Commands that say nothing about what somebody wanted: they use no gesture up.
   */
  constructor(
    private readonly _registry: CommandRegistry,
    menus: IMenus,
    private readonly _quiet: ReadonlySet<string>
  ) {
    this._gestures = new Gestures(menus);
    try {
      this._shadow = shadowExecute(_registry, this);
    } catch (error) {
      this._gestures.dispose();
      throw error;
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  watch(listener: ICommandListener): IDisposable {
    this._listeners = [...this._listeners, listener];
    return new DisposableDelegate(() => {
      this._listeners = this._listeners.filter(other => other !== listener);
    });
  }

  /** How what happens right now was started; asked synchronously where it happens. */
  current(): IAttribution {
    const moment = this._gestures.moment();
    return activityTriggerOf({
      nowMs: performance.now(),
      frame: this._frames.at(-1) ?? null,
      current: moment.current(),
      last: moment.last(),
      pending: this._pending.filter(({ command }) => !this._quiet.has(command))
    });
  }

  /** Consent has changed: what was done and began before explains nothing any more. */
  forget(): void {
    this._pending = [];
    this._gestures.forget();
  }

  begin(
    id: string,
    args: ReadonlyPartialJSONObject | undefined
  ): ITrackedExecution | null {
    try {
      // Nothing is executed under an id that nobody registered.
      if (!this._registry.hasCommand(id)) {
        return null;
      }
      const execution = this._track(id, args);
      this._frames.push(execution);
      this._tell(listener => listener.began(execution));
      return execution;
    } catch {
      return null;
    }
  }

  returned(execution: ITrackedExecution): void {
    const index = this._frames.lastIndexOf(execution);
    if (index >= 0) {
      this._frames.length = index;
    }
  }

  settled(execution: ITrackedExecution, settlement: Settlement): void {
    remove(this._pending, execution);
    const { chain, startedMs } = execution;
    const isRefused = this._gestures.isRefused(chain, startedMs);
    this._tell(listener => listener.settled(execution, settlement, isRefused));
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._shadow.dispose();
      this._gestures.dispose();
      this._listeners = [];
      this.forget();
    }
  }

  private _track(
    id: string,
    args: ReadonlyPartialJSONObject | undefined
  ): ITrackedExecution {
    const nowMs = performance.now();
    const mark = keyBindingMark(args);
    const moment = this._gestures.moment();
    const trigger = triggerOf({
      command: id,
      nowMs,
      frame: this._frames.at(-1) ?? null,
      keyBinding: mark && this._keyBinding(mark),
      moment,
      argsOwner: this._ownerOf(args),
      pending: this._pending
    });
    const execution: ITrackedExecution = {
      command: id,
      startedMs: nowMs,
      chain: moment.chain,
      isUserRooted: trigger.isUserRooted,
      args,
      trigger,
      keys: mark && trigger.surface === 'keybinding' ? mark.keys : null,
      timeMs: Date.now()
    };
    this._remember(execution, mark, moment);
    return execution;
  }

  /** A mark alone proves nothing: programs can make one. */
  private _keyBinding(mark: IKeyBindingMark): IKeyBindingFacts | null {
    const owner = this._marks.get(mark);
    if (owner === undefined) {
      const device = this._gestures.takeKeyPress(mark.keys);
      return device && { owner: null, device };
    }
    return { owner, isPending: this._pending.includes(owner) };
  }

  private _remember(
    execution: ITrackedExecution,
    mark: IKeyBindingMark | null,
    moment: Moment
  ): void {
    if (mark && execution.trigger.surface === 'keybinding') {
      this._marks.set(mark, execution);
    }
    if (execution.trigger.usesGesture && !this._quiet.has(execution.command)) {
      moment.use(execution.command);
    }
    this._pending.push(execution);
    if (this._pending.length > MAX_PENDING) {
      this._pending.shift();
    }
  }

  /** Menus use their arguments again and again, so an object says something only while its command is pending. */
  private _ownerOf(
    args: ReadonlyPartialJSONObject | undefined
  ): IPendingFacts | null {
    return typeof args !== 'object' ||
      args === null ||
      args === JSONExt.emptyObject
      ? null
      : last(this._pending, candidate => candidate.args === args);
  }

  private _tell(task: (listener: ICommandListener) => void): void {
    for (const listener of this._listeners) {
      try {
        task(listener);
      } catch {
        // Recording is never the command's problem.
      }
    }
  }

  private readonly _gestures: Gestures;
  private readonly _shadow: IDisposable;
  private _listeners: readonly ICommandListener[] = [];
  private readonly _frames: ITrackedExecution[] = [];
  private readonly _marks = new WeakMap<IKeyBindingMark, ITrackedExecution>();
  private _pending: ITrackedExecution[] = [];
  private _isDisposed = false;
}

/** Lumino makes a fresh one for each press of a key binding. */
function keyBindingMark(
  args: ReadonlyPartialJSONObject | undefined
): IKeyBindingMark | null {
  const mark: unknown = args?._luminoEvent;
  return isMark(mark) ? mark : null;
}

function isMark(value: unknown): value is IKeyBindingMark {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'keybinding' &&
    'keys' in value &&
    Array.isArray(value.keys)
  );
}
