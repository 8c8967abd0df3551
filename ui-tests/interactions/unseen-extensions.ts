// Other extensions, in ways that the first suite does not try.

import { writeFileSync } from 'fs';
import { join } from 'path';

import type { Page } from '@playwright/test';

import type { IGroup } from './table';
import { activity, told } from './table';
import type { IUnseen } from './unseen-rows';
import {
  after,
  file,
  keyed,
  LEFT,
  program,
  rest,
  RIGHT,
  row,
  showLeft,
  timerAfter
} from './unseen-rows';

/** A widget in the main area with everything that the rows use. */
async function addWidget(page: Page): Promise<void> {
  await page.evaluate(
    ([left, right]) => {
      const { commands } = window.jupyterapp;
      const run = (id: string): void => void commands.execute(id);
      const host = document.createElement('div');
      host.style.cssText =
        'position:fixed;top:120px;left:500px;z-index:9;background:white;width:500px';
      host.innerHTML = `
        <button id="u-200">200</button> <button id="u-700">700</button>
        <button id="u-chain">chain</button> <button id="u-frame">frame</button>
        <button id="u-both">both</button> <button id="u-idle">idle</button>
        <button id="u-hold">hold</button> <button id="u-hover">hover</button>
        <button id="u-focus">focus</button>
        <label id="u-label"><input type="checkbox" id="u-box"><span> box</span></label>
        <form id="u-form"><input id="u-text"><button id="u-send">send</button></form>
        <input id="u-live">
        <details id="u-details"><summary>more</summary>text</details>
        <div id="u-keys" tabindex="0">keys</div>
        <div id="u-passive" style="height:40px">nothing listens here</div>`;
      document.body.append(host);
      const on = (
        id: string,
        type: string,
        handler: (event: Event) => void
      ): void => host.querySelector(`#${id}`)?.addEventListener(type, handler);
      on('u-200', 'click', () => void setTimeout(() => run(left), 200));
      on('u-700', 'click', () => void setTimeout(() => run(left), 700));
      on('u-chain', 'click', () => {
        void Promise.resolve()
          .then(() => undefined)
          .then(async () => Promise.resolve())
          .then(() => run(left));
      });
      on('u-frame', 'click', () => {
        requestAnimationFrame(() => run(left));
      });
      on('u-both', 'click', () => {
        run(left);
        setTimeout(() => run(right), 100);
      });
      let held = 0;
      on('u-hold', 'mousedown', () => {
        held = window.setTimeout(() => run(left), 700);
      });
      on('u-hold', 'mouseup', () => clearTimeout(held));
      on('u-hover', 'mouseenter', () => run(left));
      on('u-focus', 'focus', () => run(left));
      on('u-box', 'change', () => run(left));
      on('u-form', 'submit', event => {
        event.preventDefault();
        run(left);
      });
      on('u-live', 'input', () => run(left));
      on('u-details', 'toggle', () => run(left));
      on('u-keys', 'keydown', event => {
        if ((event as KeyboardEvent).key === 'k') {
          event.stopPropagation();
          run(left);
        }
      });
    },
    [LEFT, RIGHT] as const
  );
}

const press =
  (id: string) =>
  async (page: Page): Promise<void> =>
    page.locator(`#${id}`).click();

const by = (
  device: 'mouse' | 'keyboard' | 'synthetic',
  claim: Parameters<typeof told>[3]
) => told(LEFT, 'other-widget', device, claim);

const HANDLERS: readonly IUnseen[] = [
  after(
    addWidget,
    row('a handler that waits 200 ms', press('u-200'), by('mouse', 'inferred'))
  ),
  row(
    'a handler that waits 700 ms: nobody knows',
    async page => {
      await press('u-700')(page);
      await page.waitForTimeout(700);
    },
    program(LEFT)
  ),
  row(
    'a handler that waits for a chain of promises',
    press('u-chain'),
    by('mouse', ['inferred', 'direct'])
  ),
  row(
    'a handler that waits for the next frame',
    press('u-frame'),
    by('mouse', 'inferred')
  ),
  row(
    'a handler with one command at once and another later',
    press('u-both'),
    by('mouse', 'direct'),
    program(RIGHT)
  ),
  after(
    rest,
    row(
      'a press held for long, which does something before it ends',
      async page => {
        await page.locator('#u-hold').hover();
        await page.mouse.down();
        await page.waitForTimeout(900);
        await page.mouse.up();
      },
      program(LEFT)
    )
  ),
  after(
    rest,
    row(
      'a pointer that only comes over a button',
      async page => page.locator('#u-hover').hover(),
      program(LEFT)
    )
  ),
  after(
    rest,
    row(
      'a button that Tab reaches, and that acts on that',
      async page => {
        await page.locator('#u-hover').focus();
        await page.keyboard.press('Tab');
      },
      by('keyboard', ['incidental', 'inferred'])
    )
  ),
  after(
    rest,
    row(
      'a box ticked by its label',
      async page => page.locator('#u-label').getByText('box').click(),
      by('mouse', 'direct')
    )
  ),
  row(
    'a form sent with Enter in its field',
    async page => {
      await page.locator('#u-text').focus();
      await page.keyboard.type('abc');
      await page.keyboard.press('Enter');
    },
    by('keyboard', 'direct')
  ),
  after(
    rest,
    row(
      'a field that acts on what is typed into it',
      async page => {
        await page.locator('#u-live').focus();
        await page.keyboard.press('a');
      },
      by('keyboard', ['incidental', 'direct'])
    )
  ),
  row(
    'a part of a page unfolded, and acted on by its event',
    async page => page.locator('#u-details summary').click(),
    by('mouse', ['inferred', 'direct'])
  ),
  row(
    'a letter in a widget of an extension',
    async page => {
      await page.locator('#u-keys').focus();
      await page.keyboard.press('k');
    },
    by('keyboard', 'direct')
  )
];

const PROGRAMS: readonly IUnseen[] = [
  after(
    rest,
    row(
      'a key binding made by a program',
      async page =>
        page.evaluate(() => {
          document.body.dispatchEvent(
            new KeyboardEvent('keydown', {
              key: 'b',
              code: 'KeyB',
              keyCode: 66,
              ctrlKey: true,
              bubbles: true,
              cancelable: true
            })
          );
        }),
      told(LEFT, 'keybinding', 'synthetic', 'exact')
    )
  ),
  after(
    rest,
    row(
      'a toolbar button pressed by a program',
      async page =>
        page.evaluate(() => {
          const button = document.querySelector(
            '.jp-FileBrowser [data-command="filebrowser:refresh"]'
          );
          for (const type of ['mousedown', 'mouseup', 'click']) {
            button?.dispatchEvent(
              new MouseEvent(type, { bubbles: true, cancelable: true })
            );
          }
        }),
      told('filebrowser:refresh', 'toolbar', 'synthetic', 'exact')
    )
  ),
  row(
    'a timer just after a click where nothing listens',
    async page => {
      await timerAfter(page, 'click');
      await press('u-passive')(page);
    },
    program(LEFT)
  ),
  row(
    'a timer just after a click on a button that does something else',
    async page => {
      await timerAfter(page, 'click');
      await press('u-idle')(page);
    },
    program(LEFT)
  ),
  row(
    'a timer just after a key binding',
    async page => {
      await timerAfter(page, 'keydown');
      await page.keyboard.press('Control+j');
    },
    keyed(RIGHT),
    program(LEFT)
  ),
  after(
    showLeft,
    row(
      'a timer just after a file was selected',
      async page => {
        await timerAfter(page, 'click');
        await file(page, 'a.txt').click();
      },
      program(LEFT)
    )
  ),
  after(
    rest,
    row(
      'a button in a frame of the same page',
      async page => {
        await page.evaluate(id => {
          const frame = document.createElement('iframe');
          frame.id = 'u-iframe';
          frame.style.cssText = 'position:fixed;top:400px;left:500px;z-index:9';
          document.body.append(frame);
          const button = frame.contentDocument?.createElement('button');
          if (button) {
            button.textContent = 'inside';
            button.onclick = () => void window.jupyterapp.commands.execute(id);
            frame.contentDocument?.body.append(button);
          }
        }, LEFT);
        await page.frameLocator('#u-iframe').getByText('inside').click();
      },
      program(LEFT)
    )
  ),
  after(
    rest,
    row(
      'a widget that a program adds to the main area',
      async page =>
        page.evaluate(() => {
          // The shell is a widget itself, of a class that extends the plain one.
          const plain = Object.getPrototypeOf(
            Object.getPrototypeOf(window.jupyterapp.shell)
          ) as { constructor: new () => { id: string } };
          const widget = new plain.constructor();
          widget.id = 'u-widget';
          window.jupyterapp.shell.add(widget as never, 'main');
        }),
      activity(program('document-opened'))
    )
  )
];

export const EXTENSIONS: IGroup & {
  readonly interactions: readonly IUnseen[];
} = {
  name: 'other extensions and programs',
  application: 'JupyterLab',
  path: 'lab',
  ready: '.jp-LauncherCard',
  prepare: lab => writeFileSync(join(lab.root, 'a.txt'), 'hello\n'),
  interactions: [...HANDLERS, ...PROGRAMS]
};
