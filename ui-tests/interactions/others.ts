// Commands that other commands start, and other extensions that execute commands in handlers of their own.

import type { Page } from '@playwright/test';

import { commandMode, openPalette, paletteItem } from './steps';
import type { IGroup } from './table';
import { activity, child, interaction, told } from './table';
import { tap } from './pointers';
import { writeNotebook } from './menus';

const LEFT = 'application:toggle-left-area';
const RIGHT = 'application:toggle-right-area';

/** What another extension could look like: buttons whose handlers execute commands. */
async function addExtension(page: Page): Promise<void> {
  await page.evaluate(
    ([left, right]) => {
      const { commands } = window.jupyterapp;
      const host = document.createElement('div');
      host.style.cssText =
        'position:fixed;top:40px;left:600px;z-index:9;background:white';
      document.body.append(host);
      const run = (id: string): void => void commands.execute(id);
      const later = (ms: number, id: string): void =>
        void setTimeout(() => run(id), ms);
      const add = (
        label: string,
        type: string,
        handler: (event: Event) => void,
        tag = 'button'
      ): HTMLElement => {
        const element = document.createElement(tag);
        element.textContent = label;
        element.addEventListener(type, handler);
        host.append(element);
        return element;
      };
      add('on click', 'click', () => run(left));
      add('on press', 'mousedown', () => run(left));
      add('on lift', 'pointerup', () => run(left));
      add('on double click', 'dblclick', () => run(left));
      add('on context menu', 'contextmenu', event => {
        event.preventDefault();
        run(left);
      });
      add('soon', 'click', () => later(50, left));
      add('late', 'click', () => later(800, left));
      add('after a microtask', 'click', () => {
        void Promise.resolve().then(() => run(left));
      });
      add('after a request', 'click', () => {
        void fetch(document.baseURI).then(() => run(left));
      });
      add('two', 'click', () => {
        run(left);
        run(right);
      });
      add('names it', 'click', () => run(left)).dataset.command = left;
      add('names another', 'click', () => run(left)).dataset.command = right;
      add('calls click', 'click', () => {
        host.querySelector<HTMLElement>('#called')?.click();
      });
      add('called', 'click', () => run(left)).id = 'called';
      add(
        'field',
        'keydown',
        event => {
          if ((event as KeyboardEvent).key === 'Enter') {
            run(left);
          }
        },
        'input'
      ).id = 'field';
      const choice = add('', 'change', () => run(left), 'select');
      choice.id = 'choice';
      choice.innerHTML = '<option>one</option><option>two</option>';
      // Commands that start others.
      commands.addCommand('other-extension:sync', {
        execute: () => commands.execute(left)
      });
      commands.addCommand('other-extension:async', {
        execute: async () => {
          await new Promise(resolve => setTimeout(resolve, 50));
          await commands.execute(left);
        }
      });
      commands.addCommand('other-extension:waits', {
        execute: async () => new Promise(resolve => setTimeout(resolve, 1500))
      });
      commands.addCommand('other-extension:fails', {
        execute: () => Promise.reject(new TypeError('no'))
      });
      add('runs sync', 'click', () => run('other-extension:sync'));
      add('runs async', 'click', () => run('other-extension:async'));
      add('runs one that waits', 'click', () => run('other-extension:waits'));
      add('runs one that fails', 'click', () => {
        commands.execute('other-extension:fails').catch(() => undefined);
      });
      add('runs nothing', 'click', () => {
        commands.execute('other-extension:none').catch(() => undefined);
      });
      commands.addKeyBinding({
        command: 'other-extension:sync',
        keys: ['Ctrl Alt 9'],
        selector: 'body'
      });
    },
    [LEFT, RIGHT] as const
  );
}

const button =
  (label: string) =>
  async (page: Page): Promise<void> =>
    page.getByRole('button', { name: label, exact: true }).click();

const pressed =
  (label: string, key: string) =>
  async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: label, exact: true }).focus();
    await page.keyboard.press(key);
  };

const by = (
  device: 'mouse' | 'keyboard' | 'touch' | 'synthetic',
  claim: 'direct' | 'inferred' | 'exact' | 'incidental',
  command = LEFT
) => told(command, 'other-widget', device, claim);

const OTHER = '(other)';

export const OTHERS: IGroup = {
  name: 'other extensions, children, links',
  application: 'JupyterLab',
  path: 'lab/tree/first.ipynb',
  ready: '.jp-NotebookPanel .jp-Cell',
  prepare: lab => writeNotebook(lab, 'first.ipynb'),
  interactions: [
    interaction('nothing is done', async page => addExtension(page)),
    interaction(
      "another extension's button",
      button('on click'),
      by('mouse', 'direct')
    ),
    interaction(
      "another extension's button, Enter",
      pressed('on click', 'Enter'),
      by('keyboard', 'direct')
    ),
    interaction(
      "another extension's button, space bar",
      pressed('on click', 'Space'),
      by('keyboard', 'direct')
    ),
    interaction(
      "another extension's button, finger",
      async page =>
        tap(page, page.getByRole('button', { name: 'on click', exact: true })),
      by('touch', 'direct')
    ),
    interaction(
      'a handler of mousedown',
      button('on press'),
      by('mouse', 'direct')
    ),
    interaction(
      'a handler of pointerup',
      button('on lift'),
      by('mouse', 'direct')
    ),
    interaction(
      'a handler of a double click',
      async page =>
        page
          .getByRole('button', { name: 'on double click', exact: true })
          .dblclick(),
      by('mouse', 'direct')
    ),
    interaction(
      'a handler of the right button',
      async page =>
        page
          .getByRole('button', { name: 'on context menu', exact: true })
          .click({ button: 'right' }),
      by('mouse', 'direct')
    ),
    interaction(
      'a handler that waits for a microtask',
      button('after a microtask'),
      told(LEFT, 'other-widget', 'mouse', ['inferred', 'direct'])
    ),
    interaction(
      'a handler that waits 50 ms',
      button('soon'),
      by('mouse', 'inferred')
    ),
    interaction(
      'a handler that waits for a request',
      button('after a request'),
      told(LEFT, 'other-widget', 'mouse', 'inferred')
    ),
    interaction(
      'a handler that waits 800 ms: nobody knows',
      button('late'),
      told(LEFT, 'programmatic', 'none', 'unknown')
    ),
    interaction(
      'a handler that executes two commands',
      button('two'),
      by('mouse', 'direct'),
      by('mouse', 'incidental', RIGHT)
    ),
    interaction(
      'a button that names its command',
      button('names it'),
      by('mouse', 'exact')
    ),
    interaction(
      'a button that names another command',
      button('names another'),
      by('mouse', 'incidental')
    ),
    interaction(
      'a button that clicks another',
      button('calls click'),
      by('synthetic', 'direct')
    ),
    interaction(
      'a program that clicks a button',
      async page =>
        page.evaluate(() =>
          document.querySelector<HTMLElement>('#called')?.click()
        ),
      by('synthetic', 'direct')
    ),
    interaction(
      'Enter in a field of another extension',
      async page => {
        await page.locator('#field').focus();
        await page.keyboard.type('abc');
        await page.keyboard.press('Enter');
      },
      by('keyboard', 'direct')
    ),
    interaction(
      'a choice from a list of another extension',
      async page => {
        await page.locator('#choice').focus();
        await page.keyboard.press('ArrowDown');
      },
      by('keyboard', 'direct')
    ),
    interaction(
      'a command that executes another at once',
      button('runs sync'),
      told(OTHER, 'other-widget', 'mouse', 'direct'),
      child(LEFT, OTHER, 'exact')
    ),
    interaction(
      'a command that executes another later',
      button('runs async'),
      told(OTHER, 'other-widget', 'mouse', 'direct'),
      child(LEFT, OTHER, 'inferred')
    ),
    interaction(
      'a key binding of another extension',
      async page => page.keyboard.press('Control+Alt+9'),
      told(OTHER, 'keybinding', 'keyboard', 'exact'),
      child(LEFT, OTHER, 'exact')
    ),
    interaction(
      'a command that fails',
      button('runs one that fails'),
      told(OTHER, 'other-widget', 'mouse', 'direct', 'failure')
    ),
    interaction(
      'an id that nobody registered is no command',
      button('runs nothing')
    ),
    interaction(
      'a click while another command is pending does not make it the parent',
      async page => {
        await button('runs one that waits')(page);
        await button('on click')(page);
      },
      told(OTHER, 'other-widget', 'mouse', 'direct'),
      by('mouse', 'direct')
    ),
    interaction(
      'a command of a program while a started one is pending',
      async page => {
        await button('runs one that waits')(page);
        await page.evaluate(id => window.jupyterapp.commands.execute(id), LEFT);
      },
      told(OTHER, 'other-widget', 'mouse', 'direct'),
      child(LEFT, OTHER, 'inferred')
    ),
    interaction(
      'a program in a second window: nobody there did anything',
      async (page, lab) => {
        const other = await page.context().newPage();
        await other.goto(`${lab.url}/lab/workspaces/second?token=${lab.token}`);
        await other.waitForFunction(() =>
          Object.hasOwn(window.jupyterapp.commands, 'execute')
        );
        await other.evaluate(async () => window.jupyterapp.restored);
        await other.waitForTimeout(600);
        await other.evaluate(
          id => window.jupyterapp.commands.execute(id),
          'application:toggle-presentation-mode'
        );
        await other.close({ runBeforeUnload: true });
      },
      told(
        'application:toggle-presentation-mode',
        'programmatic',
        'none',
        'unknown'
      )
    ),
    interaction(
      'palette: a command that executes another',
      async page => {
        await commandMode(page);
        await openPalette(page, 'New Text File');
        await paletteItem(page, 'fileeditor:create-new').click();
      },
      told(
        'apputils:activate-command-palette',
        'keybinding',
        'keyboard',
        'exact'
      ),
      told('fileeditor:create-new', 'palette', 'mouse', 'exact'),
      child('docmanager:new-untitled', 'fileeditor:create-new', 'exact'),
      child('docmanager:open', 'fileeditor:create-new', 'inferred')
    ),
    interaction(
      'back to the notebook',
      async page =>
        page
          .locator('#jp-main-dock-panel .lm-TabBar-tab', {
            hasText: 'first.ipynb'
          })
          .click(),
      activity(
        told('tab-activated', 'tab-bar', 'mouse', ['inferred', 'direct'])
      )
    ),
    interaction(
      'a command link in an output, outside a trusted boundary, run after the question',
      async page => {
        await page.evaluate(() => {
          const link = document.createElement('a');
          link.textContent = 'a link';
          link.dataset.commandlinkerCommand = 'application:toggle-left-area';
          document
            .querySelector('.jp-NotebookPanel .jp-Cell-footer, .jp-Cell')
            ?.append(link);
        });
        await page.getByText('a link', { exact: true }).click();
        await page.locator('.jp-Dialog .jp-mod-accept').click();
      },
      told(LEFT, 'link', 'mouse', 'exact')
    ),
    interaction(
      'a command link, refused in the question: nothing',
      async page => {
        await page.getByText('a link', { exact: true }).click();
        await page.locator('.jp-Dialog .jp-mod-reject').first().click();
      }
    ),
    interaction(
      'a command link, run with Enter in the question',
      async page => {
        await page.getByText('a link', { exact: true }).click();
        await page.locator('.jp-Dialog .jp-mod-accept').focus();
        await page.keyboard.press('Enter');
      },
      told(LEFT, 'link', 'keyboard', 'exact')
    )
  ]
};
