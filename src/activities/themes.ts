// The theme: changed to which, if it is one that is shipped.

import type { IThemeManager } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';

import type { IActivityLog, IStart } from './activity';
import { listed, listen, record, startNow } from './activity';
import { THEMES_PLUGIN } from './settings';

/**
 * @param registry - Says earlier than the theme, which has to be loaded first, that it was chosen.
 * @param vocabulary - The themes that may be told by name.
 */
export function recordThemes(
  log: IActivityLog,
  themes: IThemeManager,
  registry: ISettingRegistry | null,
  vocabulary: ReadonlySet<string>
): IDisposable {
  let chosen: IStart | null = null;
  const connections = new DisposableSet();
  if (registry) {
    connections.add(
      listen(registry.pluginChanged, id => {
        if (id === THEMES_PLUGIN) {
          const { theme } = registry.plugins[id]?.data.composite ?? {};
          chosen = theme === themes.theme ? null : startNow(log);
        }
      })
    );
  }
  connections.add(
    listen(themes.themeChanged, ({ oldValue, newValue }) => {
      const start = chosen ?? startNow(log);
      chosen = null;
      if (oldValue !== null && oldValue !== newValue) {
        const theme = listed(newValue, vocabulary);
        record(log, 'theme-changed', { theme }, start);
      }
    })
  );
  return connections;
}
