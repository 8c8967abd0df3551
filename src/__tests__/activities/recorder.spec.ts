import { NotebookActions } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { activities } from '../../plugins/activities';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IEventLog } from '../../tokens';
import { turns } from '../turns';
import { ContextStub, countConnections, LogStub, PageStub } from './page';

class EventLogStub extends LogStub {
  isOn = false;
  readonly activeChanged = new Signal<IEventLog, void>(
    this as unknown as IEventLog
  );

  isActive(schema: string): boolean {
    return this.isOn && schema.endsWith('/activity/v1');
  }

  become(isOn: boolean): void {
    this.isOn = isOn;
    this.activeChanged.emit();
  }
}

/** Until what is loaded on demand is there. */
const loaded = turns;

const settings = {
  plugins: {},
  pluginChanged: new Signal<object, string>({})
};
const themes = { theme: 'a', themeChanged: new Signal<object, object>({}) };
const completions = { selected: new Signal<object, object>({}) };

async function open(restored = Promise.resolve()) {
  const log = new EventLogStub();
  const page = new PageStub();
  const app = {
    commands: page.commands,
    docRegistry: page.docRegistry,
    shell: page.shell,
    restored,
    resolveOptionalService: () => Promise.resolve(completions)
  } as unknown as JupyterFrontEnd;
  page.open('before.ipynb');
  // Loading what is loaded on demand connects things of its own.
  await Promise.all([
    import('../../activities/recorder'),
    import('@jupyterlab/completer')
  ]);
  const connections = countConnections();
  await activities.activate(app, log, settings, themes);
  return { log, page, connections, follows: connections() };
}

/** Some of everything. */
function act(page: PageStub): void {
  const context = new ContextStub('secret.md');
  const widget = page.open('secret.md', context);
  context.saveState.emit('started');
  context.saveState.emit('completed');
  page.openView('jp-Terminal');
  page.currentChanged.emit({ oldValue: null, newValue: widget });
  settings.pluginChanged.emit('secret:plugin');
  themes.themeChanged.emit({ oldValue: 'a', newValue: 'secret' });
  completions.selected.emit({ insertText: 'secret' });
  const { executed } = NotebookActions;
  const emit = Reflect.get(executed, 'emit') as (args: object) => void;
  emit.call(executed, { cell: { model: { type: 'markdown' } }, success: true });
  widget.close();
}

afterEach(() => jest.restoreAllMocks());

describe('the plugin that records activities', () => {
  it('connects nothing and records nothing while they are not consented to', async () => {
    const { log, page, connections, follows } = await open();
    expect(follows).toBe(1);
    for (let index = 0; index < 100; index++) {
      act(page);
    }
    await loaded();
    expect(log.events).toEqual([]);
    expect(connections()).toBe(follows);
  });

  it('leaves no connection, hook or listener where consent is withdrawn', async () => {
    const { log, page, connections, follows } = await open();
    log.become(true);
    await loaded();
    expect(connections()).toBeGreaterThan(follows + 10);
    act(page);
    expect(log.take()).toEqual([
      'document-opened markdown by toolbar',
      'document-saved markdown success by toolbar',
      'document-opened terminal by toolbar',
      'theme-changed (other) by toolbar',
      'completion-picked by toolbar',
      'cell-executed notebook markdown success by toolbar',
      'document-closed markdown by toolbar'
    ]);
    log.become(false);
    expect(connections()).toBe(follows);
    act(page);
    expect(log.events).toEqual([]);
  });

  it('holds on to nothing of what was closed', async () => {
    const { log, page, connections } = await open();
    log.become(true);
    await loaded();
    const before = connections();
    for (let index = 0; index < 10; index++) {
      page.open('a.md').close();
      page.openView('jp-Terminal').close();
    }
    expect(connections()).toBe(before);
  });

  it('records nothing before the page is restored', async () => {
    let restore: () => void = () => undefined;
    const restored = new Promise<void>(resolve => (restore = resolve));
    const { log, page } = await open(restored);
    log.become(true);
    await loaded();
    act(page);
    expect(log.events).toEqual([]);
    restore();
    await loaded();
    expect(log.events).toEqual([]);
    act(page);
    expect(log.events.length).toBeGreaterThan(0);
  });

  it('records nothing where consent was withdrawn before its code had come', async () => {
    const { log, page, connections, follows } = await open();
    log.become(true);
    log.become(false);
    await loaded();
    act(page);
    expect(log.events).toEqual([]);
    expect(connections()).toBe(follows);
  });

  it('records once, however often consent changes', async () => {
    const { log, page } = await open();
    log.become(true);
    log.become(true);
    await loaded();
    log.become(true);
    await loaded();
    page.open('a.md');
    expect(log.take()).toEqual(['document-opened markdown by toolbar']);
  });

  it('puts no name, path or value in anything that it records', async () => {
    const { log, page } = await open();
    log.become(true);
    await loaded();
    act(page);
    expect(log.events.length).toBeGreaterThan(5);
    expect(JSON.stringify(log.events)).not.toContain('secret');
  });
});
