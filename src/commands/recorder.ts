// Records commands: puts trigger, arguments and outcome of each together. Loaded only while that is consented to.

import type { IDisposable } from '@lumino/disposable';

import { COMMAND_V1 } from '../schemas';
import type { CommandV1 } from '../schemas';
import type { IEventInput } from '../tokens';
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
/** The schema's bound: a day. */
const MAX_DURATION_MS = 86_400_000;

/** What the recorder needs of the log. */
export interface ICommandLog {
  emit(event: IEventInput<CommandV1>): boolean;
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
    this._open.add(execution);
    if (this._open.size > MAX_OPEN) {
      for (const oldest of this._open) {
        this._open.delete(oldest);
        break;
      }
    }
  }

  settled(
    execution: ITrackedExecution,
    settlement: Settlement,
    isRefused: boolean
  ): void {
    if (this._open.delete(execution)) {
      this._record(execution, outcomeOf(settlement, isRefused), settlement);
    }
  }

  /** The page is left: what has not settled is told as it is. */
  pageLeft(): void {
    const open = [...this._open];
    this._open.clear();
    open.forEach(execution => this._record(execution, 'unsettled', null));
  }

  dispose(): void {
    this._watching.dispose();
    this._open.clear();
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
    const { command, trigger, args, keys, time } = execution;
    const { surface, device, certainty } = trigger;
    const durationMs = Math.round(performance.now() - execution.startedMs);
    const data: CommandV1 = {
      command: commandName(this._vocabulary, command),
      trigger: { surface, device, certainty },
      outcome,
      duration_ms: Math.min(Math.max(0, durationMs), MAX_DURATION_MS),
      ...projectArgs(this._vocabulary, command, args)
    };
    if (trigger.parent !== null) {
      data.parent = commandName(this._vocabulary, trigger.parent);
    }
    if (keys) {
      data.keys = keySequence(this._vocabulary, command, keys);
    }
    if (outcome === 'failure' && settlement?.kind === 'rejected') {
      data.error_class = errorClass(this._vocabulary, settlement.error);
    }
    this._log.emit({ schema: COMMAND_V1, data, time });
  }

  private readonly _open = new Set<ITrackedExecution>();
  private readonly _watching: IDisposable;
}
