import type { Cell } from '@jupyterlab/cells';
import { YNotebook } from '@jupyter/ydoc';
import { Signal } from '@lumino/signaling';

import type { ICellSignals } from '../../activities/cells';
import { recordCells } from '../../activities/cells';
import { recordCellTypes } from '../../activities/cellTypes';
import { Views } from '../../activities/views';
import { ContextStub, countConnections, LogStub, PageStub } from './page';

/** @param executionCount - What a kernel counted; null where none was asked, or none answered. */
function cellOf(type: string, executionCount: number | null = 1): Cell {
  return Object.create({ model: { type, executionCount } }) as Cell;
}

function beginCells() {
  const log = new LogStub();
  const executed = new Signal<unknown, never>({});
  const executionScheduled = new Signal<unknown, never>({});
  const signals: ICellSignals = { executed, executionScheduled };
  recordCells(log, signals);
  return {
    log,
    schedule: (cell: Cell) => executionScheduled.emit({ cell } as never),
    execute: (cell: Cell, success = true, error?: object) =>
      executed.emit({ cell, success, error } as never)
  };
}

describe('a cell that is executed', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is told by what scheduled it, with outcome and duration', () => {
    const { log, schedule, execute } = beginCells();
    const now = jest.spyOn(performance, 'now').mockReturnValue(1000);
    const cell = cellOf('code');
    log.surface = 'keybinding';
    schedule(cell);
    log.surface = 'programmatic';
    now.mockReturnValue(1340.4);
    execute(cell, false);
    expect(log.events.map(({ data }) => data)).toEqual([
      {
        activity: 'cell-executed',
        trigger: {
          surface: 'keybinding',
          device: 'mouse',
          certainty: 'direct'
        },
        document: 'notebook',
        cell: 'code',
        outcome: 'failure',
        duration_ms: 340
      }
    ]);
  });

  it('is told once each, for a run of five', () => {
    const { log, schedule, execute } = beginCells();
    const cells = [1, 2, 3, 4, 5].map(() => cellOf('code'));
    cells.forEach(schedule);
    cells.forEach(cell => execute(cell));
    expect(log.take()).toHaveLength(5);
  });

  it('is not told where the kernel left it out after a failure', () => {
    const { log, schedule, execute } = beginCells();
    const [failing, aborted] = [cellOf('code'), cellOf('code', null)];
    [failing, aborted].forEach(schedule);
    execute(failing, false, { errorName: 'SecretError' });
    execute(aborted, false, { errorName: undefined });
    expect(log.take()).toEqual([
      'cell-executed notebook code failure by toolbar'
    ]);
  });

  it('is told as a failure by the error that the kernel names, also where it does not count', () => {
    const { log, schedule, execute } = beginCells();
    const cell = cellOf('code', null);
    schedule(cell);
    execute(cell, false, { errorName: 'SecretError' });
    expect(log.take()).toEqual([
      'cell-executed notebook code failure by toolbar'
    ]);
  });

  it('is not told where there was no kernel, or nothing to execute: JupyterLab calls that a success', () => {
    const { log, schedule, execute } = beginCells();
    const cell = cellOf('code', null);
    schedule(cell);
    execute(cell, true, null as never);
    expect(log.take()).toEqual([]);
  });

  it('is not told where the kernel had died before', () => {
    const { log, schedule, execute } = beginCells();
    const cell = cellOf('code', null);
    schedule(cell);
    execute(cell, false, new Error('Kernel is dead'));
    expect(log.take()).toEqual([]);
  });

  it('is told where it is only rendered', () => {
    const { log, execute } = beginCells();
    execute(cellOf('markdown', null));
    expect(log.take()).toEqual([
      'cell-executed notebook markdown success by toolbar'
    ]);
  });

  it('is not told where it was scheduled before we watched', () => {
    const { log, execute } = beginCells();
    execute(cellOf('code'));
    expect(log.take()).toEqual([]);
  });

  it('is told by the last that scheduled it, where the first came to nothing', () => {
    const { log, schedule, execute } = beginCells();
    const cell = cellOf('code');
    schedule(cell);
    log.surface = 'palette';
    schedule(cell);
    execute(cell);
    expect(log.take()).toEqual([
      'cell-executed notebook code success by palette'
    ]);
  });

  it('is not told where nobody knew how it was scheduled', () => {
    const { log, schedule, execute } = beginCells();
    const cell = cellOf('code');
    schedule(cell);
    log.surface = null;
    schedule(cell);
    log.surface = 'toolbar';
    execute(cell);
    expect(log.take()).toEqual([]);
  });

  it('is told to have taken a day at most', () => {
    const { log, schedule, execute } = beginCells();
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const cell = cellOf('code');
    schedule(cell);
    now.mockReturnValue(1e12);
    execute(cell);
    expect(log.events[0]?.data.duration_ms).toBe(86_400_000);
  });
});

function beginTypes() {
  const log = new LogStub();
  const page = new PageStub();
  recordCellTypes(log, new Views(page));
  const sharedModel = YNotebook.create({ disableDocumentWideUndoRedo: false });
  const context = new ContextStub('a.ipynb');
  context.model = { sharedModel };
  sharedModel.insertCells(0, [
    { cell_type: 'code', id: 'one', source: 'secret' },
    { cell_type: 'code', id: 'two', source: 'secret' }
  ]);
  page.open('a.ipynb', context);
  /** As `NotebookActions.changeCellType` does. */
  const change = (
    index: number,
    type: 'code' | 'markdown' | 'raw',
    otherId?: string
  ) =>
    sharedModel.transact(() => {
      const { id, source } = sharedModel.getCell(index).toJSON();
      sharedModel.deleteCell(index);
      const cell = { cell_type: type, id: otherId ?? id, source };
      sharedModel.insertCell(index, cell);
    });
  return { log, sharedModel, change };
}

describe('the type of a cell', () => {
  // Yjs warns of what the shared model itself does with new cells.
  beforeEach(() => void jest.spyOn(console, 'warn').mockReturnValue());
  afterEach(() => jest.restoreAllMocks());

  it('is told as changed, and to which', () => {
    const { log, change } = beginTypes();
    change(1, 'markdown');
    change(1, 'raw');
    expect(log.take()).toEqual([
      'cell-type-changed notebook markdown by toolbar',
      'cell-type-changed notebook raw by toolbar'
    ]);
  });

  it('is told also beside a notebook that is open as a text, and nothing is held on to after', () => {
    const log = new LogStub();
    const page = new PageStub();
    const notebook = new ContextStub('a.ipynb');
    const sharedModel = YNotebook.create();
    notebook.model = { sharedModel };
    const text = new ContextStub('b.ipynb');
    text.model = { sharedModel: {} };
    page.open('a.ipynb', notebook);
    page.open('b.ipynb', text);
    sharedModel.insertCell(0, { cell_type: 'code', id: 'one', source: '' });
    const connections = countConnections();
    const views = new Views(page);
    const recorder = recordCellTypes(log, views);
    sharedModel.transact(() => {
      sharedModel.deleteCell(0);
      sharedModel.insertCell(0, { cell_type: 'raw', id: 'one', source: '' });
    });
    expect(log.take()).toEqual(['cell-type-changed notebook raw by toolbar']);
    recorder.dispose();
    views.dispose();
    expect(connections()).toBe(0);
  });

  it('is told of a cell that was added since', () => {
    const { log, sharedModel, change } = beginTypes();
    sharedModel.insertCell(0, { cell_type: 'code', id: 'new', source: '' });
    change(0, 'markdown');
    expect(log.take()).toHaveLength(1);
  });

  it('is not told where cells are added, deleted, replaced or moved', () => {
    const { log, sharedModel, change } = beginTypes();
    sharedModel.insertCell(0, { cell_type: 'markdown', source: '' });
    sharedModel.deleteCell(0);
    sharedModel.moveCell(0, 1);
    change(0, 'code');
    log.surface = 'command';
    log.parent = 'notebook:paste-and-replace-above';
    change(0, 'raw', 'pasted');
    expect(log.take()).toEqual([]);
  });

  it('is told by what is there to change it, where the cell gets another id', () => {
    const { log, change } = beginTypes();
    log.surface = 'command';
    log.parent = 'notebook:change-cell-to-raw';
    change(0, 'raw', 'other');
    log.surface = 'toolbar';
    log.parent = null;
    change(1, 'markdown', 'another');
    expect(log.take()).toEqual([
      'cell-type-changed notebook raw by command',
      'cell-type-changed notebook markdown by toolbar'
    ]);
  });

  it('is not told where all is read again from the file', () => {
    const { log, sharedModel } = beginTypes();
    sharedModel.transact(() => {
      sharedModel.deleteCellRange(0, 2);
      sharedModel.insertCells(0, [
        { cell_type: 'raw', id: 'one', source: '' },
        { cell_type: 'raw', id: 'two', source: '' }
      ]);
    });
    expect(log.take()).toEqual([]);
  });

  it('is not told where nothing in this page explains it: another person may have changed it', () => {
    const { log, change } = beginTypes();
    log.surface = 'programmatic';
    change(0, 'markdown');
    expect(log.take()).toEqual([]);
  });
});
