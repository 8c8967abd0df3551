// Search in a document: opened. Neither what for nor what was found.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDisposable } from '@lumino/disposable';

import type { IActivityLog } from './activity';
import { listen, record } from './activity';
import type { Views } from './views';

/** The only ways to it, whichever control they are run from. */
const COMMANDS = ['documentsearch:start', 'documentsearch:startWithReplace'];

export function recordSearch(
  log: IActivityLog,
  views: Views,
  { commands, shell }: Pick<JupyterFrontEnd, 'commands' | 'shell'>
): IDisposable {
  return listen(commands.commandExecuted, ({ id }) => {
    const current = shell.currentWidget;
    if (COMMANDS.includes(id) && current && commands.isEnabled(id)) {
      record(log, 'search-used', { document: views.kindOf(current) });
    }
  });
}
