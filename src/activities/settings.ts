// Settings: of which plugin they were changed, if it is one that is shipped. Never what or to what.

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';

import type { IActivityLog, IStart } from './activity';
import { listed, listen, record, startNow } from './activity';

/** Keeps the theme, whose change is an activity of its own. */
export const THEMES_PLUGIN = '@jupyterlab/apputils-extension:themes';

/** The settings page saves by itself, a while after something was changed in it. */
const PAGE = '#setting-editor, #json-setting-editor';
const SAVED_MS = 10_000;
const EVENTS = ['click', 'change'];

/**
 * @param vocabulary - The plugins that may be told by name.
 */
export function recordSettings(
  log: IActivityLog,
  registry: ISettingRegistry,
  vocabulary: ReadonlySet<string>
): IDisposable {
  // The signal comes as well where settings are loaded only.
  const known = new Map(
    Object.keys(registry.plugins).map(id => [id, stateOf(registry, id)])
  );
  const page = new SettingsPage(log);
  const connections = new DisposableSet();
  connections.add(page);
  connections.add(
    listen(registry.pluginChanged, id => {
      const state = stateOf(registry, id);
      const isChanged = known.has(id) && known.get(id) !== state;
      known.set(id, state);
      if (isChanged) {
        const plugin = listed(id, vocabulary);
        record(log, 'setting-changed', { plugin }, page.explain(startNow(log)));
      }
    })
  );
  return connections;
}

/** What the user set; compared here, and never recorded. */
function stateOf({ plugins }: ISettingRegistry, id: string): string {
  const plugin = plugins[id];
  return plugin && id === THEMES_PLUGIN
    ? JSON.stringify({ ...plugin.data.user, theme: null })
    : (plugin?.raw ?? '');
}

/** Remembers how something was last changed in the settings page. */
class SettingsPage implements IDisposable {
  constructor(private readonly _log: IActivityLog) {
    // After the window, where those listen who tell how things were started.
    EVENTS.forEach(type =>
      document.addEventListener(type, this._note, OPTIONS)
    );
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** What nothing else explains was likely done in the page a while ago. */
  explain(start: IStart | null): IStart | null {
    const last = this._last;
    const explains =
      start?.trigger.trigger.surface === 'programmatic' &&
      last !== null &&
      start.atMs - last.atMs < SAVED_MS;
    if (!explains) {
      return start;
    }
    const { trigger, ...parent } = last.trigger;
    const inferred = { ...trigger, certainty: 'inferred' } as const;
    return { ...start, trigger: { trigger: inferred, ...parent } };
  }

  dispose(): void {
    this._isDisposed = true;
    this._last = null;
    EVENTS.forEach(type =>
      document.removeEventListener(type, this._note, OPTIONS)
    );
  }

  private readonly _note = ({ target }: Event): void => {
    if (target instanceof Element && target.closest(PAGE)) {
      this._last = startNow(this._log);
    }
  };

  private _last: IStart | null = null;
  private _isDisposed = false;
}

const OPTIONS = { capture: true, passive: true };
