// Documents and other views: opened and closed.

import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

import type { IActivityLog, IStart } from './activity';
import { listen, record, startNow } from './activity';
import type { IView, Views } from './views';
import { isDocument } from './kinds';
import { onMessage } from './views';

export function recordDocuments(log: IActivityLog, views: Views): IDisposable {
  return views.each(
    widget => widget,
    (widget, view) => {
      if (view.isNew && !isFiller(views, view)) {
        record(log, 'document-opened', { document: views.kindOf(widget) });
      }
      return recordClosing(log, views, widget);
    }
  );
}

/** JupyterLab opens a launcher by itself where nothing else is left. */
function isFiller(views: Views, { widget }: IView): boolean {
  return views.kindOf(widget) === 'launcher' && views.isAlone(widget);
}

/** How long after it was asked for a view is closed on account of that: somebody may have said no. */
const ASKED_MS = 60_000;

/** Closing may ask first, and save: what counts is how it was asked for. */
function recordClosing(
  log: IActivityLog,
  views: Views,
  widget: Widget
): IDisposable {
  const kind = views.kindOf(widget);
  let asked: IStart | null = null;
  const closed = (): void => {
    if (asked && performance.now() - asked.atMs > ASKED_MS) {
      asked = null;
    }
    // A launcher goes by itself where something was launched from it; and what never
    // was on the page was opened in another.
    if (widget.isAttached && (asked || kind !== 'launcher')) {
      // A file may have been renamed; of another view the parts may be gone by now.
      const document = isDocument(widget) ? views.kindOf(widget) : kind;
      record(log, 'document-closed', { document }, asked ?? startNow(log));
    }
  };
  const connections = new DisposableSet();
  connections.add(listen(widget.disposed, closed));
  const watchRequests = (): void => {
    if (!connections.isDisposed) {
      connections.add(
        onMessage(widget, ({ type }) => {
          if (type === 'close-request') {
            asked = startNow(log);
          }
        })
      );
    }
  };
  // The last to come is asked first. The document manager, which lets nobody see a request after
  // itself, comes right after a document was made.
  queueMicrotask(watchRequests);
  return connections;
}
