// How a command was triggered: the rules of docs/reference/triggers.md, first that fits. Pure.

import type { Certainty, Device, ITrigger, Surface } from '../tokens';
import { last } from './lists';

/** A user's gesture, as far as it matters here. */
export interface IGestureFacts {
  readonly surface: Surface;
  readonly device: Device;
  /** The command that the element under the gesture names, or null. */
  readonly names: string | null;
  /** Editors, terminals, tab bars: places where commands run beside what the user does. */
  readonly isPassive: boolean;
  /** A release, a click, Enter, Space …; typing never. */
  readonly isActivating: boolean;
  readonly atMs: number;
  /** The chain of actions it belongs to: what is done in a dialog belongs to the action that opened it. */
  readonly chain: number;
  /** Commands that were attributed to this action before, quiet ones apart. */
  readonly uses: number;
  /** The last of them. */
  readonly usedBy: string | null;
  /** In a dialog: the gesture that opened it. */
  readonly opener: IGestureFacts | null;
}

/** A command that has not settled yet. */
export interface IPendingFacts {
  readonly command: string;
  readonly startedMs: number;
  readonly chain: number;
  /** Whether a user's gesture stands at its root. */
  readonly isUserRooted: boolean;
}

/** Either the press of its keys, or the command that came with the same mark before. */
export type IKeyBindingFacts =
  | { readonly owner: null; readonly device: Device }
  | { readonly owner: IPendingFacts; readonly isPending: boolean };

/** The gestures that may explain what runs now. Their facts cost something: asked only if it comes to that. */
export interface IMoment {
  /** Chain of the last gesture of a person. */
  readonly lastChain: number;
  /** When it was, by `performance.now()`; long ago where there was none. */
  readonly lastAtMs: number;
  /** The gesture whose event is being handled. */
  current(): IGestureFacts | null;
  /** The last gesture of a person, whatever is being handled now; what programs make up does not count. */
  last(): IGestureFacts | null;
}

/** What is known when a command is about to run. */
export interface ITriggerContext {
  readonly command: string;
  readonly nowMs: number;
  /** The command in whose synchronous part this one runs. */
  readonly frame: IPendingFacts | null;
  /** What the mark of a key binding tells; null where there is none, or no such key was pressed. */
  readonly keyBinding: IKeyBindingFacts | null;
  readonly moment: IMoment;
  /** The pending command that was given the very same arguments object. */
  readonly argsOwner: IPendingFacts | null;
  /** Oldest first. */
  readonly pending: readonly IPendingFacts[];
}

/** A trigger, and what follows from it for what comes next. */
export interface IAttribution extends ITrigger {
  /** Only for surface `command`. */
  readonly parent: string | null;
  readonly isUserRooted: boolean;
  /** Whether a gesture was used up by it. */
  readonly usesGesture: boolean;
}

/** How long a pending command may adopt others. */
export const ADOPT_MS = 60_000;
/** How long an activating gesture may explain a command. */
export const EXPLAIN_MS = 500;

export function triggerOf(context: ITriggerContext): IAttribution {
  return (
    insideFrame(context) ??
    fromKeyBinding(context) ??
    fromCurrentGesture(context) ??
    fromArguments(context) ??
    fromPending(context) ??
    fromLastGesture(context) ??
    UNSEEN
  );
}

export const UNSEEN: IAttribution = {
  surface: 'programmatic',
  device: 'none',
  certainty: 'unknown',
  parent: null,
  isUserRooted: false,
  usesGesture: false
};

/** Rule 1. */
function insideFrame({ frame }: ITriggerContext): IAttribution | null {
  return frame && childOf(frame.command, 'exact', frame.isUserRooted);
}

/** Rule 2. */
function fromKeyBinding({ keyBinding }: ITriggerContext): IAttribution | null {
  if (keyBinding === null) {
    return null;
  }
  if (keyBinding.owner !== null) {
    // A program may keep the arguments and use them again.
    const { owner, isPending } = keyBinding;
    const certainty = isPending ? 'exact' : 'inferred';
    return childOf(owner.command, certainty, owner.isUserRooted);
  }
  const isUser = keyBinding.device !== 'synthetic';
  return {
    surface: 'keybinding',
    device: keyBinding.device,
    certainty: 'exact',
    parent: null,
    isUserRooted: isUser,
    usesGesture: isUser
  };
}

/** Rule 3. */
function fromCurrentGesture(context: ITriggerContext): IAttribution | null {
  const gesture = context.moment.current();
  if (gesture === null) {
    return null;
  }
  return gesture.surface === 'dialog'
    ? fromDialog(context, gesture)
    : byGesture(gesture, gesture.device, certaintyOf(context.command, gesture));
}

/** In a dialog the parent is the command that waits for it, else the gesture that opened it. */
function fromDialog(
  context: ITriggerContext,
  gesture: IGestureFacts
): IAttribution {
  const waiting = newest(context, gesture.chain);
  if (waiting) {
    return {
      ...childOf(waiting.command, 'direct', true),
      usesGesture: true
    };
  }
  const { opener } = gesture;
  return opener?.names === context.command
    ? byGesture(opener, gesture.device, 'exact')
    : byGesture(gesture, gesture.device, certaintyOf(context.command, gesture));
}

/** Rule 4. */
function fromArguments({ argsOwner }: ITriggerContext): IAttribution | null {
  return (
    argsOwner && childOf(argsOwner.command, 'inferred', argsOwner.isUserRooted)
  );
}

/** Rule 5: a hint only, so never across another gesture. */
function fromPending(context: ITriggerContext): IAttribution | null {
  const parent = newest(context, context.moment.lastChain);
  return parent && childOf(parent.command, 'inferred', true);
}

/** The chain of what happens before any gesture was seen. */
export const NO_CHAIN = 0;

/** Rule 6. */
function fromLastGesture(context: ITriggerContext): IAttribution | null {
  const { moment, nowMs } = context;
  // Mostly it is long ago, and then nothing more is asked of it.
  if (nowMs - moment.lastAtMs >= EXPLAIN_MS) {
    return null;
  }
  const gesture = moment.last();
  const explains =
    gesture !== null &&
    gesture.isActivating &&
    !gesture.isPassive &&
    gesture.uses === 0;
  return explains
    ? byGesture(meant(context, gesture), gesture.device, 'inferred')
    : null;
}

/** Who answers the question of a command link means the link. */
function meant(
  { command }: ITriggerContext,
  gesture: IGestureFacts
): IGestureFacts {
  const { opener } = gesture;
  return opener?.names === command ? opener : gesture;
}

/** The newest command of a chain that a user started and that has not settled. */
export function newest(
  { pending, nowMs }: Pick<ITriggerContext, 'pending' | 'nowMs'>,
  chain: number
): IPendingFacts | null {
  return last(
    pending,
    candidate =>
      candidate.isUserRooted &&
      candidate.chain === chain &&
      nowMs - candidate.startedMs < ADOPT_MS
  );
}

function certaintyOf(command: string, gesture: IGestureFacts): Certainty {
  if (gesture.uses > 0) {
    return 'incidental';
  }
  if (gesture.names !== null) {
    return gesture.names === command ? 'exact' : 'incidental';
  }
  return gesture.isPassive ? 'incidental' : 'direct';
}

export function byGesture(
  { surface }: IGestureFacts,
  device: Device,
  certainty: Certainty
): IAttribution {
  const isIncidental = certainty === 'incidental';
  return {
    surface,
    device,
    certainty,
    parent: null,
    isUserRooted: !isIncidental,
    // What runs beside does not use up what the user meant.
    usesGesture: !isIncidental
  };
}

export function childOf(
  parent: string,
  certainty: Certainty,
  isUserRooted: boolean
): IAttribution {
  return {
    surface: 'command',
    device: 'none',
    certainty,
    parent,
    isUserRooted,
    usesGesture: false
  };
}
