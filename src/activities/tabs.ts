// Tabs: another document was brought to the front, or given the focus.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import type { FocusTracker, Widget } from '@lumino/widgets';

import type { IActivityLog, IStart } from './activity';
import { listen, record, startNow } from './activity';
import type { Views } from './views';

/** How long after it was opened a view is activated on account of that. */
const OPENING_MS = 1000;

export function recordTabs(
  log: IActivityLog,
  views: Views,
  { currentChanged }: Pick<JupyterFrontEnd.IShell, 'currentChanged'>
): IDisposable {
  const openedMs = new WeakMap<Widget, number>();
  // Only once: who comes back to it at once has activated it.
  const isOpening = (widget: Widget): boolean => {
    const sinceMs = openedMs.get(widget) ?? -Infinity;
    openedMs.delete(widget);
    return performance.now() - sinceMs < OPENING_MS;
  };
  const presses = new TabPresses(log);
  const connections = new DisposableSet();
  connections.add(presses);
  connections.add(
    views.each(
      widget => widget,
      (widget, { isNew }) => {
        if (isNew) {
          openedMs.set(widget, performance.now());
        }
        return null;
      }
    )
  );
  if (currentChanged) {
    connections.add(
      listen(currentChanged, (change?: FocusTracker.IChangedArgs<Widget>) => {
        // Notebook tells of a change, and not of which: it has one document a page.
        const now = change?.newValue;
        // What is closed hands on to its neighbour.
        if (now && !isOpening(now) && !change.oldValue?.isDisposed) {
          const start = presses.take() ?? startNow(log);
          record(log, 'tab-activated', { document: views.kindOf(now) }, start);
        }
      })
    );
  }
  return connections;
}

/** The press of a tab, for as long as what follows from it at once: the focus moves, and with it what is current. */
class TabPresses implements IDisposable {
  constructor(private readonly _log: IActivityLog) {
    // After the window, where those listen who tell how things were started; before the tab bar, which stops it.
    document.addEventListener('pointerdown', this._press, OPTIONS);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  take(): IStart | null {
    const press = this._last;
    this._last = null;
    return press;
  }

  dispose(): void {
    this._isDisposed = true;
    this._last = null;
    document.removeEventListener('pointerdown', this._press, OPTIONS);
  }

  private readonly _press = ({ target }: Event): void => {
    if (target instanceof Element && target.closest('.lm-TabBar-tab')) {
      const press = (this._last = startNow(this._log));
      setTimeout(() => {
        if (this._last === press) {
          this._last = null;
        }
      });
    }
  };

  private _last: IStart | null = null;
  private _isDisposed = false;
}

const OPTIONS = { capture: true, passive: true };
