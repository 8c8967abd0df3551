import { Signal } from '@lumino/signaling';

import { recordDocuments } from '../../activities/documents';
import { recordFiles } from '../../activities/files';
import { Views } from '../../activities/views';
import { ContextStub, DocumentStub, LogStub, PageStub } from './page';

function begin(page = new PageStub()) {
  const log = new LogStub();
  const views = new Views(page);
  recordDocuments(log, views);
  recordFiles(log, views);
  return { page, log, views };
}

afterEach(() => {
  document.body.textContent = '';
});

describe('a document', () => {
  it.each([
    ['notebook', 'a/secret.ipynb'],
    ['markdown', 'secret.md'],
    ['csv', 'secret.csv'],
    ['csv', 'secret.tsv'],
    ['json', 'secret.json'],
    ['image', 'secret.png'],
    ['image', 'secret.svg'],
    ['pdf', 'secret.pdf'],
    ['text', 'secret.py'],
    ['text', 'Makefile'],
    ['(other)', 'secret.mp3']
  ])('is told as %s and by no name: %s', (kind, path) => {
    const { page, log } = begin();
    page.open(path);
    expect(log.take()).toEqual([`document-opened ${kind} by toolbar`]);
  });

  it('is told as opened once, though it is both made and added', () => {
    const { page, log } = begin();
    page.open('a.txt');
    expect(log.take()).toHaveLength(1);
  });

  it('is told as opened by an extension that comes later', () => {
    const { page, log } = begin();
    const created = new Signal<object, DocumentStub>({});
    page.addFactory('Later', created);
    created.emit(new DocumentStub(new ContextStub('a.txt')));
    expect(log.take()).toEqual(['document-opened text by toolbar']);
  });

  it('that was open before is told as closed, not as opened', () => {
    const page = new PageStub();
    const widget = page.open('a.ipynb');
    const { log } = begin(page);
    expect(log.take()).toEqual([]);
    widget.dispose();
    expect(log.take()).toEqual(['document-closed notebook by toolbar']);
  });

  it('is closed by what asked for it, also where a dialog comes between', async () => {
    const { page, log } = begin();
    const widget = page.open('a.txt');
    await Promise.resolve();
    log.take();
    log.surface = 'tab-bar';
    widget.isKept = true;
    widget.close();
    expect(log.take()).toEqual([]);
    log.surface = 'dialog';
    widget.dispose();
    expect(log.take()).toEqual(['document-closed text by tab-bar']);
  });

  it('is not closed by what asked for it long ago and was refused', async () => {
    const { page, log } = begin();
    const widget = page.open('a.txt');
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    await Promise.resolve();
    widget.isKept = true;
    log.surface = 'tab-bar';
    widget.close();
    now.mockReturnValue(60_001);
    log.surface = 'file-browser';
    log.take();
    widget.dispose();
    expect(log.take()).toEqual(['document-closed text by file-browser']);
    now.mockRestore();
  });

  it('that Notebook opens in another page is opened here, and never closed', () => {
    const { page, log } = begin();
    const widget = new DocumentStub(new ContextStub('a.ipynb'));
    page.created.emit(widget);
    expect(log.take()).toEqual(['document-opened notebook by toolbar']);
    widget.context.saveState.emit('started');
    widget.context.saveState.emit('completed');
    widget.dispose();
    expect(log.take()).toEqual([]);
  });

  it('is not told while nobody knows how it was started', () => {
    const { page, log } = begin();
    log.surface = null;
    page.open('a.txt').dispose();
    expect(log.events).toEqual([]);
  });
});

describe('another view', () => {
  it.each([
    ['console', 'jp-ConsolePanel'],
    ['terminal', 'jp-Terminal'],
    ['(other)', 'secret-Panel']
  ])('is told as %s', (kind, className) => {
    const { page, log } = begin();
    const widget = page.openView(className);
    widget.dispose();
    expect(log.take()).toEqual([
      `document-opened ${kind} by toolbar`,
      `document-closed ${kind} by toolbar`
    ]);
  });

  it('is told in Notebook as in JupyterLab', () => {
    const { page, log } = begin(new PageStub('main-panel'));
    page.openView('jp-Terminal');
    expect(log.take()).toEqual(['document-opened terminal by toolbar']);
  });

  it('is not told as opened again where it is moved', () => {
    const { page, log } = begin();
    const widget = page.openView('jp-Terminal');
    widget.parent = null;
    page.main.addWidget(widget);
    expect(log.take()).toHaveLength(1);
  });
});

describe('a launcher', () => {
  it('is told where somebody opens it, not where it fills an empty area', () => {
    const { page, log } = begin();
    page.openView('jp-Launcher');
    expect(log.take()).toEqual([]);
    page.openView('jp-Launcher');
    expect(log.take()).toEqual(['document-opened launcher by toolbar']);
  });

  it('is told as closed where somebody closes it, not where it makes room', async () => {
    const { page, log } = begin();
    const [one, two] = [0, 1].map(() => page.openView('jp-Launcher'));
    await Promise.resolve();
    log.take();
    one?.dispose();
    expect(log.take()).toEqual([]);
    two?.close();
    expect(log.take()).toEqual(['document-closed launcher by toolbar']);
  });
});

describe('a file', () => {
  it('is told as renamed, and by its new kind', () => {
    const { page, log } = begin();
    const { context } = page.open('a/b.txt');
    log.take();
    context.path = 'a/b.md';
    context.pathChanged.emit('a/b.md');
    expect(log.take()).toEqual(['document-renamed markdown by toolbar']);
  });

  it('is not told as renamed where it is moved, or its folder renamed', () => {
    const { page, log } = begin();
    const { context } = page.open('a/b.txt');
    log.take();
    context.path = 'c/b.txt';
    context.pathChanged.emit('c/b.txt');
    expect(log.take()).toEqual([]);
  });

  it.each([
    ['completed', 'success'],
    ['failed', 'failure']
  ])(
    'whose saving is %s is told as a %s of what began it',
    (state, outcome) => {
      const { page, log } = begin();
      const { context } = page.open('a.md');
      log.take();
      log.surface = 'keybinding';
      context.saveState.emit('started');
      log.surface = 'programmatic';
      context.saveState.emit(state);
      expect(log.take()).toEqual([
        `document-saved markdown ${outcome} by keybinding`
      ]);
    }
  );

  it('is told as saved at the time when that began', () => {
    const { page, log } = begin();
    const { context } = page.open('a.md');
    context.saveState.emit('started');
    const before = Date.now();
    context.saveState.emit('completed');
    expect(log.events.at(-1)?.time?.getTime()).toBeLessThanOrEqual(before);
  });

  it('in two views is saved once, also after the first was closed', () => {
    const { page, log } = begin();
    const first = page.open('a.md');
    page.open('a.md', first.context);
    log.take();
    const save = () => {
      first.context.saveState.emit('started');
      first.context.saveState.emit('completed');
    };
    save();
    expect(log.take()).toHaveLength(1);
    first.dispose();
    log.take();
    save();
    expect(log.take()).toHaveLength(1);
  });
});
