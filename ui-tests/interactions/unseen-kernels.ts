// Kernels, their dialogs, what runs for long, links in outputs, debugger, two windows.

import type { Page } from '@playwright/test';

import type { ILab } from '../lab';
import { answer, byMenu, byToolbar, inCommandMode } from './steps';
import type { IGroup } from './table';
import { activity, child, told } from './table';
import type { IUnseen } from './unseen-rows';
import {
  after,
  answerByKey,
  carriedOut,
  corrected,
  executeIn,
  idle,
  keyed,
  LEFT,
  program,
  rest,
  row,
  SEEN,
  showLeft,
  timerAfter,
  writeCells
} from './unseen-rows';

const BUTTON = `<button data-commandlinker-command="${LEFT}">do it</button>`;

const prompt = (page: Page, index: number) =>
  page.locator('.jp-NotebookPanel:visible .jp-InputPrompt').nth(index);

/** Run the cell that sleeps, and wait until it does. */
async function runSlowly(page: Page): Promise<void> {
  await idle(page);
  await prompt(page, 0).click();
  await page.keyboard.press('Control+Enter');
  await page.locator('.jp-InputPrompt', { hasText: '[*]' }).first().waitFor();
}

/** Have the page execute a command so many milliseconds from now. */
async function later(page: Page, ms: number): Promise<void> {
  await page.evaluate(
    ([id, delay]) => {
      setTimeout(() => void window.jupyterapp.commands.execute(id), delay);
    },
    [LEFT, ms] as const
  );
}

/** What an extension does that listens to outputs: execute a command when the word comes. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(id => {
    interface IHasSession {
      sessionContext: {
        iopubMessage: {
          connect(
            slot: (sender: unknown, message: { content: object }) => void
          ): void;
        };
      };
    }
    const panel = window.jupyterapp.shell
      .currentWidget as unknown as IHasSession;
    panel.sessionContext.iopubMessage.connect((_, { content }) => {
      if ('text' in content && String(content.text).includes('now')) {
        void window.jupyterapp.commands.execute(id);
      }
    });
  }, LEFT);
}

const DIALOGS: readonly IUnseen[] = [
  after(
    idle,
    row(
      'keys 0, 0 and Enter in the dialog',
      async page => {
        await inCommandMode('0', '0')(page);
        await answerByKey(page, 'Enter');
        await idle(page);
      },
      keyed('kernelmenu:restart', 'success'),
      child(
        'notebook:restart-kernel',
        'kernelmenu:restart',
        'exact',
        'success'
      ),
      carriedOut('kernel-restarted', 'notebook:restart-kernel')
    )
  ),
  row(
    "the kernel's name, and its dialog left with Escape: nothing",
    async page => {
      await page
        .locator('.jp-NotebookPanel:visible .jp-KernelName')
        .first()
        .click();
      await answerByKey(page, 'Escape');
    }
  ),
  row(
    'status bar: the kernel, and its dialog left with Escape: nothing',
    async page => {
      await page
        .locator('.jp-StatusBar-Item', { hasText: /Python 3.*\|/ })
        .first()
        .click();
      await answerByKey(page, 'Escape');
    }
  ),
  row(
    'main menu: Kernel > Restart Kernel…, accepted with the mouse',
    async page => {
      await byMenu('Kernel', 'Restart Kernel…')(page);
      await answer(page, 'accept');
      await idle(page);
    },
    told('kernelmenu:restart', 'main-menu', 'mouse', 'exact', 'success'),
    child('notebook:restart-kernel', 'kernelmenu:restart', 'exact', 'success'),
    carriedOut('kernel-restarted', 'notebook:restart-kernel')
  )
];

const SLOW: readonly IUnseen[] = [
  after(
    async page => {
      await showLeft(page);
      await runSlowly(page);
    },
    row(
      'while a cell runs: another surface',
      page =>
        page
          .locator('.jp-FileBrowser [data-command="filebrowser:refresh"]')
          .first()
          .click(),
      told('filebrowser:refresh', 'toolbar', 'mouse', 'exact')
    )
  ),
  after(
    runSlowly,
    row(
      'while a cell runs: stopped with the toolbar',
      byToolbar('interrupt'),
      told('notebook:interrupt-kernel', 'toolbar', 'mouse', 'exact'),
      carriedOut('kernel-interrupted', 'notebook:interrupt-kernel')
    )
  ),
  after(
    runSlowly,
    row('while a cell runs: a click into another cell: nothing', page =>
      prompt(page, 1).click()
    )
  ),
  row(
    'while a cell runs: a command of a timer that has nothing to do with it',
    async page => {
      await idle(page);
      await timerAfter(page, 'keydown', { key: 'Enter', ms: 2500 });
      await inCommandMode('Control+Enter')(page);
      await page.waitForTimeout(2700);
    },
    keyed('notebook:run-cell'),
    carriedOut('cell-executed', 'notebook:run-cell'),
    program(LEFT)
  ),
  row(
    'while a cell runs: a click, and then a command of a timer',
    async page => {
      await idle(page);
      await inCommandMode('Control+Enter')(page);
      await prompt(page, 1).click();
      await later(page, 700);
      await page.waitForTimeout(900);
    },
    keyed('notebook:run-cell'),
    carriedOut('cell-executed', 'notebook:run-cell'),
    program(LEFT)
  ),
  row(
    'main menu: Run > Run All Cells, with one that takes long',
    async page => {
      await idle(page);
      await byMenu('Run', 'Run All Cells')(page);
      await page.waitForTimeout(300);
      await idle(page);
    },
    told('runmenu:run-all', 'main-menu', 'mouse', 'exact', 'success'),
    child('notebook:run-all-cells', 'runmenu:run-all', 'exact', 'success'),
    ...[1, 2, 3, 4, 5].map(() =>
      carriedOut('cell-executed', 'notebook:run-all-cells')
    )
  )
];

const MESSAGES: readonly IUnseen[] = [
  after(
    listen,
    row(
      'a command by a message of the kernel while its cell runs',
      async page => {
        await idle(page);
        await prompt(page, 2).click();
        await page.keyboard.press('Control+Enter');
        await idle(page);
      },
      keyed('notebook:run-cell'),
      carriedOut('cell-executed', 'notebook:run-cell'),
      child(LEFT, 'notebook:run-cell', 'inferred')
    )
  ),
  after(
    rest,
    row(
      'a command by a message of the kernel long after its cell',
      async page => {
        await idle(page);
        await prompt(page, 3).click();
        await page.keyboard.press('Control+Enter');
        await page.waitForTimeout(2000);
      },
      keyed('notebook:run-cell'),
      carriedOut('cell-executed', 'notebook:run-cell'),
      program(LEFT)
    )
  ),
  row(
    'a notebook saved by a timer while somebody types',
    async page => {
      await page.locator('.jp-CodeCell .cm-content').last().click();
      await page.evaluate(() => {
        setTimeout(() => {
          const widget = window.jupyterapp.shell.currentWidget as unknown as {
            context: { save(): Promise<void> };
          };
          void widget.context.save();
        }, 700);
      });
      await page.keyboard.type(' # typed for a while', { delay: 60 });
    },
    activity(program('document-saved'))
  ),
  row(
    'a notebook saved by a timer just after a cell was inserted',
    async page => {
      await page.keyboard.press('Escape');
      await page.waitForTimeout(600);
      // Set as the page sees the gesture, to end just after it on a busy machine too.
      await page.evaluate(() => {
        const save = (): void => {
          const widget = window.jupyterapp.shell.currentWidget as unknown as {
            context: { save(): Promise<void> };
          };
          void widget.context.save();
        };
        const start = (): void => void setTimeout(save, 150);
        window.addEventListener('click', start, { capture: true, once: true });
      });
      await byToolbar('insert')(page);
    },
    keyed('notebook:enter-command-mode'),
    told('notebook:insert-cell-below', 'toolbar', 'mouse', 'exact'),
    activity(program('document-saved'))
  )
];

const LINKS: readonly IUnseen[] = [
  row(
    'a button with a command link, in an output of a notebook not trusted: Run Once',
    async page => {
      await page.locator(`button[data-commandlinker-command]`).first().click();
      await page.locator('.jp-Dialog .jp-mod-accept').first().click();
    },
    told(LEFT, 'link', 'mouse', 'exact')
  ),
  corrected(
    'trusting a notebook saves it',
    row(
      'the same, and Trust chosen in the question',
      async page => {
        await page
          .locator(`button[data-commandlinker-command]`)
          .first()
          .click();
        await page.locator('.jp-Dialog .jp-mod-warn').first().click();
        const sure = page.getByRole('button', { name: /^Confirm Trusting/ });
        await sure.click();
      },
      told('notebook:trust', 'dialog', 'mouse', SEEN),
      carriedOut('document-saved', 'notebook:trust'),
      told(LEFT, 'link', 'mouse', ['inferred', 'exact'])
    )
  ),
  row(
    'the same in a notebook that is trusted now',
    page => page.locator(`button[data-commandlinker-command]`).first().click(),
    told(LEFT, 'link', 'mouse', 'exact')
  ),
  row(
    'the same by focus and Enter',
    async page => {
      await page.locator(`button[data-commandlinker-command]`).first().focus();
      await page.keyboard.press('Enter');
    },
    told(LEFT, 'link', 'keyboard', 'exact')
  )
];

/** The same notebook in a second window. */
async function secondWindow(page: Page, lab: ILab): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto(
    `${lab.url}/lab/workspaces/second/tree/slow.ipynb?token=${lab.token}`
  );
  await other.waitForFunction(() =>
    Object.hasOwn(window.jupyterapp.commands, 'execute')
  );
  await other.locator('.jp-NotebookPanel .jp-Cell').first().waitFor();
  await other.evaluate(async () => window.jupyterapp.restored);
  return other;
}

const WINDOWS: readonly IUnseen[] = [
  row(
    'a click in one window, a program in another: the click explains nothing there',
    async (page, lab) => {
      const other = await secondWindow(page, lab);
      await page.bringToFront();
      await byToolbar('copy')(page);
      await executeIn(other, 'application:toggle-presentation-mode');
      await other.close({ runBeforeUnload: true });
    },
    told('notebook:copy-cell', 'toolbar', 'mouse', 'exact'),
    program('application:toggle-presentation-mode')
  ),
  row(
    'a button pressed in a second window',
    async (page, lab) => {
      const other = await secondWindow(page, lab);
      await byToolbar('copy')(other);
      await other.close({ runBeforeUnload: true });
    },
    told('notebook:copy-cell', 'toolbar', 'mouse', 'exact')
  )
];

const DEBUGGER: readonly IUnseen[] = [
  row(
    'debugger panel by Ctrl+Shift+E',
    async page => {
      await inCommandMode('Control+Shift+E')(page);
      await page
        .locator('#jp-debugger-sidebar, .jp-DebuggerSidebar')
        .first()
        .waitFor();
    },
    keyed('debugger:show-panel')
  ),
  row("the notebook's debugger button: nothing", async page => {
    await page
      .locator('.jp-NotebookPanel:visible .jp-DebuggerBugButton')
      .first()
      .click();
    await page
      .locator('.jp-DebuggerBugButton[aria-pressed="true"]')
      .first()
      .waitFor();
  })
];

export const KERNELS: IGroup & { readonly interactions: readonly IUnseen[] } = {
  name: 'kernels, what takes long, links, windows, debugger',
  application: 'JupyterLab',
  path: 'lab/tree/slow.ipynb',
  ready: '.jp-NotebookPanel .jp-Cell',
  prepare: lab =>
    writeCells(lab, 'slow.ipynb', [
      { source: 'import time; time.sleep(4)' },
      { source: '1', html: BUTTON },
      {
        source:
          'import time; time.sleep(1); print("n" + "ow", flush=True); time.sleep(1)'
      },
      {
        source:
          'import threading; threading.Timer(1.2, lambda: print("n" + "ow", flush=True)).start()'
      },
      { source: '2' }
    ]),
  interactions: [
    ...LINKS,
    ...DIALOGS,
    ...SLOW,
    ...MESSAGES,
    ...WINDOWS,
    ...DEBUGGER
  ]
};
