// Tabs: another document was brought to the front, or given the focus.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import type { FocusTracker, Widget } from '@lumino/widgets';

import type { IActivityLog } from './activity';
import { listen, record } from './activity';
import type { Views } from './views';

/** How long after it was opened a view is activated on account of that. */
const OPENING_MS = 1000;

export function recordTabs(
  log: IActivityLog,
  views: Views,
  { currentChanged }: Pick<JupyterFrontEnd.IShell, 'currentChanged'>
): IDisposable {
  const openedMs = new WeakMap<Widget, number>();
  const isOpening = (widget: Widget): boolean =>
    performance.now() - (openedMs.get(widget) ?? -Infinity) < OPENING_MS;
  const connections = new DisposableSet();
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
        if (now && !change.oldValue?.isDisposed && !isOpening(now)) {
          record(log, 'tab-activated', { document: views.kindOf(now) });
        }
      })
    );
  }
  return connections;
}
