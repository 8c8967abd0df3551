// Kernels: chosen, restarted, interrupted. Never which.

import { Dialog } from '@jupyterlab/apputils';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

import type { IActivityLog, IStart } from './activity';
import { listen, record, startNow } from './activity';
import type { DocumentKind } from './kinds';
import type { Views } from './views';
import { contextOf } from './views';

/** The signals say nothing of an interrupt, and nothing but these commands makes one. */
const INTERRUPTS: ReadonlyMap<string, DocumentKind> = new Map([
  ['notebook:interrupt-kernel', 'notebook'],
  ['console:interrupt-kernel', 'console']
]);

export function recordKernels(
  log: IActivityLog,
  views: Views,
  commands: CommandRegistry
): IDisposable {
  const answers = new SelectorAnswers(log);
  const connections = new DisposableSet();
  connections.add(answers);
  connections.add(
    views.each(sessionOf, (session, { widget }) =>
      listen(session.statusChanged, status => {
        if (isRestarting(status, session)) {
          record(log, 'kernel-restarted', { document: views.kindOf(widget) });
        } else if (status === 'starting' || status === 'terminating') {
          const start = answers.take();
          const document = views.kindOf(widget);
          record(log, 'kernel-chosen', { document }, start);
        }
      })
    )
  );
  connections.add(
    views.each(sessionOf, (session, { widget }) =>
      // JupyterLab 4.2 says that a kernel was changed only after it was.
      listen(session.kernelChanged, ({ oldValue, newValue }) => {
        if (oldValue && newValue && oldValue.id !== newValue.id) {
          const start = answers.takeLate();
          const document = views.kindOf(widget);
          record(log, 'kernel-chosen', { document }, start);
        }
      })
    )
  );
  connections.add(
    listen(commands.commandExecuted, ({ id }) => {
      const document = INTERRUPTS.get(id);
      if (document && commands.isEnabled(id)) {
        record(log, 'kernel-interrupted', { document });
      }
    })
  );
  return connections;
}

function sessionOf(widget: Widget): ISessionContext | null {
  // Consoles have one of their own, documents by their file.
  const { sessionContext } = widget as Partial<
    Pick<IDocumentWidget['context'], 'sessionContext'>
  >;
  return sessionContext ?? contextOf(widget)?.sessionContext ?? null;
}

/** The session says it before its kernel does; where the kernel does first, the server restarted it. */
function isRestarting(status: string, { session }: ISessionContext): boolean {
  return status === 'restarting' && session?.kernel?.status !== 'restarting';
}

/** How long after an answer a kernel is changed on account of it. */
const LATE_MS = 10_000;

/** How the selector of kernels was answered. */
class SelectorAnswers implements IDisposable {
  constructor(private readonly _log: IActivityLog) {
    this._connections.add(
      listen(Dialog.tracker.widgetAdded, dialog => this._watch(dialog))
    );
  }

  get isDisposed(): boolean {
    return this._connections.isDisposed;
  }

  /** The answer that what happens now follows from at once. */
  take(): IStart | null {
    const answer = this._isFresh ? this._answer : null;
    if (answer) {
      this._answer = null;
    }
    return answer;
  }

  /** The answer that what happens now may follow from, if it has been left so far. */
  takeLate(): IStart | null {
    const answer = this._answer;
    this._answer = null;
    return answer && performance.now() - answer.atMs < LATE_MS ? answer : null;
  }

  dispose(): void {
    this._answer = null;
    this._connections.dispose();
  }

  private _watch(dialog: Widget): void {
    const connection = listen(dialog.disposed, () => {
      this._connections.remove(connection);
      connection.dispose();
      // It has no name; but no other dialog with a choice starts a kernel.
      const isRefused = document.activeElement?.matches('.jp-mod-reject');
      if (dialog.node.querySelector('select') && !isRefused) {
        this._keep(startNow(this._log));
      }
    });
    this._connections.add(connection);
  }

  private _keep(answer: IStart | null): void {
    this._answer = answer;
    this._isFresh = true;
    setTimeout(() => {
      if (this._answer === answer) {
        this._isFresh = false;
      }
    });
  }

  private readonly _connections = new DisposableSet();
  private _answer: IStart | null = null;
  private _isFresh = false;
}
