// What is open, and what is opened: documents of files wherever they are, and everything else in the main area.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { DisposableDelegate, DisposableSet } from '@lumino/disposable';
import type { IDisposable, IObservableDisposable } from '@lumino/disposable';
import type { IMessageHook, Message } from '@lumino/messaging';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { listen } from './activity';
import type { DocumentKind } from './kinds';
import { isDocument, kindOf } from './kinds';

/** What is needed of the application. */
export type IPage = Pick<JupyterFrontEnd, 'commands' | 'docRegistry' | 'shell'>;

export interface IView {
  readonly widget: Widget;
  /** Whether it was opened while we watched; not if it was there before. */
  readonly isNew: boolean;
}

/** The main area of JupyterLab and that of Notebook. */
const MAIN_AREAS = ['jp-main-dock-panel', 'main-panel'];

export class Views implements IDisposable {
  constructor(private readonly _page: IPage) {
    const { docRegistry, shell } = _page;
    [...shell.widgets('main')].forEach(widget => this._see(widget, false));
    this._connections.add(
      listen(docRegistry.changed, change => this._onRegistry(change))
    );
    [...docRegistry.widgetFactories()].forEach(factory =>
      this._watchFactory(factory)
    );
    const area = mainArea(shell);
    if (area) {
      this._connections.add(watchAdded(area, child => this._see(child, true)));
    }
  }

  get isDisposed(): boolean {
    return this._connections.isDisposed;
  }

  /** Kind of what is open in a widget. */
  kindOf(widget: Widget): DocumentKind {
    return kindOf(widget, this._page.docRegistry);
  }

  /** Whether nothing but this is open. */
  isAlone(widget: Widget): boolean {
    return [...this._page.shell.widgets('main')].every(
      other => other === widget
    );
  }

  /** Kind of what an element is part of; undefined outside of the main area. */
  kindAt(element: Node): DocumentKind | undefined {
    for (const widget of this._page.shell.widgets('main')) {
      if (widget.node.contains(element)) {
        return this.kindOf(widget);
      }
    }
    return undefined;
  }

  /**
   * Attach something to each view, or to what views have in common, for as long as that lives.
   *
   * @param pick - What to attach to; null where there is nothing.
   * @param attach - Called once for each; for what is new, synchronously where it is opened.
   */
  each<T extends IObservableDisposable>(
    pick: (widget: Widget) => T | null,
    attach: (owner: T, view: IView) => IDisposable | null
  ): IDisposable {
    const attached = new Map<T, IDisposable>();
    const see = (view: IView): void => {
      try {
        const owner = pick(view.widget);
        if (owner && !attached.has(owner)) {
          attached.set(
            owner,
            untilDisposed(owner, attach(owner, view), attached)
          );
        }
      } catch {
        // One that nobody can make sense of does not keep us from the others, nor from letting go of them.
      }
    };
    this._seen.forEach(widget => see({ widget, isNew: false }));
    this._listeners.add(see);
    return new DisposableDelegate(() => {
      this._listeners.delete(see);
      [...attached.values()].forEach(each => each.dispose());
    });
  }

  dispose(): void {
    this._connections.dispose();
    this._listeners.clear();
    this._seen.clear();
  }

  private _onRegistry({ type, change, name }: DocumentRegistry.IChangedArgs) {
    const factory =
      type === 'widgetFactory' && change === 'added' && name
        ? this._page.docRegistry.getWidgetFactory(name)
        : undefined;
    if (factory) {
      this._watchFactory(factory);
    }
  }

  private _watchFactory(factory: DocumentRegistry.WidgetFactory): void {
    this._connections.add(
      listen(factory.widgetCreated, widget => this._see(widget, true))
    );
  }

  private _see(widget: Widget, isNew: boolean): void {
    if (this._seen.has(widget)) {
      return;
    }
    this._seen.add(widget);
    const forget = listen(widget.disposed, () => {
      this._seen.delete(widget);
      this._connections.remove(forget);
      forget.dispose();
    });
    this._connections.add(forget);
    this._listeners.forEach(see => see({ widget, isNew }));
  }

  private readonly _connections = new DisposableSet();
  private readonly _listeners = new Set<(view: IView) => void>();
  private readonly _seen = new Set<Widget>();
}

/** The context of a document: several views may share it. */
export function contextOf(widget: Widget): DocumentRegistry.Context | null {
  return isDocument(widget) ? widget.context : null;
}

/** Whether it is on the page; Notebook makes a widget for what it then opens in a page of its own. */
export function isShown(widget: Widget): boolean {
  return widget.isDisposed || widget.isAttached;
}

/** Dispose with an owner, or before. */
function untilDisposed<T extends IObservableDisposable>(
  owner: T,
  attachment: IDisposable | null,
  attached: Map<T, IDisposable>
): IDisposable {
  const end = listen(owner.disposed, () => {
    attached.get(owner)?.dispose();
  });
  return new DisposableDelegate(() => {
    attached.delete(owner);
    attachment?.dispose();
    end.dispose();
  });
}

function mainArea(parent: Widget): Widget | null {
  for (const child of parent.children()) {
    const found = MAIN_AREAS.includes(child.id) ? child : mainArea(child);
    if (found) {
      return found;
    }
  }
  return null;
}

/** Lumino tells of children only by messages. */
function watchAdded(
  parent: Widget,
  added: (child: Widget) => void
): IDisposable {
  return onMessage(parent, message => {
    if (
      message instanceof Widget.ChildMessage &&
      message.type === 'child-added'
    ) {
      added(message.child);
    }
  });
}

/** Look at the messages to a widget, and let all pass. */
export function onMessage(
  widget: Widget,
  look: (message: Message) => void
): IDisposable {
  const hook: IMessageHook = {
    messageHook: (_handler, message) => {
      try {
        look(message);
      } catch {
        // The message goes on as if we were not here.
      }
      return true;
    }
  };
  MessageLoop.installMessageHook(widget, hook);
  return new DisposableDelegate(() =>
    MessageLoop.removeMessageHook(widget, hook)
  );
}
