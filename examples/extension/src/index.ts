// A button that greets. Whoever agreed to it has told that it was used, in which language, and how it was started.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Widget } from '@lumino/widgets';
import { IEventLog, IEventSinks } from 'jupyter-eventlog';

import type { Greeted } from './greeted';

const GREET = 'eventlog-example:greet';
const GREETED = 'https://events.example.org/eventlog_example/greeted/v1';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'eventlog-example:plugin',
  description: 'Greets.',
  autoStart: true,
  optional: [IEventLog, IEventSinks],
  activate: (
    app: JupyterFrontEnd,
    log: IEventLog | null,
    sinks: IEventSinks | null
  ) => {
    const button = new Widget({ node: document.createElement('button') });
    button.id = 'eventlog-example-button';
    button.node.textContent = 'Greet';
    button.node.onclick = () =>
      void app.commands.execute(GREET, { language: 'fr' });
    app.shell.add(button, 'top', { rank: 1000 });

    app.commands.addCommand(GREET, {
      label: 'Greet',
      execute: args => {
        const language = args.language === 'fr' ? 'fr' : 'en';
        button.node.textContent = language === 'fr' ? 'Bonjour' : 'Hello';
        log?.emit<Greeted>({
          schema: GREETED,
          data: { language, ...log.currentTrigger() }
        });
      }
    });
    log?.declareCommands({ [GREET]: { language: ['en', 'fr'] } });

    // A type of sink; that there is one of it, and what it gets, only the operator's configuration can say.
    sinks?.addType('tooltip', () => ({
      isDisposed: false,
      write: events => {
        button.node.title = JSON.stringify(events.at(-1));
      },
      dispose: () => {
        button.node.title = '';
      }
    }));
  }
};

export default plugin;
