// Drag and drop: something was dropped. Neither what nor where it came from.

import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';

import type { IActivityLog } from './activity';
import { record, startNow } from './activity';
import type { Views } from './views';

/** Lumino's own drags, and those of the browser: files from outside, text in an editor. */
const EVENTS = ['lm-drop', 'drop'];

export function recordDrops(log: IActivityLog, views: Views): IDisposable {
  const drop = (event: Event): void => {
    try {
      recordDrop(log, views, event);
    } catch {
      // The drop goes on as if we were not here.
    }
  };
  // Those who take a drop stop the event, so it has to be heard before.
  const options = { capture: true, passive: true };
  EVENTS.forEach(type => window.addEventListener(type, drop, options));
  return new DisposableDelegate(() =>
    EVENTS.forEach(type => window.removeEventListener(type, drop, options))
  );
}

function recordDrop(log: IActivityLog, views: Views, event: Event): void {
  const start = startNow(log);
  const { target } = event;
  const document = target instanceof Node ? views.kindAt(target) : undefined;
  queueMicrotask(() => {
    // Nobody took it otherwise.
    if (event.defaultPrevented) {
      record(log, 'item-dropped', document ? { document } : {}, start);
    }
  });
}
