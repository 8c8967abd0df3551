// Documents of files: renamed and saved.

import { PathExt } from '@jupyterlab/coreutils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';

import type { IActivityLog, IStart } from './activity';
import { listen, record, startNow } from './activity';
import type { IView, Views } from './views';
import { contextOf, isShown } from './views';

export function recordFiles(log: IActivityLog, views: Views): IDisposable {
  return views.each(contextOf, (context, view) => {
    const connections = new DisposableSet();
    connections.add(recordRenaming(log, views, context, view));
    connections.add(recordSaving(log, views, context, view));
    return connections;
  });
}

/** A file that is only moved keeps its name. */
function recordRenaming(
  log: IActivityLog,
  views: Views,
  context: DocumentRegistry.Context,
  { widget }: IView
): IDisposable {
  let name = PathExt.basename(context.path);
  return listen(context.pathChanged, path => {
    const before = name;
    name = PathExt.basename(path);
    if (name !== before && isShown(widget)) {
      record(log, 'document-renamed', { document: views.kindOf(widget) });
    }
  });
}

/** Saving may ask first: what counts is how it began. */
function recordSaving(
  log: IActivityLog,
  views: Views,
  context: DocumentRegistry.Context,
  { widget }: IView
): IDisposable {
  let started: IStart | null = null;
  return listen(context.saveState, state => {
    if (state === 'started') {
      started = isShown(widget) ? startNow(log) : null;
      return;
    }
    const start = started;
    started = null;
    if (start) {
      const outcome = state === 'completed' ? 'success' : 'failure';
      const document = views.kindOf(widget);
      record(log, 'document-saved', { document, outcome }, start);
    }
  });
}
