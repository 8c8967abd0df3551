// Records commands: puts trigger, arguments and outcome of each together. Loaded only while that is consented to.

import type { IDisposable } from '@lumino/disposable';

import { COMMAND_V1 } from '../schemas';
import type { CommandV1 } from '../schemas';
import type { IDeferredEvent } from '../pipeline/recording';
import { durationSince } from '../pipeline/values';
import { remove } from '../triggers/lists';
import type { Settlement } from '../triggers/shadow';
import type {
  ICommandListener,
  ITrackedExecution,
  TriggerTracker
} from '../triggers/tracker';
import { errorClass } from './errors';
import { keySequence } from './keys';
import { outcomeOf } from './outcome';
import type { Outcome } from './outcome';
import { projectArgs } from './projection';
import { QUIET_COMMANDS } from './quiet';
import { commandName } from './vocabulary';
import type { IVocabulary } from './vocabulary';

/** How many commands that have not settled can be told when the page is left; the oldest are let go. */
const MAX_OPEN = 1000;

/** How it ended: a result or an error is not kept for longer than it takes to say that. */
type Ending = Pick<CommandV1, 'outcome' | 'duration_ms' | 'error_class'>;

/** What the recorder needs of the log. */
export interface ICommandLog {
  record(event: IDeferredEvent): boolean;
  countQuiet(): void;
}

export class CommandRecorder implements ICommandListener, IDisposable {
  /** Records what begins from now on; what began before, its consent may not cover. */
  constructor(
    tracker: Pick<TriggerTracker, 'watch'>,
    private readonly _log: ICommandLog,
    private readonly _vocabulary: IVocabulary
  ) {
    this._watching = tracker.watch(this);
  }

  get isDisposed(): boolean {
    return this._watching.isDisposed;
  }

  began(execution: ITrackedExecution): void {
    this._open.push(execution);
    if (this._open.length > MAX_OPEN) {
      this._open.shift();
    }
  }

  settled(
    execution: ITrackedExecution,
    settlement: Settlement,
    isRefused: boolean
  ): void {
    if (remove(this._open, execution)) {
      this._record(execution, outcomeOf(settlement, isRefused), settlement);
    }
  }

  /** The page is left: what has not settled is told as it is. */
  pageLeft(): void {
    const open = this._open;
    this._open = [];
    open.forEach(execution => this._record(execution, 'unsettled', null));
  }

  dispose(): void {
    this._watching.dispose();
    this._open = [];
  }

  private _record(
    execution: ITrackedExecution,
    outcome: Outcome,
    settlement: Settlement | null
  ): void {
    if (QUIET_COMMANDS.has(execution.command)) {
      this._log.countQuiet();
      return;
    }
    const ending: Ending = {
      outcome,
      duration_ms: durationSince(execution.startedMs)
    };
    if (outcome === 'failure' && settlement?.kind === 'rejected') {
      ending.error_class = errorClass(this._vocabulary, settlement.error);
    }
    // Somebody waits for the command: the rest is done after it.
    this._log.record({
      schema: COMMAND_V1,
      timeMs: execution.timeMs,
      data: () => this._data(execution, ending)
    });
  }

  private _data(execution: ITrackedExecution, ending: Ending): CommandV1 {
    const { command, trigger, args, keys } = execution;
    const { surface, device, certainty, parent } = trigger;
    const data: CommandV1 = {
      command: commandName(this._vocabulary, command),
      trigger: { surface, device, certainty },
      ...ending,
      ...projectArgs(this._vocabulary, command, args)
    };
    if (parent !== null) {
      data.parent = commandName(this._vocabulary, parent);
    }
    if (keys) {
      data.keys = keySequence(this._vocabulary, command, keys);
    }
    return data;
  }

  private _open: ITrackedExecution[] = [];
  private readonly _watching: IDisposable;
}
