// What other extensions may hold on to: three tokens, the types that they speak, and our own events' types.

import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Token } from '@lumino/coreutils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

export * from './schemas';

/** A user's choice for one purpose. */
export type Mode = 'off' | 'local' | 'on';

/** Through which control a mode was chosen; kept in the consent record. */
export type Control = 'panel' | 'settings' | 'notice';

/**
 * One event as a source reports it; id, time, session and sequence are added by the log.
 *
 * `T` is the type of the payload, best made from the schema; whatever it is, it has to be JSON.
 */
export interface IEventInput<T extends object = ReadonlyPartialJSONObject> {
  /** `$id` of a schema that is registered on the server, version included. */
  readonly schema: string;
  /** The payload; must fulfil the schema, or the server refuses the event. */
  readonly data: T;
  /** When it happened; now, if left out. */
  readonly time?: Date;
}

/** One event as it waits in the queue and is submitted. */
export interface IQueuedEvent {
  readonly id: string;
  readonly schema: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly seq: number;
  readonly data: ReadonlyPartialJSONObject;
}

/** The part of the user interface that something was started from. */
export type Surface =
  | 'keybinding'
  | 'main-menu'
  | 'context-menu'
  | 'palette'
  | 'toolbar'
  | 'cell-toolbar'
  | 'launcher'
  | 'file-browser'
  | 'tab-bar'
  | 'link'
  | 'notification'
  | 'dialog'
  | 'other-widget'
  | 'command'
  | 'programmatic';

/** What the user acted with; `synthetic` if a program made the gesture, `none` if there was none. */
export type Device =
  'keyboard' | 'mouse' | 'touch' | 'pen' | 'synthetic' | 'none';

/** How surely a trigger is known; `docs/reference/triggers.md` says what each word claims. */
export type Certainty =
  'exact' | 'direct' | 'incidental' | 'inferred' | 'unknown';

/** How something was started: the same shape as in our own schemas. */
export interface ITrigger {
  readonly surface: Surface;
  readonly device: Device;
  readonly certainty: Certainty;
}

/** A trigger, and the command that is behind it where the surface is `command`. */
export interface ITriggerWithParent {
  readonly trigger: ITrigger;
  /** Id of the command if it may be told, else `(other)`; only where the surface is `command`. */
  readonly parent?: string;
}

/** How one argument of a command is recorded: its truth, its choice from a list, or only that it was given. */
export type ArgumentRule = 'flag' | 'present' | readonly string[];

/** Command id → name of an argument → how it is recorded. Arguments that are not named are only counted. */
export type CommandDeclarations = Readonly<
  Record<string, Readonly<Record<string, ArgumentRule>>>
>;

/** Records events from the browser. */
export interface IEventLog {
  /** Whether events of this schema are recorded now; cheap enough to ask before each event. */
  isActive(schema: string): boolean;

  /**
   * Record one event.
   *
   * Never throws and never waits. Returns false, and does nothing, while the purpose of the schema is
   * off or paused, or where the schema is not in the operator's manifest.
   */
  emit<T extends object>(event: IEventInput<T>): boolean;

  /**
   * How what happens right now was started; call it synchronously where it happens.
   *
   * Null while neither commands nor activities are recorded: nobody watches then.
   */
  currentTrigger(): ITriggerWithParent | null;

  /**
   * Declare commands of an extension, so that they are told by name and not as `(other)`.
   *
   * The ids and the choices have to be constants of the source, never made from data. What is recorded under
   * *on* is told by name only if the operator lists it as well (`EventLogApp.commands`). Disposing takes the
   * declaration back. Throws a `TypeError` where a declaration is not well-formed, also while all is off.
   */
  declareCommands(declarations: CommandDeclarations): IDisposable;

  /** Forget everything that waits in this browser's queue, after a batch under way has been answered. */
  clear(): Promise<void>;

  /** How many events wait in this browser's queue; 0 where there is no queue. Opens nothing that is not open. */
  waiting(): Promise<number>;

  /** How many events of this page were lost, because its queue was full or could not keep them. */
  readonly lost: number;

  /** Emitted after any purpose's effective mode changed; ask `isActive` again. */
  readonly activeChanged: ISignal<IEventLog, void>;
}

/** What the page was told about consent when it loaded, and what the server recorded since. */
export interface IConsentState {
  /** Hash of the manifest that these modes belong to. */
  readonly hash: string;
  /** Opaque key of whose data this is; storage in the browser is kept apart by it. */
  readonly ownerKey: string;
  /**
   * Effective mode per purpose that asks first: what the server recorded, never a setting, and less where this
   * browser asks for privacy.
   */
  readonly modes: Readonly<Record<string, Mode>>;
  /** Purpose → when its mode was last chosen, in RFC 3339; none where it never was. It names that choice. */
  readonly chosenAt: Readonly<Record<string, string>>;
  /** Schema id → purpose, for every schema in the manifest that a page may record. */
  readonly schemas: Readonly<Record<string, string>>;
  /** Purposes that offer *on* and have no answer yet. */
  readonly unanswered: readonly string[];
  /** Unix milliseconds until when everything is off, or null. */
  readonly pausedUntil: number | null;
  /** Why telemetry as a whole is off, or null. */
  readonly problem: string | null;
  /** Purposes whose terms ask for more than was agreed to, and wait for an answer. */
  readonly changedTerms: readonly string[];
  /** Purposes of the server that begin without a choice, once their notice was shown; it was not, so far. */
  readonly notices: readonly string[];
  /** Effective mode per purpose that the server records by itself unless somebody objects. */
  readonly serverModes: Readonly<Record<string, Mode>>;
  /** Purposes that nobody can turn off. */
  readonly mandatory: readonly string[];
  /** Commands that the operator lists beside the shipped ones. */
  readonly commands: CommandDeclarations;
  /** Browser-side sinks that the operator declared. */
  readonly browserSinks: readonly IBrowserSinkDeclaration[];
}

/** A browser-side sink instance, as the operator declared it in the server's configuration. */
export interface IBrowserSinkDeclaration {
  readonly name: string;
  readonly type: string;
  readonly purposes: readonly string[];
  /** Per schema id, the top-level properties that leave unprotected; all others are removed. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Times are cut down to a multiple of it. */
  readonly timeResolutionMs: number;
}

/** Reads and changes consent; the server is the only authority. */
export interface IConsent {
  readonly state: IConsentState;
  readonly stateChanged: ISignal<IConsent, IConsentState>;

  /**
   * Ask the server to record a mode under the terms that were shown.
   *
   * Rejects with the server's message, and leaves the state as it was, if the server refuses
   * (stale terms, not offered) or cannot be reached.
   */
  setMode(
    purpose: string,
    mode: Mode,
    termsHash: string,
    control: Control
  ): Promise<void>;

  /**
   * Keep to the terms that were agreed to earlier, and be asked no more about the ones that were shown.
   *
   * Rejects as `setMode` does.
   */
  keepTerms(
    purpose: string,
    termsHash: string,
    control: Control
  ): Promise<void>;

  /** Tell the server that the notice of a purpose that begins without a choice is on the screen. */
  noticeShown(purpose: string, termsHash: string): Promise<void>;

  /** Pause everything for a number of seconds; null ends the pause. */
  pause(seconds: number | null): Promise<void>;

  /** Read the state again from the server. */
  refresh(): Promise<void>;
}

/** A browser-side sink: takes what the operator's declaration lets it have. */
export interface IEventSink extends IDisposable {
  write(events: readonly IQueuedEvent[]): void | Promise<void>;
}

/** Makes instances of one type of browser-side sink; types come from extensions, instances only from the operator. */
export type EventSinkFactory = (
  declaration: IBrowserSinkDeclaration
) => IEventSink;

/** Where extensions add types of browser-side sinks. */
export interface IEventSinks {
  /** Add a type; disposing removes it. Throws if the type is taken. */
  addType(type: string, factory: EventSinkFactory): IDisposable;
}

export const IEventLog = new Token<IEventLog>(
  'jupyter-eventlog:IEventLog',
  'Records events from the browser, gated by consent.'
);

export const IConsent = new Token<IConsent>(
  'jupyter-eventlog:IConsent',
  'Reads and changes what the user agreed to; the server is the only authority.'
);

export const IEventSinks = new Token<IEventSinks>(
  'jupyter-eventlog:IEventSinks',
  'Takes types of browser-side sinks from other extensions.'
);
