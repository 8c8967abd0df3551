// Tells when the page may be about to go: `unload` is not reliable and is never used.

import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';

export interface IPageEnd {
  /** The page was hidden; it may be the last that we hear. */
  hidden(): void;
  /** The page goes away, perhaps to come back from the browser's cache. */
  left(): void;
  /** The page came back from the browser's cache. */
  returned(): void;
}

export function onPageEnd(handlers: IPageEnd): IDisposable {
  const whenHidden = (): void => {
    if (document.visibilityState === 'hidden') {
      handlers.hidden();
    }
  };
  const whenLeft = (): void => {
    handlers.left();
  };
  const whenShown = (event: PageTransitionEvent): void => {
    if (event.persisted) {
      handlers.returned();
    }
  };
  document.addEventListener('visibilitychange', whenHidden);
  window.addEventListener('pagehide', whenLeft);
  window.addEventListener('pageshow', whenShown);
  return new DisposableDelegate(() => {
    document.removeEventListener('visibilitychange', whenHidden);
    window.removeEventListener('pagehide', whenLeft);
    window.removeEventListener('pageshow', whenShown);
  });
}
