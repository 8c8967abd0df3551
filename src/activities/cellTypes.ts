// Cells of notebooks: their type was changed, through whichever control.

import type { INotebookModel } from '@jupyterlab/notebook';
import type { ISharedCell, NotebookChange } from '@jupyter/ydoc';
import type { IDisposable } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

import type { ActivityFacts, IActivityLog, IStart } from './activity';
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

/** A cell as it is told apart from others; neither leaves this file. */
interface ICell {
  readonly id: string;
  readonly type: string;
}

/** Nothing says that a type was changed: a cell goes, and one of another type comes in its place. */
function watchTypes(
  log: IActivityLog,
  { sharedModel }: INotebookModel
): IDisposable {
  const cellsNow = (): readonly ICell[] =>
    sharedModel.cells.map(cell => ({ id: cell.getId(), type: cell.cell_type }));
  let cells = cellsNow();
  return listen(sharedModel.changed, change => {
    if (!change.cellsChange) {
      return;
    }
    const before = cells;
    cells = cellsNow();
    const id = replacingCell(change)?.getId();
    const index = cells.findIndex(cell => cell.id === id);
    const [was, is] = [before[index], cells[index]];
    if (was && is && was.type !== is.type) {
      recordChange(log, cellType(is.type), was.id === is.id);
    }
  });
}

/**
 * @param isSame - Whether the cell kept its id; JupyterLab 4.2 gives it another.
 */
function recordChange(
  log: IActivityLog,
  cell: ActivityFacts['cell'],
  isSame: boolean
): void {
  const start = startNow(log);
  if (start && cell && (isSame ? isOwn(start) : isByControl(start))) {
    const facts = { document: 'notebook', cell } as const;
    record(log, 'cell-type-changed', facts, start);
  }
}

/** Others may work in the same notebook: what nothing in this page explains is not this user's. */
function isOwn({ trigger }: IStart): boolean {
  return trigger.trigger.surface !== 'programmatic';
}

/** Pasting replaces cells as well, so that only what is there to change the type says so. */
function isByControl({ trigger: { trigger, parent } }: IStart): boolean {
  return (
    trigger.surface === 'toolbar' ||
    Boolean(parent?.startsWith('notebook:change-cell-to-'))
  );
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
