// Tells when the browser has a network again.

import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';

export function onNetworkBack(handler: () => void): IDisposable {
  window.addEventListener('online', handler);
  return new DisposableDelegate(() => {
    window.removeEventListener('online', handler);
  });
}
