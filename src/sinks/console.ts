// Writes events to the browser's console; to watch what a sink gets, and to develop with.

import type { IEventSink, IQueuedEvent } from '../tokens';

export class ConsoleSink implements IEventSink {
  constructor(
    private readonly _name: string,
    private readonly _console: Pick<Console, 'info'> = console
  ) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  write(events: readonly IQueuedEvent[]): void {
    for (const event of this._isDisposed ? [] : events) {
      this._console.info(`[${this._name}] ${JSON.stringify(event)}`);
    }
  }

  dispose(): void {
    this._isDisposed = true;
  }

  private _isDisposed = false;
}
