// How people start things, in steps that the groups share.

import type { Locator, Page } from '@playwright/test';

/** Open a menu of the menu bar with the mouse. */
export async function openMenu(page: Page, name: string): Promise<void> {
  const exactly = new RegExp(`^${name}$`);
  await page.locator('.lm-MenuBar-itemLabel', { hasText: exactly }).click();
  await page.locator('.lm-Menu').first().waitFor();
}

export function item(page: Page, label: string | RegExp): Locator {
  const exactly =
    typeof label === 'string' ? new RegExp(`^${escaped(label)}$`) : label;
  return page
    .locator('.lm-Menu-item:not(.lm-mod-hidden)')
    .filter({
      has: page.locator('.lm-Menu-itemLabel', { hasText: exactly })
    })
    .last();
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Choose with the mouse; the last label is the item, those before it are menus. */
export function byMenu(
  ...labels: (string | RegExp)[]
): (page: Page) => Promise<void> {
  return async page => {
    const [menu, ...rest] = labels;
    await openMenu(page, String(menu));
    for (const label of rest.slice(0, -1)) {
      await item(page, label).hover();
    }
    await item(page, rest.at(-1) ?? '').click();
  };
}

/** Move the mark to an item of the open menu with the arrow keys. */
export async function markByKeys(
  page: Page,
  label: string | RegExp
): Promise<void> {
  const wanted = item(page, label);
  for (let press = 0; press < 60; press++) {
    if (
      ((await wanted.getAttribute('class')) ?? '').includes('lm-mod-active')
    ) {
      return;
    }
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`no way to ${String(label)}`);
}

/** Open a menu with the mouse, choose with the keys. */
export function byMenuKeys(
  menu: string,
  label: string | RegExp
): (page: Page) => Promise<void> {
  return async page => {
    await openMenu(page, menu);
    await markByKeys(page, label);
    await page.keyboard.press('Enter');
  };
}

export async function openPalette(page: Page, search: string): Promise<void> {
  await page.keyboard.press('Control+Shift+C');
  await page.locator('.lm-CommandPalette-input').last().fill(search);
}

export function paletteItem(page: Page, command: string): Locator {
  return page
    .locator(`.lm-CommandPalette-item[data-command="${command}"]:visible`)
    .first();
}

/** Press with the right button, then choose. */
export async function byContextMenu(
  page: Page,
  target: Locator,
  label: string | RegExp
): Promise<void> {
  await target.click({ button: 'right' });
  await item(page, label).click();
}

export const COMMAND_MODE = '.jp-Cell .jp-InputPrompt';

/** Select the first cell of the notebook in command mode. */
export async function commandMode(page: Page): Promise<void> {
  await page
    .locator('.jp-NotebookPanel:visible .jp-Cell .jp-InputPrompt')
    .first()
    .click();
}

export const press =
  (...keys: string[]) =>
  async (page: Page): Promise<void> => {
    for (const key of keys) {
      await page.keyboard.press(key);
    }
  };

/** Press keys in command mode. */
export const inCommandMode =
  (...keys: string[]) =>
  async (page: Page): Promise<void> => {
    await commandMode(page);
    await press(...keys)(page);
  };

/** What JupyterLab's pages tell of the kernel of the document in front. */
interface IWithKernel {
  readonly sessionContext?: { readonly kernelDisplayStatus: string };
}

/**
 * Until the kernel of the notebook in front answers. The indicator beside its name says idle, too, before there is a
 * kernel, and what is run then is told by JupyterLab as executed though nothing was.
 */
export async function untilIdle(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const notebook = window.jupyterapp.shell
      .currentWidget as IWithKernel | null;
    return notebook?.sessionContext?.kernelDisplayStatus === 'idle';
  });
}

/** JupyterLab drops a key binding when text is typed before it has run. */
export async function untilMode(
  page: Page,
  mode: 'command' | 'edit'
): Promise<void> {
  await page
    .locator(`.jp-NotebookPanel:visible .jp-Notebook.jp-mod-${mode}Mode`)
    .waitFor();
}

export const toolbarItem = (page: Page, name: string): Locator =>
  page
    .locator(
      `.jp-NotebookPanel:visible .jp-NotebookPanel-toolbar [data-jp-item-name="${name}"] [data-command]`
    )
    .first();

export const byToolbar =
  (name: string) =>
  async (page: Page): Promise<void> => {
    await toolbarItem(page, name).click();
  };

export const byToolbarKey =
  (name: string, key: 'Enter' | 'Space') =>
  async (page: Page): Promise<void> => {
    await toolbarItem(page, name).focus();
    await page.keyboard.press(key);
  };

/** Answer the dialog that is open. */
export async function answer(
  page: Page,
  button: 'accept' | 'reject'
): Promise<void> {
  await page
    .locator(`.jp-Dialog .jp-Dialog-button.jp-mod-${button}`)
    .last()
    .click();
  await page.locator('.jp-Dialog').waitFor({ state: 'detached' });
}
