// What only a real browser tells of commands beside how they were started, which is the table of interactions.

import type { Page } from '@playwright/test';

import { consentToLocal, Recorded } from '../interactions/recorded';
import { answer, byMenu } from '../interactions/steps';
import { expect, test } from '../lab';
import { openLab } from '../steps';

const TOGGLE = 'application:toggle-left-area';

test.beforeEach(async ({ lab, page }) => {
  await consentToLocal(lab);
  await openLab(page, lab);
  await page.waitForFunction(() =>
    Object.hasOwn(window.jupyterapp.commands, 'execute')
  );
});

/** The outcomes that are recorded of a command, oldest first. */
async function outcomes(
  recorded: Recorded,
  page: Page,
  command: string
): Promise<(string | null)[]> {
  return (await recorded.read(page))
    .filter(({ what }) => what === command)
    .map(({ outcome }) => outcome);
}

test('a dialog that is refused is no failure of the command that asked', async ({
  page,
  lab
}) => {
  await page
    .locator('.jp-LauncherCard[data-category="Notebook"]')
    .first()
    .click();
  await page.locator('.jp-NotebookPanel .jp-Cell').waitFor();
  for (const button of ['reject', 'accept'] as const) {
    await byMenu(
      'Kernel',
      'Restart Kernel and Clear Outputs of All Cells…'
    )(page);
    await answer(page, button);
  }
  const recorded = new Recorded(lab);
  // It settles when the kernel has restarted.
  await expect
    .poll(() => outcomes(recorded, page, 'kernelmenu:restart-and-clear'), {
      timeout: 60_000
    })
    .toEqual(['cancelled', 'success']);
  expect(
    recorded.events.filter(({ outcome }) => outcome === 'failure')
  ).toEqual([]);
});

test('a rejection that nobody handles is still reported as unhandled', async ({
  page,
  lab
}) => {
  const messages = await page.evaluate(async () => {
    const { commands } = window.jupyterapp;
    const heard: string[] = [];
    window.addEventListener('unhandledrejection', event => {
      heard.push(String(event.reason));
    });
    commands.addCommand('other-extension:rejects', {
      execute: () => Promise.reject(new Error('nobody handles this'))
    });
    const reported = new Promise(resolve =>
      window.addEventListener('unhandledrejection', resolve)
    );
    void commands.execute('other-extension:rejects');
    await reported;
    return heard;
  });
  expect(messages).toEqual(['Error: nobody handles this']);
  const recorded = new Recorded(lab);
  await expect
    .poll(() => outcomes(recorded, page, '(other)'))
    .toEqual(['failure']);
});

test('an extension that shadows execute after us is not disturbed, nor are we', async ({
  page,
  lab
}) => {
  const seen = await page.evaluate(async command => {
    const { commands } = window.jupyterapp;
    const ids: string[] = [];
    const before = commands.execute.bind(commands);
    commands.execute = async (id, args) => {
      ids.push(id);
      return (await before(id, args)) as unknown;
    };
    await commands.execute(command);
    return ids;
  }, TOGGLE);
  expect(seen).toEqual([TOGGLE]);
  const recorded = new Recorded(lab);
  await expect
    .poll(() => outcomes(recorded, page, TOGGLE))
    .toEqual(['success']);
});

test('a command that is pending when the page is left is told as unsettled, once', async ({
  page,
  lab
}) => {
  await byMenu('File', 'Open from Path…')(page);
  await page.locator('.jp-Dialog').waitFor();
  await openLab(page, lab);
  const recorded = new Recorded(lab);
  await expect
    .poll(() => outcomes(recorded, page, 'filebrowser:open-path'))
    .toEqual(['unsettled']);
});
