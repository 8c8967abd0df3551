import type { Widget } from '@lumino/widgets';

import { recordTabs } from '../../activities/tabs';
import { Views } from '../../activities/views';
import { LogStub, PageStub } from './page';

let nowMs = 0;

beforeEach(() => {
  nowMs = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
});

afterEach(() => jest.restoreAllMocks());

function begin() {
  const page = new PageStub();
  const before = page.open('before.md');
  const log = new LogStub();
  recordTabs(log, new Views(page), page.shell);
  const activate = (newValue: Widget | null, oldValue: Widget | null = null) =>
    page.currentChanged.emit({ oldValue, newValue });
  return { page, before, log, activate };
}

describe('a tab', () => {
  it('is told as activated, with the kind of its document', () => {
    const { before, log, activate } = begin();
    activate(before);
    expect(log.take()).toEqual(['tab-activated markdown by toolbar']);
  });

  it('is told by the press that activated it, where the focus moved in between', async () => {
    const { before, log, activate } = begin();
    const tab = document.createElement('li');
    tab.className = 'lm-TabBar-tab';
    document.body.appendChild(tab);
    const press = () => {
      log.surface = 'tab-bar';
      tab.dispatchEvent(new Event('pointerdown', { bubbles: true }));
      log.surface = 'programmatic';
    };
    press();
    activate(before);
    activate(before);
    press();
    await new Promise(resolve => setTimeout(resolve));
    activate(before);
    expect(log.take()).toEqual([
      'tab-activated markdown by tab-bar',
      'tab-activated markdown by programmatic',
      'tab-activated markdown by programmatic'
    ]);
  });

  it('is not told as activated because its document was opened', () => {
    const { page, before, log, activate } = begin();
    const opened = page.open('a.ipynb');
    activate(opened, before);
    expect(log.take()).toEqual([]);
    activate(before, opened);
    activate(opened, before);
    expect(log.take()).toHaveLength(2);
  });

  it('is told where a document that was opened behind others comes to the front', () => {
    const { page, before, log, activate } = begin();
    const opened = page.open('a.ipynb');
    nowMs = 1000;
    activate(opened, before);
    expect(log.take()).toHaveLength(1);
  });

  it('is not told as activated because its neighbour was closed', () => {
    const { page, before, log, activate } = begin();
    const closed = page.open('a.ipynb');
    closed.dispose();
    activate(before, closed);
    activate(null, before);
    expect(log.take()).toEqual([]);
  });

  it('is not told in Notebook, which has none', () => {
    const { page, log } = begin();
    page.currentChanged.emit(undefined as never);
    expect(log.take()).toEqual([]);
  });
});
