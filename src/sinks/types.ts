// Types of browser-side sinks, as extensions hand them in; on the start-up path, so it stays small.

import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';

import type { EventSinkFactory, IEventSinks } from '../tokens';

export class SinkTypes implements IEventSinks {
  readonly factories = new Map<string, EventSinkFactory>();

  /** Called after each change; for who makes the sinks. */
  changed: (() => void) | null = null;

  addType(type: string, factory: EventSinkFactory): IDisposable {
    if (this.factories.has(type)) {
      throw new Error(`There is an event sink of type '${type}' already`);
    }
    this.factories.set(type, factory);
    this.changed?.();
    return new DisposableDelegate(() => {
      this.factories.delete(type);
      this.changed?.();
    });
  }
}
