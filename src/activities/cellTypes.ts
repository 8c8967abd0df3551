// Cells of notebooks: their type was changed, through whichever control.

import type { INotebookModel } from '@jupyterlab/notebook';
import type { ISharedCell, NotebookChange } from '@jupyter/ydoc';
import type { IDisposable } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

import type { IActivityLog } from './activity';
import { listen, record, startNow } from './activity';
import { cellType } from './cells';
import type { Views } from './views';
import { contextOf } from './views';

export function recordCellTypes(log: IActivityLog, views: Views): IDisposable {
  const notebookOf = (widget: Widget) =>
    views.kindOf(widget) === 'notebook' ? contextOf(widget) : null;
  return views.each(notebookOf, ({ model }) =>
    watchTypes(log, model as INotebookModel)
  );
}

/** Nothing says that a type was changed: a cell goes, and one with its id comes in its place. */
function watchTypes(
  log: IActivityLog,
  { sharedModel }: INotebookModel
): IDisposable {
  const types = new Map<string, string>();
  const remember = (cell: ISharedCell): void => {
    types.set(cell.getId(), cell.cell_type);
  };
  sharedModel.cells.forEach(remember);
  return listen(sharedModel.changed, change => {
    const replacing = replacingCell(change);
    const before = replacing && types.get(replacing.getId());
    cellsAdded(change).forEach(remember);
    const cell = replacing && cellType(replacing.cell_type);
    if (cell && before !== undefined && before !== cell) {
      recordChange(log, cell);
    }
  });
}

function recordChange(
  log: IActivityLog,
  cell: 'code' | 'markdown' | 'raw'
): void {
  const start = startNow(log);
  // Others may work in the same notebook: what nothing in this page explains is not this user's.
  if (start && start.trigger.trigger.surface !== 'programmatic') {
    const facts = { document: 'notebook', cell } as const;
    record(log, 'cell-type-changed', facts, start);
  }
}

/** The one cell that came where one went. */
function replacingCell(change: NotebookChange): ISharedCell | null {
  const deltas = change.cellsChange ?? [];
  const gone = deltas.reduce((sum, delta) => sum + (delta.delete ?? 0), 0);
  const [cell, ...others] = cellsAdded(change);
  return gone === 1 && cell && others.length === 0 ? cell : null;
}

function cellsAdded(change: NotebookChange): readonly ISharedCell[] {
  return (change.cellsChange ?? []).flatMap(delta => delta.insert ?? []);
}
