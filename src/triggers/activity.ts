// How something that is no command was started: an activity, told where it happens. Pure.

import type { IAttribution, IGestureFacts, IPendingFacts } from './trigger';
import { byGesture, childOf, EXPLAIN_MS, newest, UNSEEN } from './trigger';

/** What is known when an activity happens. */
export interface IActivityContext {
  readonly nowMs: number;
  /** The command in whose synchronous part it happens. */
  readonly frame: IPendingFacts | null;
  /** The gesture whose event is being handled right now. */
  readonly current: IGestureFacts | null;
  /** The last gesture of a person. */
  readonly last: IGestureFacts | null;
  /** Oldest first. */
  readonly pending: readonly IPendingFacts[];
}

/** First that fits. No gesture is used up: several activities may follow from one. */
export function activityTriggerOf(context: IActivityContext): IAttribution {
  return (
    insideFrame(context) ??
    inGesture(context) ??
    fromPending(context) ??
    afterGesture(context) ??
    UNSEEN
  );
}

function insideFrame({ frame }: IActivityContext): IAttribution | null {
  return frame && childOf(frame.command, 'exact', frame.isUserRooted);
}

/** While a gesture's event is handled; what ran on it before stands between the two. */
function inGesture(context: IActivityContext): IAttribution | null {
  const gesture = context.current;
  if (gesture === null) {
    return null;
  }
  const waiting = newest(context, gesture.chain);
  if (waiting) {
    const isAnswer = gesture.surface === 'dialog';
    return childOf(waiting.command, isAnswer ? 'direct' : 'inferred', true);
  }
  return gesture.uses === 0
    ? byGesture(gesture, gesture.device, 'direct')
    : afterUse(gesture);
}

function fromPending(context: IActivityContext): IAttribution | null {
  const parent = context.last && newest(context, context.last.chain);
  return parent && childOf(parent.command, 'inferred', true);
}

function afterGesture({ last, nowMs }: IActivityContext): IAttribution | null {
  if (last === null || nowMs - last.atMs >= EXPLAIN_MS) {
    return null;
  }
  if (last.uses > 0) {
    return afterUse(last);
  }
  return last.isActivating ? byGesture(last, last.device, 'inferred') : null;
}

/** The gesture ran commands, all settled: of one it may be a late effect; of several nobody knows which. */
function afterUse(gesture: IGestureFacts): IAttribution {
  return gesture.uses === 1 && gesture.usedBy !== null
    ? childOf(gesture.usedBy, 'inferred', true)
    : byGesture(gesture, gesture.device, 'inferred');
}
