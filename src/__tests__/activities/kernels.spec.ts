import { Dialog } from '@jupyterlab/apputils';
import type { ISessionContext } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { recordKernels } from '../../activities/kernels';
import { Views } from '../../activities/views';
import { ContextStub, LogStub, PageStub } from './page';

class SessionStub {
  readonly disposed = new Signal<this, void>(this);
  readonly statusChanged = new Signal<this, string>(this);
  readonly kernelChanged = new Signal<this, object>(this);
  readonly session = { kernel: { status: 'idle' } };

  /** As the session context does: it says so first, then its kernel. */
  restart(): void {
    this.statusChanged.emit('restarting');
    this.autorestart();
  }

  autorestart(): void {
    this.session.kernel.status = 'restarting';
    this.statusChanged.emit('restarting');
    this.session.kernel.status = 'idle';
    this.statusChanged.emit('idle');
  }
}

function begin() {
  const page = new PageStub();
  const log = new LogStub();
  recordKernels(log, new Views(page), page.commands);
  const session = new SessionStub();
  const context = new ContextStub('a.ipynb');
  context.sessionContext = session;
  const widget = page.open('a.ipynb', context);
  return { page, log, session, widget };
}

/** A dialog that asks for a choice, and its answer. */
async function answer(log: LogStub, button: 'accept' | 'reject') {
  const body = new Widget();
  body.node.appendChild(document.createElement('select'));
  const dialog = new Dialog({ title: 'Select Kernel', body });
  const result = dialog.launch();
  await Promise.resolve();
  log.surface = 'dialog';
  if (button === 'accept') {
    dialog.resolve();
  } else {
    dialog.reject();
  }
  log.surface = 'programmatic';
  return result;
}

describe('a kernel', () => {
  it('is told as restarted, once', () => {
    const { log, session } = begin();
    session.restart();
    session.restart();
    expect(log.take()).toEqual([
      'kernel-restarted notebook by toolbar',
      'kernel-restarted notebook by toolbar'
    ]);
  });

  it('is not told as restarted where the server does that', () => {
    const { log, session } = begin();
    session.autorestart();
    expect(log.take()).toEqual([]);
  });

  it('is told as chosen by what answered the selector', async () => {
    const { log, session } = begin();
    await answer(log, 'accept');
    session.statusChanged.emit('starting');
    session.statusChanged.emit('starting');
    expect(log.take()).toEqual(['kernel-chosen notebook by dialog']);
  });

  it('is told as chosen where none was', async () => {
    const { log, session } = begin();
    await answer(log, 'accept');
    session.statusChanged.emit('terminating');
    expect(log.take()).toEqual(['kernel-chosen notebook by dialog']);
  });

  it('is told as chosen where the session says so only after it was changed', async () => {
    const { log, session } = begin();
    const change = (from: string, to: string) =>
      session.kernelChanged.emit({
        oldValue: { id: from },
        newValue: { id: to }
      });
    await answer(log, 'accept');
    await new Promise(resolve => setTimeout(resolve));
    // A restart says that it changed, too.
    change('one', 'one');
    expect(log.take()).toEqual([]);
    change('one', 'two');
    change('two', 'three');
    expect(log.take()).toEqual(['kernel-chosen notebook by dialog']);
  });

  it('is told as chosen once where the session says so before and after', async () => {
    const { log, session } = begin();
    await answer(log, 'accept');
    session.statusChanged.emit('starting');
    session.kernelChanged.emit({
      oldValue: { id: '1' },
      newValue: { id: '2' }
    });
    expect(log.take()).toHaveLength(1);
  });

  it('is not told as chosen where it starts with its document', () => {
    const { log, session } = begin();
    session.statusChanged.emit('starting');
    expect(log.take()).toEqual([]);
  });

  it('is not told as chosen on account of an answer that nothing followed from', async () => {
    const { log, session } = begin();
    await answer(log, 'reject');
    await new Promise(resolve => setTimeout(resolve));
    session.statusChanged.emit('starting');
    expect(log.take()).toEqual([]);
  });

  it('of a console is told too', () => {
    const { page, log } = begin();
    const session = new SessionStub();
    const widget = page.openView('jp-ConsolePanel');
    expect(widget).not.toHaveProperty('sessionContext');
    widget.dispose();
    const console = new Widget();
    console.addClass('jp-ConsolePanel');
    Object.assign(console, {
      sessionContext: session as unknown as ISessionContext
    });
    page.main.addWidget(console);
    session.restart();
    expect(log.take()).toEqual(['kernel-restarted console by toolbar']);
  });

  it('is told as interrupted by the command that did it', async () => {
    const { page, log } = begin();
    let isEnabled = false;
    page.commands.addCommand('notebook:interrupt-kernel', {
      execute: () => undefined,
      isEnabled: () => isEnabled
    });
    page.commands.addCommand('kernelmenu:interrupt', {
      execute: () => page.commands.execute('notebook:interrupt-kernel')
    });
    await page.commands.execute('kernelmenu:interrupt');
    expect(log.take()).toEqual([]);
    isEnabled = true;
    await page.commands.execute('kernelmenu:interrupt');
    expect(log.take()).toEqual(['kernel-interrupted notebook by toolbar']);
  });
});
