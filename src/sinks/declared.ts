// Browser-side sinks: types come from extensions, instances only from the operator's declaration.

import type { IDisposable } from '@lumino/disposable';

import { effectiveMode } from '../pipeline/gate';
import type {
  IBrowserSinkDeclaration,
  IConsentState,
  IEventSink,
  IQueuedEvent
} from '../tokens';
import { forSink } from './project';
import type { SinkTypes } from './types';

interface IInstance {
  readonly declaration: IBrowserSinkDeclaration;
  readonly sink: IEventSink;
}

/**
 * Keeps an instance for each declaration of a purpose that is *on*, and writes to them.
 *
 * A sink that throws, rejects or never answers harms neither the caller nor another sink.
 */
export class DeclaredSinks implements IDisposable {
  constructor(private readonly _types: SinkTypes) {
    _types.changed = () => this._follow();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Make the instances fit what is declared and consented to. */
  update(state: IConsentState): void {
    this._state = state;
    this._follow();
  }

  /** Whether there is anybody to write to. */
  get isEmpty(): boolean {
    return this._instances.size === 0;
  }

  /** Hand an event, recorded under `on`, to the sinks of its purpose. */
  write(event: IQueuedEvent, purpose: string): void {
    for (const { declaration, sink } of this._instances.values()) {
      const projected = declaration.purposes.includes(purpose)
        ? forSink(event, declaration)
        : null;
      if (projected && this._isOn(purpose)) {
        guarded(() => sink.write([projected]));
      }
    }
  }

  dispose(): void {
    this._isDisposed = true;
    this._state = null;
    this._types.changed = null;
    this._follow();
  }

  private _follow(): void {
    const declared = this._state?.browserSinks ?? [];
    for (const [name, { declaration }] of this._instances) {
      if (!declared.includes(declaration) || !this._isWanted(declaration)) {
        this._drop(name);
      }
    }
    for (const declaration of declared) {
      if (
        this._isWanted(declaration) &&
        !this._instances.has(declaration.name)
      ) {
        this._make(declaration);
      }
    }
  }

  private _isWanted({ type, purposes }: IBrowserSinkDeclaration): boolean {
    return (
      this._types.factories.has(type) && purposes.some(name => this._isOn(name))
    );
  }

  private _isOn(purpose: string): boolean {
    return (
      this._state !== null &&
      effectiveMode(this._state, purpose, Date.now()) === 'on'
    );
  }

  private _make(declaration: IBrowserSinkDeclaration): void {
    guarded(() => {
      const sink = this._types.factories.get(declaration.type)?.(declaration);
      if (sink) {
        this._instances.set(declaration.name, { declaration, sink });
      }
    });
  }

  private _drop(name: string): void {
    const instance = this._instances.get(name);
    this._instances.delete(name);
    guarded(() => instance?.sink.dispose());
  }

  private readonly _instances = new Map<string, IInstance>();
  private _state: IConsentState | null = null;
  private _isDisposed = false;
}

/** Run another extension's code; what it throws now or later ends here. */
function guarded(task: () => void | Promise<void>): void {
  try {
    Promise.resolve(task()).catch(() => undefined);
  } catch {
    // Its own problem: telemetry says nothing in somebody else's name.
  }
}
