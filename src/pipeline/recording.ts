// What our own recorders need of the log beside what everybody may have; nobody else is handed it.

import type {
  CommandDeclarations,
  IEventLog,
  ITriggerWithParent
} from '../tokens';

/** An event whose data is put together when it is written down. */
export interface IDeferredEvent {
  readonly schema: string;
  /** When it happened, by the wall clock. */
  readonly timeMs: number;
  /** Called once at most; an event whose data cannot be put together is none. */
  readonly data: () => object;
}

/** The log as our own plugins see it. */
export interface IRecordingLog extends IEventLog {
  /** Like `emit`, in less time: consent is asked now, and the data a moment later. */
  record(event: IDeferredEvent): boolean;

  /** Count a command that is not recorded by itself. */
  countQuiet(): void;

  /** Commands that the operator lists or an extension declared; the same object until that changes. */
  readonly commands: CommandDeclarations;

  /** Where `currentTrigger` asks; null while nobody watches. */
  triggerSource: (() => ITriggerWithParent) | null;

  /** Called when the page is left, before the end of the session is told; null while nobody watches. */
  leaving: (() => void) | null;
}
