// Activities that are neither of a document nor of a kernel: drops, search, completions, settings, themes.

import type { IThemeManager } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';

import { recordCompletions } from '../../activities/completions';
import { recordDrops } from '../../activities/drops';
import { recordSearch } from '../../activities/search';
import { recordSettings, THEMES_PLUGIN } from '../../activities/settings';
import { recordThemes } from '../../activities/themes';
import { Views } from '../../activities/views';
import { LogStub, PageStub } from './page';

function begin() {
  const page = new PageStub();
  const log = new LogStub();
  return { page, log, views: new Views(page) };
}

describe('a drop', () => {
  it.each(['lm-drop', 'drop'])(
    'is told where somebody took it, with the kind of document: %s',
    async type => {
      const { page, log, views } = begin();
      const recorder = recordDrops(log, views);
      const { node } = page.open('a.ipynb');
      const drop = (target: Element) =>
        target.dispatchEvent(
          new Event(type, { bubbles: true, cancelable: true })
        );
      drop(node);
      await Promise.resolve();
      expect(log.take()).toEqual([]);
      node.addEventListener(type, event => {
        event.preventDefault();
        event.stopPropagation();
      });
      drop(node);
      await Promise.resolve();
      expect(log.take()).toEqual(['item-dropped notebook by toolbar']);
      recorder.dispose();
    }
  );

  it('is told of no document where it landed on none', async () => {
    const { log, views } = begin();
    const recorder = recordDrops(log, views);
    const event = new Event('lm-drop', { bubbles: true, cancelable: true });
    event.preventDefault();
    document.body.dispatchEvent(event);
    await Promise.resolve();
    expect(log.take()).toEqual(['item-dropped by toolbar']);
    recorder.dispose();
  });
});

describe('search', () => {
  it('is told where it is opened in a document', async () => {
    const { page, log, views } = begin();
    page.commands.addCommand('documentsearch:start', {
      execute: () => undefined,
      isEnabled: () => page.current !== null
    });
    recordSearch(log, views, page);
    await page.commands.execute('documentsearch:start', { searchText: 'x' });
    expect(log.take()).toEqual([]);
    page.current = page.open('secret.md');
    await page.commands.execute('documentsearch:start', { searchText: 'x' });
    expect(log.take()).toEqual(['search-used markdown by toolbar']);
  });
});

describe('a completion', () => {
  it('is told as picked, and not which', () => {
    const { page, log, views } = begin();
    const selected = new Signal<never, { insertText: string }>({} as never);
    page.current = page.open('a.ipynb');
    recordCompletions(log, views, { selected }, page.shell);
    selected.emit({ insertText: 'secret' });
    expect(log.take()).toEqual(['completion-picked notebook by toolbar']);
  });

  it('is not told where the application does not tell of it', () => {
    const { page, log, views } = begin();
    expect(recordCompletions(log, views, {}, page.shell)).toBeNull();
  });
});

function settingsStub(ids: readonly string[]) {
  const pluginOf = (id: string) => ({
    id,
    raw: '{}',
    data: { user: {}, composite: {} }
  });
  const plugins: Record<string, ReturnType<typeof pluginOf>> = {};
  ids.forEach(id => (plugins[id] = pluginOf(id)));
  const pluginChanged = new Signal<object, string>({});
  return {
    registry: { plugins, pluginChanged } as unknown as ISettingRegistry,
    load: (id: string) => {
      plugins[id] ??= pluginOf(id);
      pluginChanged.emit(id);
    },
    set: (id: string, user: object) => {
      const data = { user, composite: user };
      plugins[id] = { id, raw: JSON.stringify(user), data };
      pluginChanged.emit(id);
    }
  };
}

describe('a setting', () => {
  const known = new Set(['shipped:plugin', THEMES_PLUGIN]);

  it('is told by its plugin alone, and only if that is listed', () => {
    const log = new LogStub();
    const { registry, set } = settingsStub(['shipped:plugin', 'secret:plugin']);
    recordSettings(log, registry, known);
    set('shipped:plugin', { secret: 1 });
    set('secret:plugin', { secret: 1 });
    expect(log.take()).toEqual([
      'setting-changed shipped:plugin by toolbar',
      'setting-changed (other) by toolbar'
    ]);
  });

  it('is not told where it is only loaded, or loaded again', () => {
    const log = new LogStub();
    const { registry, load, set } = settingsStub(['shipped:plugin']);
    recordSettings(log, registry, known);
    load('shipped:plugin');
    load('secret:late');
    load('secret:late');
    expect(log.take()).toEqual([]);
    set('secret:late', { a: 1 });
    expect(log.take()).toHaveLength(1);
  });

  it('is told by what was done in the settings page, which saves later', () => {
    const log = new LogStub();
    const { registry, set } = settingsStub(['shipped:plugin']);
    const recorder = recordSettings(log, registry, known);
    const editor = document.createElement('div');
    editor.id = 'setting-editor';
    document.body.appendChild(editor);
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const click = (target: Element) => {
      log.surface = 'other-widget';
      target.dispatchEvent(new Event('click', { bubbles: true }));
      log.surface = 'programmatic';
    };
    click(document.body);
    set('shipped:plugin', { a: 0 });
    click(editor);
    now.mockReturnValue(2000);
    set('shipped:plugin', { a: 1 });
    expect(log.events.at(-1)?.data.trigger).toEqual({
      surface: 'other-widget',
      device: 'mouse',
      certainty: 'inferred'
    });
    log.surface = 'keybinding';
    set('shipped:plugin', { a: 2 });
    log.surface = 'programmatic';
    now.mockReturnValue(10_000);
    set('shipped:plugin', { a: 3 });
    expect(log.take()).toEqual([
      'setting-changed shipped:plugin by programmatic',
      'setting-changed shipped:plugin by other-widget',
      'setting-changed shipped:plugin by keybinding',
      'setting-changed shipped:plugin by programmatic'
    ]);
    now.mockRestore();
    recorder.dispose();
  });

  it('is not told where it is the theme, which is told for itself', () => {
    const log = new LogStub();
    const { registry, set } = settingsStub([THEMES_PLUGIN]);
    recordSettings(log, registry, known);
    set(THEMES_PLUGIN, { theme: 'JupyterLab Dark' });
    expect(log.take()).toEqual([]);
    set(THEMES_PLUGIN, { theme: 'JupyterLab Dark', 'adaptive-theme': true });
    expect(log.take()).toEqual([`setting-changed ${THEMES_PLUGIN} by toolbar`]);
  });
});

describe('a theme', () => {
  const known = new Set(['JupyterLab Light', 'JupyterLab Dark']);

  function beginThemes(withSettings = true) {
    const log = new LogStub();
    const settings = settingsStub([THEMES_PLUGIN]);
    const manager = {
      theme: 'JupyterLab Light' as string | null,
      themeChanged: new Signal<object, object>({})
    };
    recordThemes(
      log,
      manager as unknown as IThemeManager,
      withSettings ? settings.registry : null,
      known
    );
    const change = (newValue: string) => {
      const oldValue = manager.theme;
      manager.theme = newValue;
      manager.themeChanged.emit({ name: 'theme', oldValue, newValue });
    };
    return { log, settings, manager, change };
  }

  it('is told by what chose it, before it was loaded', () => {
    const { log, settings, change } = beginThemes();
    log.surface = 'main-menu';
    settings.set(THEMES_PLUGIN, { theme: 'JupyterLab Dark' });
    log.surface = 'programmatic';
    change('JupyterLab Dark');
    change('JupyterLab Light');
    expect(log.take()).toEqual([
      'theme-changed JupyterLab Dark by main-menu',
      'theme-changed JupyterLab Light by programmatic'
    ]);
  });

  it('is told by no name that is not listed', () => {
    const { log, change } = beginThemes(false);
    change('secret');
    expect(log.take()).toEqual(['theme-changed (other) by toolbar']);
  });

  it('is not told where it is the first, or the same', () => {
    const { log, manager, change } = beginThemes();
    change('JupyterLab Light');
    manager.theme = null;
    change('JupyterLab Dark');
    expect(log.take()).toEqual([]);
  });
});
