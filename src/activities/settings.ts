// Settings: of which plugin they were changed, if it is one that is shipped. Never what or to what.

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IDisposable } from '@lumino/disposable';

import type { IActivityLog } from './activity';
import { listed, listen, record } from './activity';

/** Keeps the theme, whose change is an activity of its own. */
export const THEMES_PLUGIN = '@jupyterlab/apputils-extension:themes';

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
  return listen(registry.pluginChanged, id => {
    const state = stateOf(registry, id);
    const isChanged = known.has(id) && known.get(id) !== state;
    known.set(id, state);
    if (isChanged) {
      record(log, 'setting-changed', { plugin: listed(id, vocabulary) });
    }
  });
}

/** What the user set; compared here, and never recorded. */
function stateOf({ plugins }: ISettingRegistry, id: string): string {
  const plugin = plugins[id];
  return plugin && id === THEMES_PLUGIN
    ? JSON.stringify({ ...plugin.data.user, theme: null })
    : (plugin?.raw ?? '');
}
