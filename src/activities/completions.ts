// A completion was picked. Neither which nor for what.

import type { ICompletionProviderManager } from '@jupyterlab/completer';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDisposable } from '@lumino/disposable';

import type { IActivityLog } from './activity';
import { listen, record } from './activity';
import type { Views } from './views';

/** Null where the application does not tell of it: JupyterLab before 4.3. */
export function recordCompletions(
  log: IActivityLog,
  views: Views,
  { selected }: Partial<Pick<ICompletionProviderManager, 'selected'>>,
  shell: Pick<JupyterFrontEnd.IShell, 'currentWidget'>
): IDisposable | null {
  return selected
    ? listen(selected, () => {
        const { currentWidget } = shell;
        const document = currentWidget && views.kindOf(currentWidget);
        record(log, 'completion-picked', document ? { document } : {});
      })
    : null;
}
