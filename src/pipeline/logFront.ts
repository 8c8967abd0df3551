// What other extensions hold as `IEventLog`: says no until there is a log behind it. Small, because it is on the
// start-up path.

import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type {
  CommandDeclarations,
  IEventInput,
  IEventLog,
  ITriggerWithParent
} from '../tokens';
import { Declarations } from './declarations';
import type { IRecordingLog } from './recording';

export class LogFront implements IEventLog {
  /** Kept from the start: commands are declared when an extension is activated. */
  readonly declarations = new Declarations();

  get lost(): number {
    return this._recording?.lost ?? 0;
  }

  get activeChanged(): ISignal<IEventLog, void> {
    return this._activeChanged;
  }

  /** The log behind; null while nothing was ever on. */
  get recording(): IRecordingLog | null {
    return this._recording;
  }

  /** Put a log behind this one. */
  begin(recording: IRecordingLog): void {
    this._recording = recording;
    recording.activeChanged.connect(() => this._activeChanged.emit());
    // It may be on already.
    this._activeChanged.emit();
  }

  isActive(schema: string): boolean {
    return this._recording?.isActive(schema) ?? false;
  }

  emit(event: IEventInput<object>): boolean {
    return this._recording?.emit(event) ?? false;
  }

  currentTrigger(): ITriggerWithParent | null {
    return this._recording?.currentTrigger() ?? null;
  }

  declareCommands(declarations: CommandDeclarations): IDisposable {
    return this.declarations.declare(declarations);
  }

  async clear(): Promise<void> {
    await this._recording?.clear();
  }

  async waiting(): Promise<number> {
    return (await this._recording?.waiting()) ?? 0;
  }

  private readonly _activeChanged = new Signal<IEventLog, void>(this);
  private _recording: IRecordingLog | null = null;
}

/** For our own plugins; others hold on to `IEventLog`. */
export const ILogFront = new Token<LogFront>('jupyter-eventlog:ILogFront');
