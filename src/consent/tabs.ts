// Tells the other tabs of the same person about a change of consent. Nothing is stored.

import type { IDisposable } from '@lumino/disposable';

import type { Mode } from '../tokens';

/** What one tab tells the others. */
export interface IConsentMessage {
  readonly modes: Readonly<Record<string, Mode>>;
  readonly pausedUntil: number | null;
}

/** Tells other tabs, and hears them while it listens. */
export interface ITabs extends IDisposable {
  /** Listen under this name; null stops listening. */
  listen(name: string | null): void;
  tell(name: string, message: IConsentMessage): void;
}

/** By the server's address and whose data it is: a hub serves many people from one origin. */
export function channelName(baseUrl: string, ownerKey: string): string {
  return `jupyter-eventlog:${baseUrl}:${ownerKey}`;
}

export class Tabs implements ITabs {
  constructor(private readonly _heard: (message: IConsentMessage) => void) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  listen(name: string | null): void {
    if (name === this._name || typeof BroadcastChannel === 'undefined') {
      return;
    }
    this._channel?.close();
    this._channel = null;
    this._name = name;
    if (name !== null && !this._isDisposed) {
      this._channel = new BroadcastChannel(name);
      this._channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (isMessage(data)) {
          this._heard(data);
        }
      };
    }
  }

  tell(name: string, message: IConsentMessage): void {
    if (typeof BroadcastChannel === 'undefined') {
      return;
    }
    // Its own listener does not hear a channel's own message; another object's message it would.
    if (this._channel && this._name === name) {
      this._channel.postMessage(message);
      return;
    }
    const once = new BroadcastChannel(name);
    once.postMessage(message);
    once.close();
  }

  dispose(): void {
    this.listen(null);
    this._isDisposed = true;
  }

  private _channel: BroadcastChannel | null = null;
  private _name: string | null = null;
  private _isDisposed = false;
}

function isMessage(data: unknown): data is IConsentMessage {
  return (
    typeof data === 'object' &&
    data !== null &&
    'modes' in data &&
    typeof data.modes === 'object' &&
    data.modes !== null &&
    'pausedUntil' in data &&
    (data.pausedUntil === null || typeof data.pausedUntil === 'number')
  );
}
