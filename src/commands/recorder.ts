// Records commands: puts trigger, arguments and outcome of each together. Loaded only while that is consented to.

import type { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';
import { JSONExt } from '@lumino/coreutils';
import type {
  PartialJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

import type { IEventInput } from '../tokens';
import { errorClass } from './errors';
import { Gestures } from './gestures';
import { keySequence } from './keys';
import { outcomeOf } from './outcome';
import type { Settlement } from './outcome';
import { projectArgs } from './projection';
import { QUIET_COMMANDS } from './quiet';
import { shadowExecute } from './shadow';
import type { IExecution, IWatcher } from './shadow';
import type { IMenus } from './surfaces';
import { triggerOf } from './trigger';
import type { IPendingFacts, ITrigger } from './trigger';
import { commandName } from './vocabulary';
import type { IVocabulary } from './vocabulary';

export const COMMAND_SCHEMA =
  'https://events.jupyter.org/jupyter_eventlog/command/v1';

/** How many commands that have not settled are remembered; only as possible parents. */
const MAX_PENDING = 50;
/** The schema's bound: a day. */
const MAX_DURATION_MS = 86_400_000;

/** What the recorder needs of the log. */
export interface ICommandLog {
  emit(event: IEventInput): boolean;
  countQuiet(): void;
}

interface IKeyBindingMark {
  readonly type: 'keybinding';
  readonly keys: readonly string[];
}

interface IRecord extends IPendingFacts {
  readonly args: ReadonlyPartialJSONObject | undefined;
  readonly trigger: ITrigger;
  readonly keys: readonly string[] | null;
  readonly time: Date;
  /** Raised whenever consent changes: what began before is not recorded after. */
  readonly consent: number;
}

export class CommandRecorder implements IWatcher, IDisposable {
  constructor(
    registry: CommandRegistry,
    private readonly _log: ICommandLog,
    private readonly _vocabulary: IVocabulary,
    menus: IMenus
  ) {
    this._gestures = new Gestures(menus);
    try {
      this._shadow = shadowExecute(registry, this);
    } catch (error) {
      this._gestures.dispose();
      throw error;
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Consent has changed: forget the commands that have not settled. */
  forgetPending(): void {
    this._consent += 1;
    this._pending = [];
  }

  begin(
    id: string,
    args: ReadonlyPartialJSONObject | undefined
  ): IExecution | null {
    try {
      const record = this._record(id, args);
      this._frames.push(record);
      return {
        returned: () => this._returned(record),
        settled: settlement => this._settled(record, settlement)
      };
    } catch {
      return null;
    }
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._shadow.dispose();
      this._gestures.dispose();
      this.forgetPending();
    }
  }

  private _record(
    id: string,
    args: ReadonlyPartialJSONObject | undefined
  ): IRecord {
    const nowMs = performance.now();
    const mark = keyBindingMark(args);
    const trigger = triggerOf({
      command: id,
      nowMs,
      frame: this._frames.at(-1) ?? null,
      keyBinding: mark && { owner: this._marks.get(mark) ?? null },
      current: () => this._gestures.current(),
      last: () => this._gestures.last(),
      lastChain: this._gestures.lastChain,
      argsOwner: this._ownerOf(args),
      pending: this._pending
    });
    const record: IRecord = {
      command: id,
      startedMs: nowMs,
      chain: this._gestures.chain,
      isUserRooted: trigger.isUserRooted,
      args,
      trigger,
      keys: mark && trigger.surface === 'keybinding' ? mark.keys : null,
      time: new Date(),
      consent: this._consent
    };
    this._remember(record, mark);
    return record;
  }

  private _remember(record: IRecord, mark: IKeyBindingMark | null): void {
    if (mark && !this._marks.has(mark)) {
      this._marks.set(mark, record.command);
    }
    if (record.trigger.usesGesture && !QUIET_COMMANDS.has(record.command)) {
      this._gestures.use();
    }
    this._pending.push(record);
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
      : (this._pending.filter(candidate => candidate.args === args).at(-1) ??
          null);
  }

  private _returned(record: IRecord): void {
    const index = this._frames.lastIndexOf(record);
    if (index >= 0) {
      this._frames.splice(index);
    }
  }

  private _settled(record: IRecord, settlement: Settlement): void {
    try {
      const index = this._pending.indexOf(record);
      if (index >= 0) {
        this._pending.splice(index, 1);
      }
      if (this._isDisposed || record.consent !== this._consent) {
        return;
      }
      if (QUIET_COMMANDS.has(record.command)) {
        this._log.countQuiet();
      } else {
        this._emit(record, settlement);
      }
    } catch {
      // Recording is never the command's problem.
    }
  }

  private _emit(record: IRecord, settlement: Settlement): void {
    const { trigger } = record;
    const isRefused = this._gestures.isRefused(record.chain, record.startedMs);
    const outcome = outcomeOf(settlement, isRefused);
    const durationMs = Math.round(performance.now() - record.startedMs);
    const data: PartialJSONObject = {
      command: commandName(this._vocabulary, record.command),
      trigger: {
        surface: trigger.surface,
        device: trigger.device,
        certainty: trigger.certainty
      },
      outcome,
      duration_ms: Math.min(Math.max(0, durationMs), MAX_DURATION_MS)
    };
    if (trigger.parent !== null) {
      data.parent = commandName(this._vocabulary, trigger.parent);
    }
    if (record.keys) {
      data.keys = keySequence(this._vocabulary, record.command, record.keys);
    }
    if (outcome === 'failure' && settlement.kind === 'rejected') {
      data.error_class = errorClass(this._vocabulary, settlement.error);
    }
    Object.assign(
      data,
      projectArgs(this._vocabulary, record.command, record.args)
    );
    this._log.emit({ schema: COMMAND_SCHEMA, data, time: record.time });
  }

  private readonly _gestures: Gestures;
  private readonly _shadow: IDisposable;
  private readonly _frames: IRecord[] = [];
  private readonly _marks = new WeakMap<IKeyBindingMark, string>();
  private _pending: IRecord[] = [];
  private _consent = 0;
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
