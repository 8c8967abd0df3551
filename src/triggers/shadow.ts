// The one thing of JupyterLab that is touched: `execute` of one command registry, on the instance, and put back.

import type { CommandRegistry } from '@lumino/commands';
import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

type Execute = CommandRegistry['execute'];

/** How a command's promise settled. */
export type Settlement =
  | { readonly kind: 'resolved'; readonly value: unknown }
  | { readonly kind: 'rejected'; readonly error: unknown };

/** Its methods never throw; what it calls an execution is its own. */
export interface IWatcher<T extends object> {
  /** A command is about to run. Null if nobody wants to know. */
  begin(id: string, args: ReadonlyPartialJSONObject | undefined): T | null;
  /** The synchronous part is over. */
  returned(execution: T): void;
  settled(execution: T, settlement: Settlement): void;
}

/**
 * Watch all executions of a registry.
 *
 * The caller gets the promise derived from the original one, so that a rejection that nobody handles is
 * still reported. Disposing puts back what was there; where somebody shadowed us later, ours stays and does
 * nothing but pass on.
 */
export function shadowExecute<T extends object>(
  registry: CommandRegistry,
  watcher: IWatcher<T>
): IDisposable {
  const before = Object.getOwnPropertyDescriptor(registry, 'execute');
  // Not called without its object: `apply` gives the one that the caller used.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const original = registry.execute;
  let isActive = true;

  const execute = function (
    this: CommandRegistry,
    ...call: Parameters<Execute>
  ): ReturnType<Execute> {
    const execution = isActive ? watcher.begin(call[0], call[1]) : null;
    if (execution === null) {
      return original.apply(this, call);
    }
    let result: ReturnType<Execute>;
    try {
      result = original.apply(this, call);
    } catch (error) {
      watcher.returned(execution);
      watcher.settled(execution, { kind: 'rejected', error });
      throw error;
    }
    watcher.returned(execution);
    return derived(result, settlement =>
      watcher.settled(execution, settlement)
    );
  };

  Object.defineProperty(registry, 'execute', {
    value: execute,
    configurable: true,
    enumerable: before?.enumerable ?? false,
    writable: true
  });

  return new DisposableDelegate(() => {
    isActive = false;
    const now = Object.getOwnPropertyDescriptor(registry, 'execute');
    if (now?.value !== execute) {
      return;
    }
    if (before) {
      Object.defineProperty(registry, 'execute', before);
    } else {
      Reflect.deleteProperty(registry, 'execute');
    }
  });
}

function derived<T>(
  result: Promise<T>,
  settled: (settlement: Settlement) => void
): Promise<T> {
  if (typeof result?.then !== 'function') {
    settled({ kind: 'resolved', value: result });
    return result;
  }
  return result.then(
    value => {
      settled({ kind: 'resolved', value });
      return value;
    },
    (error: unknown) => {
      settled({ kind: 'rejected', error });
      throw error;
    }
  );
}
