// Words and steps that the groups of the second suite share.

import { writeFileSync } from 'fs';
import { join } from 'path';

import type { Locator, Page } from '@playwright/test';

import type { ILab } from '../lab';
import type { IExpected, IGroup, IInteraction } from './table';
import { activity, child, told } from './table';

/** One row. */
export interface IUnseen extends IInteraction {
  /** What has to be there first; what is recorded of it is not looked at. */
  readonly setup?: IInteraction['act'];
  /** What the expectation had wrong about the application, where it had. */
  readonly corrected?: string;
}

/** Rows that share a page. */
export interface IUnseenGroup extends IGroup {
  readonly interactions: readonly IUnseen[];
}

export const LEFT = 'application:toggle-left-area';
export const RIGHT = 'application:toggle-right-area';

/** By a gesture: directly where it was still being handled, else from what was seen last. */
export const SEEN = ['inferred', 'direct'] as const;

export function row(
  name: string,
  act: IInteraction['act'],
  ...expected: IExpected[]
): IUnseen {
  return { name, act, expected };
}

export function after(setup: IInteraction['act'], one: IUnseen): IUnseen {
  return { ...one, setup };
}

/** A row whose expectation was wrong about the application, and is not any more. */
export function corrected(about: string, one: IUnseen): IUnseen {
  return { ...one, corrected: about };
}

export const keyed = (
  command: string,
  outcome: string | null = null
): IExpected => told(command, 'keybinding', 'keyboard', 'exact', outcome);

/** What a program did, as far as anybody can know. */
export const program = (command: string): IExpected =>
  told(command, 'programmatic', 'none', 'unknown');

/** An activity that a command carries out. */
export const carriedOut = (what: string, command: string): IExpected =>
  activity(child(what, command, ['inferred', 'exact']));

interface ISource {
  readonly type?: 'code' | 'markdown';
  readonly source: string;
  readonly html?: string;
}

export function writeCells(
  lab: ILab,
  name: string,
  sources: readonly ISource[]
): void {
  const cell = (one: ISource, index: number): object => ({
    cell_type: one.type ?? 'code',
    id: `cell-${index}`,
    metadata: {},
    source: one.source,
    ...(one.type === 'markdown'
      ? {}
      : { execution_count: null, outputs: one.html ? [output(one.html)] : [] })
  });
  const kernelspec = {
    display_name: 'Python 3 (ipykernel)',
    language: 'python',
    name: 'python3'
  };
  writeFileSync(
    join(lab.root, name),
    JSON.stringify({
      cells: sources.map(cell),
      metadata: { kernelspec },
      nbformat: 4,
      nbformat_minor: 5
    })
  );
}

function output(html: string): object {
  return {
    output_type: 'display_data',
    metadata: {},
    data: { 'text/html': html, 'text/plain': 'output' }
  };
}

export const file = (page: Page, name: string): Locator =>
  page
    .locator('.jp-DirListing-item')
    .filter({ has: page.getByText(name, { exact: true }) })
    .first();

export const tab = (page: Page, name: string | RegExp): Locator =>
  page.locator('#jp-main-dock-panel .lm-TabBar-tab', { hasText: name }).first();

/** Show the left side, wherever commands have left it. */
export async function showLeft(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shell = window.jupyterapp.shell as unknown as {
      expandLeft(): void;
    };
    shell.expandLeft();
  });
}

/** A moment in which no gesture is left that could explain anything. */
export async function rest(): Promise<void> {
  // The setup is followed by that moment.
}

export const sidebar = (page: Page, id: string): Locator =>
  page.locator(`.jp-SideBar .lm-TabBar-tab[data-id="${id}"]`);

/** The editor of a cell. */
export const editor = (page: Page, index: number): Locator =>
  page.locator('.jp-NotebookPanel:visible .jp-CodeCell .cm-content').nth(index);

/** Put the cursor into an empty cell below the last one. */
export async function emptyCell(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page
    .locator('.jp-NotebookPanel:visible .jp-CodeCell .jp-InputPrompt')
    .last()
    .click();
  await page.keyboard.press('b');
  await page.keyboard.press('Enter');
}

/** Wait until the kernel has nothing to do. */
export async function idle(page: Page): Promise<void> {
  await page
    .locator('.jp-NotebookPanel:visible [data-status="idle"]')
    .first()
    .waitFor({ state: 'attached', timeout: 30_000 });
}

/** Drag with the mouse, in steps as a hand does. */
export async function drag(
  page: Page,
  from: Locator,
  to: Locator,
  at = { x: 20, y: 10 }
): Promise<void> {
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  if (!start || !end) {
    throw new Error('nothing to drag');
  }
  await page.mouse.move(start.x + 15, start.y + 8);
  await page.mouse.down();
  await page.mouse.move(end.x + at.x, end.y + at.y - 4, { steps: 10 });
  await page.mouse.move(end.x + at.x, end.y + at.y, { steps: 4 });
  await page.mouse.up();
}

/** Execute a command as code does. */
export async function executeIn(page: Page, id: string): Promise<void> {
  await page.evaluate(
    command => window.jupyterapp.commands.execute(command),
    id
  );
}

/** Close the dialog that is open with a key. */
export async function answerByKey(
  page: Page,
  key: 'Enter' | 'Escape'
): Promise<void> {
  await page.locator('.jp-Dialog').waitFor();
  await page.keyboard.press(key);
  await page.locator('.jp-Dialog').waitFor({ state: 'detached' });
}

/**
 * Have a command executed by a timer that has nothing to do with the next gesture and ends just after it.
 * The page sets it as it sees the gesture: a timer that runs since before would come at another moment on a busy machine.
 *
 * @param key - Of keys, only this one is the gesture.
 */
export async function timerAfter(
  page: Page,
  type: 'click' | 'keydown',
  { key, ms = 150 }: { readonly key?: string; readonly ms?: number } = {}
): Promise<void> {
  await page.evaluate(
    ([id, awaited, onlyKey, delay]) => {
      const look = (event: Event): void => {
        if (!onlyKey || ('key' in event && event.key === onlyKey)) {
          window.removeEventListener(awaited, look, true);
          setTimeout(() => void window.jupyterapp.commands.execute(id), delay);
        }
      };
      window.addEventListener(awaited, look, true);
    },
    [LEFT, type, key, ms] as const
  );
}
