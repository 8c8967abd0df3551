// What our code leaves in a page: listeners, stores, ids and messages, each seen as it is made.

import type { Page } from '@playwright/test';

/** In the page: what was seen there. */
declare const traces: string[];

/** Call it before the page is opened. */
export async function watchTraces(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Object.assign(window, { traces: [] });
    const isOurs = () =>
      (new Error().stack ?? '').includes('extensions/jupyter-eventlog/');
    const watch = (
      owner: object,
      name: string,
      isWatched: (self: unknown) => boolean = () => true
    ) => {
      const original = Reflect.get(owner, name) as (
        ...args: unknown[]
      ) => unknown;
      Reflect.set(owner, name, function (this: unknown, ...args: unknown[]) {
        if (isWatched(this ?? window) && isOurs()) {
          traces.push(`${name} ${String(args[0])}`);
        }
        return Reflect.apply(original, this, args);
      });
    };
    Error.stackTraceLimit = 50;
    watch(
      EventTarget.prototype,
      'addEventListener',
      self => self === window || self === document || self === document.body
    );
    watch(IDBFactory.prototype, 'open');
    watch(Storage.prototype, 'setItem');
    watch(Crypto.prototype, 'getRandomValues');
    watch(Crypto.prototype, 'randomUUID');
    watch(Navigator.prototype, 'sendBeacon');
    watch(LockManager.prototype, 'request');
    watch(BroadcastChannel.prototype, 'postMessage');
    watch(window, 'fetch');
  });
}

/** What our code did since the page was opened, as `call argument`. */
export async function readTraces(page: Page): Promise<string[]> {
  return page.evaluate(() => traces);
}
