// A page as the recorders of activities see it: real lumino widgets and signals, and a log that remembers.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Panel, Widget } from '@lumino/widgets';

import type { IActivityLog } from '../../activities/activity';
import type { IPage } from '../../activities/views';
import type { ActivityV1 } from '../../schemas';
import type { IEventInput, ITriggerWithParent, Surface } from '../../tokens';

export function triggerOf(surface: Surface): ITriggerWithParent {
  const device = surface === 'programmatic' ? 'none' : 'mouse';
  return { trigger: { surface, device, certainty: 'direct' } };
}

/** Remembers what is recorded; `surface` is how what happens now was started. */
export class LogStub implements IActivityLog {
  surface: Surface | null = 'toolbar';
  parent: string | null = null;
  readonly events: IEventInput<ActivityV1>[] = [];

  emit(event: IEventInput<ActivityV1>): boolean {
    this.events.push(event);
    return true;
  }

  currentTrigger(): ITriggerWithParent | null {
    const parent = this.parent === null ? {} : { parent: this.parent };
    return this.surface && { ...triggerOf(this.surface), ...parent };
  }

  /** What was recorded since this was last asked: the facts in a line, and the surface. */
  take(): string[] {
    return this.events.splice(0).map(({ data }) => {
      const { activity, document, cell, outcome, plugin, theme } = data;
      const facts = [document, cell, outcome, plugin, theme].filter(Boolean);
      return [activity, ...facts, `by ${data.trigger.surface}`].join(' ');
    });
  }
}

export class ContextStub {
  readonly disposed = new Signal<this, void>(this);
  readonly pathChanged = new Signal<this, string>(this);
  readonly saveState = new Signal<this, string>(this);
  sessionContext: object | null = null;
  model: object | null = null;
  views = 0;

  constructor(public path: string) {}
}

/** As JupyterLab's own, it goes for good where it is closed; unless somebody said no. */
export class ViewStub extends Widget {
  isKept = false;

  protected override onCloseRequest(): void {
    if (!this.isKept) {
      this.dispose();
    }
  }
}

export class DocumentStub extends ViewStub {
  constructor(readonly context: ContextStub) {
    super();
    context.views += 1;
  }

  /** As the document manager does: with its last view, the context goes. */
  override dispose(): void {
    if (!this.isDisposed) {
      super.dispose();
      this.context.views -= 1;
      if (this.context.views === 0) {
        this.context.disposed.emit();
      }
    }
  }
}

// Taken before anybody counts: what the page itself does is not counted.
const { installMessageHook } = MessageLoop;

/** The main area of a shell, deep within it as in JupyterLab, and a factory of documents. */
export class PageStub implements IPage, IDisposable {
  readonly commands = new CommandRegistry();
  readonly docRegistry = new DocumentRegistry();
  readonly main = new Panel();
  readonly currentChanged = new Signal<
    object,
    { oldValue: Widget | null; newValue: Widget | null }
  >({});
  readonly created = new Signal<object, DocumentStub>({});
  current: Widget | null = null;
  isDisposed = false;

  constructor(mainId = 'jp-main-dock-panel') {
    this.main.id = mainId;
    const between = new Panel();
    between.addWidget(new Widget());
    between.addWidget(this.main);
    this._root.addWidget(between);
    Widget.attach(this._root, document.body);
    this.addFactory('Editor', this.created);
  }

  get shell(): JupyterFrontEnd.IShell {
    const shell = Object.create(this._root) as Record<string, unknown>;
    return Object.defineProperties(shell, {
      widgets: { value: () => this.main.widgets.values() },
      currentChanged: { value: this.currentChanged },
      currentWidget: { get: () => this.current }
    }) as unknown as JupyterFrontEnd.IShell;
  }

  addFactory(name: string, widgetCreated: Signal<object, DocumentStub>): void {
    this.docRegistry.addWidgetFactory({
      name,
      fileTypes: ['*'],
      widgetCreated
    } as unknown as DocumentRegistry.WidgetFactory);
  }

  /** As the document manager does: make the widget, then show it. */
  open(path: string, context = new ContextStub(path)): DocumentStub {
    const widget = new DocumentStub(context);
    this.created.emit(widget);
    // The document manager's own: no hook that was there before sees what it ends.
    installMessageHook(widget, (_handler, { type }) => {
      if (type === 'close-request' && !widget.isKept) {
        widget.dispose();
      }
      return type !== 'close-request';
    });
    this.main.addWidget(widget);
    return widget;
  }

  /** A view of no file, told by a class of its content. */
  openView(className: string): ViewStub {
    const widget = new ViewStub();
    const content = document.createElement('div');
    content.className = className;
    widget.node.appendChild(content);
    this.main.addWidget(widget);
    return widget;
  }

  dispose(): void {
    this.isDisposed = true;
    this._root.dispose();
  }

  private readonly _root = new Panel();
}

/** Counts connections to all signals, hooks of messages and listeners of the window: what was made, less what was ended. */
export function countConnections(): () => number {
  let open = 0;
  const count = (owner: object, name: string, step: number): void => {
    const original = Reflect.get(owner, name) as (
      ...args: unknown[]
    ) => unknown;
    jest.spyOn(owner as never, name as never).mockImplementation(function (
      this: unknown,
      ...args: unknown[]
    ) {
      const result = original.apply(this, args);
      // A signal says whether anything came of it.
      open += result === false ? 0 : step;
      return result;
    } as never);
  };
  count(Signal.prototype, 'connect', 1);
  count(Signal.prototype, 'disconnect', -1);
  count(MessageLoop, 'installMessageHook', 1);
  count(MessageLoop, 'removeMessageHook', -1);
  [window, document].forEach(target => {
    count(target, 'addEventListener', 1);
    count(target, 'removeEventListener', -1);
  });
  return () => open;
}
