// All activities that are recorded, put together. Loaded only while that is consented to.

import type { IThemeManager } from '@jupyterlab/apputils';
import type { ICompletionProviderManager } from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IDisposable } from '@lumino/disposable';
import { DisposableSet } from '@lumino/disposable';

import type { IActivityLog } from './activity';
import type { ICellSignals } from './cells';
import { recordCells } from './cells';
import { recordCellTypes } from './cellTypes';
import { recordCompletions } from './completions';
import { recordDocuments } from './documents';
import { recordDrops } from './drops';
import { recordFiles } from './files';
import { recordKernels } from './kernels';
import { recordSearch } from './search';
import { recordSettings } from './settings';
import { recordTabs } from './tabs';
import { recordThemes } from './themes';
import type { IPage } from './views';
import { Views } from './views';

/** What tells of activities. Applications have some of it, or all. */
export interface ISources {
  readonly page: IPage;
  readonly cells: ICellSignals | null;
  readonly completions: ICompletionProviderManager | null;
  readonly settings: ISettingRegistry | null;
  readonly themes: IThemeManager | null;
  /** The plugins and themes that may be told by name. */
  readonly vocabulary: {
    readonly plugins: ReadonlySet<string>;
    readonly themes: ReadonlySet<string>;
  };
}

/** Record what happens from now on, until disposed. What is open already was opened before. */
export function recordActivities(
  log: IActivityLog,
  sources: ISources
): IDisposable {
  const { page, cells, completions, settings, themes, vocabulary } = sources;
  const views = new Views(page);
  const recorders: readonly (() => IDisposable | null)[] = [
    () => recordDocuments(log, views),
    () => recordFiles(log, views),
    () => recordTabs(log, views, page.shell),
    () => recordCellTypes(log, views),
    () => recordKernels(log, views, page.commands),
    () => recordDrops(log, views),
    () => recordSearch(log, views, page),
    () => cells && recordCells(log, cells),
    () => completions && recordCompletions(log, views, completions, page.shell),
    () => settings && recordSettings(log, settings, vocabulary.plugins),
    () => themes && recordThemes(log, themes, settings, vocabulary.themes)
  ];
  const begun = new DisposableSet();
  recorders.forEach(begin => {
    try {
      const recorder = begin();
      if (recorder) {
        begun.add(recorder);
      }
    } catch {
      // An application that lacks what one of them needs has the others.
    }
  });
  begun.add(views);
  return begun;
}
