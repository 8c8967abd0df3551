// The third suite: forms and keys of other extensions.

import type { Page } from '@playwright/test';

import { told } from './table';
import type { IUnseen } from './unseen-rows';
import {
  after,
  executeIn,
  keyed,
  LEFT,
  program,
  rest,
  RIGHT,
  row
} from './unseen-rows';

/** Forms, and keys of an extension. */
async function addExtension(page: Page): Promise<void> {
  await page.evaluate(
    ([left, right]) => {
      const { commands } = window.jupyterapp;
      const host = document.createElement('div');
      host.style.cssText =
        'position:fixed;top:120px;left:500px;z-index:9;background:white;width:500px';
      host.innerHTML = `
        <form id="v-bare"><input></form>
        <form id="v-out"><input></form><button id="v-far" form="v-out">send</button>
        <form id="v-auto"><select><option>one</option><option>two</option></select></form>
        <form id="v-late"><input><button>send</button></form>
        <form id="v-code"><input><button>send</button></form>`;
      document.body.append(host);
      for (const form of host.querySelectorAll('form')) {
        form.addEventListener('submit', event => {
          event.preventDefault();
          void commands.execute(left);
        });
      }
      const form = (id: string): HTMLFormElement | null =>
        host.querySelector(`#${id}`);
      const auto = form('v-auto');
      auto?.addEventListener('change', () => auto.requestSubmit());
      const late = form('v-late');
      late?.addEventListener('keydown', event => {
        if (event.key === 'Enter') {
          event.preventDefault();
          setTimeout(() => late.requestSubmit(), 250);
        }
      });
      const bind = (command: string, ...keys: string[]): void =>
        void commands.addKeyBinding({ command, keys, selector: 'body' });
      bind(left, 'Alt Shift U');
      bind(left, 'Alt Shift K');
      bind(right, 'Alt Shift K', 'Alt Shift L');
    },
    [LEFT, RIGHT] as const
  );
}

const by = (
  device: 'mouse' | 'keyboard' | 'synthetic',
  claim: Parameters<typeof told>[3]
) => told(LEFT, 'other-widget', device, claim);

export const FORMS: readonly IUnseen[] = [
  after(
    addExtension,
    row(
      'a form with no button, sent with Enter',
      async page => {
        await page.locator('#v-bare input').focus();
        await page.keyboard.press('Enter');
      },
      by('keyboard', 'direct')
    )
  ),
  after(
    rest,
    row(
      'a form sent with a button that stands outside of it',
      page => page.locator('#v-far').click(),
      by('mouse', 'direct')
    )
  ),
  after(
    rest,
    row(
      'a form that is sent as soon as something is chosen in its list, by a letter',
      async page => {
        await page.locator('#v-auto select').focus();
        await page.keyboard.press('t');
      },
      by('keyboard', ['inferred', 'direct'])
    )
  ),
  after(
    rest,
    row(
      'a form that a handler of Enter sends a quarter of a second later',
      async page => {
        await page.locator('#v-late input').focus();
        await page.keyboard.press('Enter');
      },
      by('keyboard', 'inferred')
    )
  ),
  after(
    rest,
    row(
      'a form that a program sends, long after any gesture',
      page =>
        page.evaluate(() =>
          document.querySelector<HTMLFormElement>('#v-code')?.requestSubmit()
        ),
      program(LEFT)
    )
  ),
  after(
    rest,
    row(
      'a form whose button a program presses',
      page =>
        page.evaluate(() =>
          document.querySelector<HTMLElement>('#v-code button')?.click()
        ),
      by('synthetic', ['inferred', 'direct'])
    )
  )
];

/** Keydown events as programs make them. */
async function madeUp(
  page: Page,
  ...keys: readonly {
    key: string;
    mods: readonly ('ctrl' | 'alt' | 'shift')[];
  }[]
): Promise<void> {
  await page.evaluate(strokes => {
    for (const { key, mods } of strokes) {
      document.body.dispatchEvent(
        new KeyboardEvent('keydown', {
          key,
          keyCode: key.toUpperCase().charCodeAt(0),
          ctrlKey: mods.includes('ctrl'),
          altKey: mods.includes('alt'),
          shiftKey: mods.includes('shift'),
          bubbles: true,
          cancelable: true
        })
      );
    }
  }, keys);
}

/** Execute a command with the mark of a key binding that was none. */
async function forge(page: Page, command: string, key: string): Promise<void> {
  await page.evaluate(
    ([id, keys]) =>
      window.jupyterapp.commands.execute(id, {
        _luminoEvent: { type: 'keybinding', keys: [keys] }
      }),
    [command, key] as const
  );
}

export const KEYS: readonly IUnseen[] = [
  row(
    'a key binding that an extension has added',
    page => page.keyboard.press('Alt+Shift+U'),
    keyed(LEFT)
  ),
  row(
    'the first stroke of a chord, which is a key binding of its own: a second later',
    page => page.keyboard.press('Alt+Shift+K'),
    keyed(LEFT)
  ),
  row(
    'the whole chord',
    async page => {
      await page.keyboard.press('Alt+Shift+K');
      await page.keyboard.press('Alt+Shift+L');
    },
    keyed(RIGHT)
  ),
  row(
    'a key binding pressed while the page is busy for a second',
    async page => {
      await page.evaluate(() => {
        const busy = (): void => {
          const until = performance.now() + 1000;
          let now = 0;
          while (now < until) {
            now = performance.now();
          }
        };
        window.addEventListener('keydown', event => {
          if (event.key.toLowerCase() === 'b') {
            setTimeout(busy, 0);
          }
        });
      });
      await page.keyboard.press('Control+b');
    },
    keyed(LEFT)
  ),
  row(
    'Ctrl+B four times, as fast as it goes',
    async page => {
      for (let time = 0; time < 4; time++) {
        await page.keyboard.press('Control+b');
      }
    },
    keyed(LEFT),
    keyed(LEFT),
    keyed(LEFT),
    keyed(LEFT)
  ),
  after(
    rest,
    row(
      'the mark of a key binding forged just after a person pressed another key',
      async page => {
        await page.keyboard.press('q');
        await forge(page, LEFT, 'Ctrl B');
      },
      program(LEFT)
    )
  ),
  after(
    rest,
    row(
      'the mark of a key binding forged just after a person pressed those keys',
      async page => {
        await page.keyboard.press('Alt+Shift+U');
        await page.waitForTimeout(300);
        await forge(page, RIGHT, 'Alt Shift U');
      },
      keyed(LEFT),
      program(RIGHT)
    )
  ),
  after(
    rest,
    row(
      'the arguments of a key binding kept by a program, and used again for another command',
      async page => {
        await page.evaluate(
          ([left, right]) => {
            const { commands } = window.jupyterapp;
            let isDone = false;
            commands.commandExecuted.connect((_, { id, args }) => {
              if (id === left && !isDone) {
                isDone = true;
                setTimeout(() => void commands.execute(right, args), 1500);
              }
            });
          },
          [LEFT, RIGHT] as const
        );
        await page.keyboard.press('Alt+Shift+U');
      },
      keyed(LEFT),
      program(RIGHT)
    )
  ),
  after(
    rest,
    row(
      'a chord whose keys a program makes up',
      page =>
        madeUp(
          page,
          { key: 'k', mods: ['alt', 'shift'] },
          { key: 'l', mods: ['alt', 'shift'] }
        ),
      told(RIGHT, 'keybinding', 'synthetic', 'exact')
    )
  ),
  after(
    rest,
    row(
      'Control held by a person, the letter made up by a program',
      async page => {
        await page.keyboard.down('Control');
        await madeUp(page, { key: 'b', mods: ['ctrl'] });
        await page.keyboard.up('Control');
      },
      told(LEFT, 'keybinding', 'synthetic', 'exact')
    )
  ),
  after(
    rest,
    row(
      'a program just after a key binding that a program made up',
      async page => {
        await madeUp(page, { key: 'b', mods: ['ctrl'] });
        await executeIn(page, RIGHT);
      },
      told(LEFT, 'keybinding', 'synthetic', 'exact'),
      program(RIGHT)
    )
  )
];
