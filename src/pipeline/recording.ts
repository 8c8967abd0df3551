// What our own recorders need of the log beside what everybody may have; nobody else is handed it.

import type {
  CommandDeclarations,
  IEventInput,
  IEventLog,
  ITriggerWithParent
} from '../tokens';

/** The log as our own plugins see it. */
export interface IRecordingLog extends IEventLog {
  /**
   * Like `emit`, in less time: the data is written down a moment later, so nobody may change it any more.
   * Consent is asked now.
   */
  record(event: IEventInput<object>): boolean;

  /** Count a command that is not recorded by itself. */
  countQuiet(): void;

  /** Commands that the operator lists or an extension declared; the same object until that changes. */
  readonly commands: CommandDeclarations;

  /** Where `currentTrigger` asks; null while nobody watches. */
  triggerSource: (() => ITriggerWithParent) | null;

  /** Called when the page is left, before the end of the session is told; null while nobody watches. */
  leaving: (() => void) | null;
}
