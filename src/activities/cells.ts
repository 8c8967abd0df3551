// Cells of notebooks: executed. Nothing of what they hold.

import type { Cell, ICodeCellModel } from '@jupyterlab/cells';
import type { KernelError, NotebookActions } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';

import { durationSince } from '../pipeline/values';
import type { ActivityFacts, IActivityLog, IStart } from './activity';
import { listen, record, startNow } from './activity';

export type ICellSignals = Pick<
  typeof NotebookActions,
  'executed' | 'executionScheduled'
>;

export function recordCells(
  log: IActivityLog,
  { executed, executionScheduled }: ICellSignals
): IDisposable {
  // One a cell: executing it again cancels what ran before, which is then never told of as executed.
  const starts = new WeakMap<Cell, IStart>();
  const connections = new DisposableSet();
  connections.add(
    listen(executionScheduled, ({ cell }) => {
      const start = startNow(log);
      if (start) {
        starts.set(cell, start);
      } else {
        starts.delete(cell);
      }
    })
  );
  connections.add(
    listen(executed, ({ cell, success, error }) => {
      const type = cellType(cell.model.type);
      // Only code waits for a kernel; what is rendered is scheduled by nobody.
      const start = type === 'code' ? starts.get(cell) : startNow(log);
      starts.delete(cell);
      if (start && type && (type !== 'code' || isAnswered(cell, error))) {
        record(log, 'cell-executed', factsOf(type, success, start), start);
      }
    })
  );
  return connections;
}

/**
 * Whether a kernel is known to have executed the code of a cell: it counted it, or named an error.
 *
 * JupyterLab calls it a success, too, where it sent nothing: to no kernel, or of an empty cell. And a failure, where the kernel
 * had died before, or left out what waits behind another failure.
 */
function isAnswered(
  { model }: Cell,
  error: Partial<KernelError> | null | undefined
): boolean {
  if (error && 'errorName' in error) {
    return Boolean(error.errorName);
  }
  return typeof (model as ICodeCellModel).executionCount === 'number';
}

function factsOf(
  cell: NonNullable<ActivityFacts['cell']>,
  success: boolean,
  { atMs }: IStart
): ActivityFacts {
  return {
    document: 'notebook',
    cell,
    outcome: success ? 'success' : 'failure',
    duration_ms: durationSince(atMs)
  };
}

export function cellType(type: string): ActivityFacts['cell'] {
  return type === 'code' || type === 'markdown' || type === 'raw'
    ? type
    : undefined;
}
