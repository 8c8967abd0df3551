// One activity: something was done that is no command. What all of the recorders here share.

import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';

import { OTHER } from '../pipeline/values';
import { ACTIVITY_V1 } from '../schemas';
import type { ActivityV1 } from '../schemas';
import type { IEventInput, IEventLog, ITriggerWithParent } from '../tokens';

/** All that is ever told about an activity beside its trigger. */
export type ActivityFacts = Readonly<
  Omit<ActivityV1, 'activity' | 'trigger' | 'parent'>
>;

/** What the recorders need of the log. */
export interface IActivityLog extends Pick<IEventLog, 'currentTrigger'> {
  emit(event: IEventInput<ActivityV1>): boolean;
}

/** When something began and how it was started; kept where it ends long after. */
export interface IStart {
  readonly trigger: ITriggerWithParent;
  readonly time: Date;
  readonly atMs: number;
}

/** Take it synchronously where it happens. Null while nobody watches: then nothing is recorded. */
export function startNow(log: IActivityLog): IStart | null {
  const trigger = log.currentTrigger();
  return trigger && { trigger, time: new Date(), atMs: performance.now() };
}

/** Record what happened; with the trigger of right now, where no start is handed in. */
export function record(
  log: IActivityLog,
  activity: ActivityV1['activity'],
  facts: ActivityFacts,
  start: IStart | null = startNow(log)
): void {
  if (start) {
    const { trigger, time } = start;
    const data: ActivityV1 = { activity, ...trigger, ...facts };
    log.emit({ schema: ACTIVITY_V1, data, time });
  }
}

export function listed(name: string, vocabulary: ReadonlySet<string>): string {
  return vocabulary.has(name) ? name : OTHER;
}

/** Listen to a signal until disposed; what a slot throws is not the application's problem. */
export function listen<T, U>(
  signal: ISignal<T, U>,
  slot: (args: U, sender: T) => void
): IDisposable {
  const guarded = (sender: T, args: U): void => {
    try {
      slot(args, sender);
    } catch {
      // Whatever another version or extension hands us: it goes on as if we were not here.
    }
  };
  signal.connect(guarded);
  return new DisposableDelegate(() => signal.disconnect(guarded));
}
