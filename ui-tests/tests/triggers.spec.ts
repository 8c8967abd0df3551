// How a command was triggered, by real gestures in a real browser: what jsdom cannot tell.

import type { Page } from '@playwright/test';

import type { ILab } from '../lab';
import { expect, test } from '../lab';
import { openLab } from '../steps';

const COMMAND = 'https://events.jupyter.org/jupyter_eventlog/command/v1';

interface IRecorded {
  readonly command: string;
  readonly trigger: {
    readonly surface: string;
    readonly device: string;
    readonly certainty: string;
  };
  readonly parent?: string;
  readonly keys?: string;
  readonly outcome: string;
}

async function call<T>(
  lab: ILab,
  method: string,
  path: string,
  body?: object
): Promise<T> {
  const response = await fetch(`${lab.url}/api/telemetry${path}`, {
    method,
    headers: {
      Authorization: `token ${lab.token}`,
      'Content-Type': 'application/json'
    },
    ...(body ? { body: JSON.stringify(body) } : {})
  });
  if (!response.ok) {
    throw new Error(
      `${method} ${path}: ${response.status} ${await response.text()}`
    );
  }
  return (await response.json()) as T;
}

async function consentToLocal(lab: ILab): Promise<void> {
  const { purposes } = await call<{
    purposes: { name: string; terms: string }[];
  }>(lab, 'GET', '');
  for (const { name, terms } of purposes) {
    await call(lab, 'PUT', '/consent', {
      purpose: name,
      mode: 'local',
      terms,
      control: 'settings'
    });
  }
}

/** Send all that waits, as a page does that goes away; then read what the server holds, oldest first. */
async function recorded(page: Page, lab: ILab): Promise<IRecorded[]> {
  const sent = page.waitForResponse(response =>
    response.url().includes('/api/telemetry/events')
  );
  await page.evaluate(() => window.dispatchEvent(new Event('pagehide')));
  await sent;
  const { events } = await call<{
    events: { recorded: { data: IRecorded } }[];
  }>(lab, 'GET', `/events?limit=1000&schema=${encodeURIComponent(COMMAND)}`);
  return events.map(event => event.recorded.data).reverse();
}

/** `surface device certainty`, and the parent if there is one, of each execution of a command. */
function triggersOf(events: readonly IRecorded[], command: string): string[] {
  return events
    .filter(event => event.command === command)
    .map(({ trigger, parent }) =>
      [
        trigger.surface,
        trigger.device,
        trigger.certainty,
        ...(parent ? [`< ${parent}`] : [])
      ].join(' ')
    );
}

async function openMenu(page: Page, name: RegExp): Promise<void> {
  await page.locator('.lm-MenuBar-itemLabel', { hasText: name }).click();
  await page.locator('.lm-Menu').waitFor();
}

test.describe('in JupyterLab', () => {
  test.beforeEach(async ({ lab, page }) => {
    test.setTimeout(120_000);
    await consentToLocal(lab);
    await openLab(page, lab);
    await page.waitForFunction(() =>
      Object.hasOwn(window.jupyterapp.commands, 'execute')
    );
  });

  test('each surface and device is told by the gesture that was made', async ({
    page,
    lab
  }) => {
    await test.step('launcher', async () => {
      await page
        .locator('.jp-LauncherCard[data-category="Notebook"]')
        .first()
        .click();
      await page.locator('.jp-NotebookPanel .jp-Cell').waitFor();
    });
    await test.step('toolbar, by mouse and by keyboard', async () => {
      const insert = page.locator(
        '.jp-NotebookPanel-toolbar [data-jp-item-name="insert"] [data-command]'
      );
      await insert.click();
      await insert.focus();
      await page.keyboard.press('Enter');
    });
    await test.step('main menu', async () => {
      await openMenu(page, /^View$/);
      await page
        .locator(
          '.lm-Menu-item[data-command="apputils:activate-command-palette"]'
        )
        .click();
      await page.keyboard.press('Escape');
    });
    await test.step('palette, by mouse', async () => {
      await page.keyboard.press('Control+Shift+C');
      await page
        .locator('.lm-CommandPalette-input')
        .last()
        .fill('Insert Cell Below');
      await page
        .locator(
          '.lm-CommandPalette-item[data-command="notebook:insert-cell-below"]'
        )
        .first()
        .click();
    });
    await test.step('cell toolbar', async () => {
      await page.locator('.jp-Cell').first().click();
      await page
        .locator('.jp-cell-toolbar [data-command="notebook:duplicate-below"]')
        .first()
        .click();
    });
    await test.step('context menu, by mouse and by keyboard', async () => {
      const item = page
        .locator('.lm-Menu-item[data-command="notebook:copy-cell"]')
        .first();
      await page
        .locator('.jp-Cell .jp-InputPrompt')
        .first()
        .click({ button: 'right' });
      await item.click();
      await page
        .locator('.jp-Cell .jp-InputPrompt')
        .first()
        .click({ button: 'right' });
      await item.waitFor();
      await expect(async () => {
        await page.keyboard.press('ArrowDown');
        await expect(item).toHaveClass(/lm-mod-active/, { timeout: 100 });
      }).toPass();
      await page.keyboard.press('Enter');
    });
    await test.step('key binding', async () => {
      await page.locator('.jp-Cell .jp-InputPrompt').first().click();
      await page.keyboard.press('c');
    });
    await test.step('the add button of the tab bar', async () => {
      await page
        .locator('#jp-main-dock-panel .lm-TabBar-addButton:visible')
        .first()
        .click();
      await page.locator('.jp-Launcher:visible').waitFor();
    });
    await test.step('a program, long after any gesture', async () => {
      // The rule itself is about time: a gesture explains a command for half a second.
      await page.waitForTimeout(600);
      await page.evaluate(() =>
        window.jupyterapp.commands.execute('application:toggle-left-area')
      );
    });

    const events = await recorded(page, lab);
    const told = (command: string): string[] => triggersOf(events, command);
    expect(told('notebook:create-new')).toEqual(['launcher mouse direct']);
    expect(told('notebook:insert-cell-below')).toEqual([
      'toolbar mouse exact',
      'toolbar keyboard exact',
      'palette mouse exact'
    ]);
    expect(told('apputils:activate-command-palette')).toEqual([
      'main-menu mouse exact',
      'keybinding keyboard exact'
    ]);
    expect(told('notebook:duplicate-below')).toEqual([
      'cell-toolbar mouse exact'
    ]);
    expect(told('notebook:copy-cell')).toEqual([
      'context-menu mouse exact',
      'context-menu keyboard exact',
      'keybinding keyboard exact'
    ]);
    // The first one is JupyterLab's own, at the start.
    expect(told('launcher:create').slice(-1)).toEqual(['tab-bar mouse direct']);
    expect(told('application:toggle-left-area')).toEqual([
      'programmatic none unknown'
    ]);
  });

  test('a dialog that is refused is no failure of the command that asked', async ({
    page,
    lab
  }) => {
    await page
      .locator('.jp-LauncherCard[data-category="Notebook"]')
      .first()
      .click();
    await page.locator('.jp-NotebookPanel .jp-Cell').waitFor();
    for (const answer of ['.jp-mod-reject', '.jp-mod-accept']) {
      await openMenu(page, /^Kernel$/);
      await page
        .locator('.lm-Menu-item[data-command="kernelmenu:restart-and-clear"]')
        .click();
      await page.locator('.jp-Dialog').locator(answer).click();
      await page.locator('.jp-Dialog').waitFor({ state: 'detached' });
    }

    const restarts = async (): Promise<string[][]> =>
      (await recorded(page, lab))
        .filter(({ command }) => command === 'kernelmenu:restart-and-clear')
        .map(({ trigger, outcome }) => [trigger.surface, outcome]);
    // It settles when the kernel has restarted.
    await expect.poll(restarts, { timeout: 30_000 }).toEqual([
      ['main-menu', 'cancelled'],
      ['main-menu', 'success']
    ]);
    const events = await recorded(page, lab);
    expect(events.filter(({ outcome }) => outcome === 'failure')).toEqual([]);
  });
});
