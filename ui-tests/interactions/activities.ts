// What is no command, though people think so, and what follows from commands: told as activities.

import { writeFileSync } from 'fs';
import { join } from 'path';

import type { Locator, Page } from '@playwright/test';

import { writeNotebook } from './menus';
import { tap } from './pointers';
import {
  answer,
  byMenu,
  byToolbar,
  commandMode,
  inCommandMode,
  untilIdle,
  untilMode
} from './steps';
import type { IGroup } from './table';
import { activity, child, interaction, told } from './table';

const file = (page: Page, name: string): Locator =>
  page.locator('.jp-DirListing-item', { hasText: name }).first();

const tab = (page: Page, name: string): Locator =>
  page.locator('#jp-main-dock-panel .lm-TabBar-tab', { hasText: name }).first();

const cellType = (page: Page): Locator =>
  page
    .locator(
      '.jp-NotebookPanel:visible .jp-Notebook-toolbarCellTypeDropdown select'
    )
    .first();

/** Drag with the mouse, in steps as a hand does. */
async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  if (!start || !end) {
    throw new Error('nothing to drag');
  }
  await page.mouse.move(start.x + 15, start.y + 8);
  await page.mouse.down();
  await page.mouse.move(end.x + 20, end.y + 6, { steps: 10 });
  await page.mouse.move(end.x + 20, end.y + 10, { steps: 4 });
  await page.mouse.up();
}

/** By a gesture: directly where it was still being handled, else from what was seen last. */
const SEEN = ['inferred', 'direct'] as const;

export const ACTIVITIES: IGroup = {
  name: 'what is no command',
  application: 'JupyterLab',
  path: 'lab',
  ready: '.jp-LauncherCard',
  prepare: lab => {
    writeNotebook(lab, 'first.ipynb');
    writeFileSync(join(lab.root, 'a.txt'), 'hello\n');
    writeFileSync(join(lab.root, 'b.md'), '# one\n');
  },
  interactions: [
    interaction(
      'a file opened with a double click',
      async page => file(page, 'first.ipynb').dblclick(),
      activity(told('document-opened', 'file-browser', 'mouse', SEEN))
    ),
    interaction(
      'a file opened with Enter',
      async page => {
        await file(page, 'a.txt').click();
        await page.keyboard.press('Enter');
      },
      activity(told('document-opened', 'file-browser', 'keyboard', SEEN))
    ),
    interaction(
      'a tab clicked',
      async page => {
        await page.locator('.jp-FileEditor:visible').waitFor();
        await tab(page, 'first.ipynb').click();
      },
      activity(told('tab-activated', 'tab-bar', 'mouse', SEEN))
    ),
    interaction(
      'a tab touched',
      async page => tap(page, tab(page, 'a.txt')),
      activity(told('tab-activated', 'tab-bar', 'touch', SEEN))
    ),
    interaction(
      "a tab's close icon",
      async page =>
        tab(page, 'a.txt').locator('.lm-TabBar-tabCloseIcon').click(),
      activity(told('document-closed', 'tab-bar', 'mouse', SEEN))
    ),
    interaction(
      "the cell type's list, by mouse and arrow keys",
      async page => {
        await page
          .locator('.jp-NotebookPanel:visible .jp-Cell .jp-InputPrompt')
          .first()
          .click();
        await cellType(page).focus();
        await page.keyboard.press('ArrowDown');
      },
      activity(told('cell-type-changed', 'toolbar', 'keyboard', SEEN))
    ),
    interaction(
      'a completion picked with Enter',
      async page => {
        await inCommandMode('b', 'Enter')(page);
        await untilMode(page, 'edit');
        await page.keyboard.type('is');
        await untilIdle(page);
        await page.keyboard.press('Tab');
        await page.locator('.jp-Completer-item').first().waitFor();
        await page.keyboard.press('Enter');
      },
      told('notebook:insert-cell-below', 'keybinding', 'keyboard', 'exact'),
      told('notebook:enter-edit-mode', 'keybinding', 'keyboard', 'exact'),
      told('completer:invoke-notebook', 'keybinding', 'keyboard', 'exact'),
      told('completer:select-notebook', 'keybinding', 'keyboard', 'exact'),
      activity(child('completion-picked', 'completer:select-notebook', 'exact'))
    ),
    interaction(
      'a completion picked with the mouse',
      async page => {
        await page.keyboard.press('Escape');
        await untilMode(page, 'command');
        await inCommandMode('b', 'Enter')(page);
        await untilMode(page, 'edit');
        await page.keyboard.type('is');
        await untilIdle(page);
        await page.keyboard.press('Tab');
        await page.locator('.jp-Completer-item').first().click();
      },
      told('notebook:enter-command-mode', 'keybinding', 'keyboard', 'exact'),
      told('notebook:insert-cell-below', 'keybinding', 'keyboard', 'exact'),
      told('notebook:enter-edit-mode', 'keybinding', 'keyboard', 'exact'),
      told('completer:invoke-notebook', 'keybinding', 'keyboard', 'exact'),
      activity(told('completion-picked', 'other-widget', 'mouse', SEEN))
    ),
    interaction(
      'a cell dragged with the mouse and dropped',
      async page => {
        await commandMode(page);
        const prompts = page.locator(
          '.jp-NotebookPanel:visible .jp-InputPrompt'
        );
        await drag(page, prompts.nth(0), prompts.nth(2));
      },
      activity(told('item-dropped', 'other-widget', 'mouse', SEEN))
    ),
    interaction(
      "the kernel's name, and a kernel chosen in its dialog",
      async page => {
        await page.locator('.jp-NotebookPanel:visible .jp-KernelName').click();
        await answer(page, 'accept');
        // What is run before there is a kernel is not executed.
        await untilIdle(page);
      },
      activity(told('kernel-chosen', 'dialog', 'mouse', SEEN))
    ),
    interaction(
      'a cell run by key binding',
      inCommandMode('Control+Enter'),
      told('notebook:run-cell', 'keybinding', 'keyboard', 'exact'),
      activity(
        child('cell-executed', 'notebook:run-cell', ['inferred', 'exact'])
      )
    ),
    interaction(
      'a cell run from the main menu',
      byMenu('Run', 'Run Selected Cell and Do not Advance'),
      told('notebook:run-cell', 'main-menu', 'mouse', 'exact'),
      activity(
        child('cell-executed', 'notebook:run-cell', ['inferred', 'exact'])
      )
    ),
    interaction(
      'a cell type changed by key binding',
      inCommandMode('m'),
      told(
        'notebook:change-cell-to-markdown',
        'keybinding',
        'keyboard',
        'exact'
      ),
      activity(
        child('cell-type-changed', 'notebook:change-cell-to-markdown', [
          'inferred',
          'exact'
        ])
      )
    ),
    interaction(
      'a notebook saved by key binding',
      inCommandMode('Control+s'),
      told('docmanager:save', 'keybinding', 'keyboard', 'exact'),
      activity(
        child('document-saved', 'docmanager:save', ['inferred', 'exact'])
      )
    ),
    interaction(
      'a notebook saved from the toolbar',
      async page => {
        await inCommandMode('b')(page);
        await byToolbar('save')(page);
      },
      told('notebook:insert-cell-below', 'keybinding', 'keyboard', 'exact'),
      told('docmanager:save', 'toolbar', 'mouse', 'exact'),
      activity(
        child('document-saved', 'docmanager:save', ['inferred', 'exact'])
      )
    ),
    interaction(
      'a kernel interrupted from the toolbar',
      byToolbar('interrupt'),
      told('notebook:interrupt-kernel', 'toolbar', 'mouse', 'exact'),
      activity(
        child('kernel-interrupted', 'notebook:interrupt-kernel', [
          'inferred',
          'exact'
        ])
      )
    ),
    interaction(
      'a kernel restarted from the toolbar',
      async page => {
        await byToolbar('restart')(page);
        await answer(page, 'accept');
      },
      told('notebook:restart-kernel', 'toolbar', 'mouse', 'exact'),
      activity(
        child('kernel-restarted', 'notebook:restart-kernel', [
          'inferred',
          'direct'
        ])
      )
    ),
    interaction(
      'a search by key binding',
      async page => {
        await commandMode(page);
        await page.keyboard.press('Control+f');
        await page.locator('.jp-DocumentSearch-overlay').waitFor();
        await page.keyboard.type('1');
      },
      told('documentsearch:start', 'keybinding', 'keyboard', 'exact'),
      activity(
        child('search-used', 'documentsearch:start', ['inferred', 'exact'])
      )
    ),
    interaction(
      'a theme chosen in the main menu',
      async page => {
        await byMenu('Settings', 'Theme', 'JupyterLab Dark')(page);
        await page
          .locator('body[data-jp-theme-light="false"]')
          .waitFor({ state: 'attached' });
        await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
      },
      told('apputils:change-theme', 'main-menu', 'mouse', 'exact'),
      activity(
        child('theme-changed', 'apputils:change-theme', ['inferred', 'exact'])
      )
    ),
    interaction(
      'a setting changed in the main menu',
      byMenu('Settings', 'Autosave Documents'),
      told('docmanager:toggle-autosave', 'main-menu', 'mouse', 'exact'),
      activity(
        child('setting-changed', 'docmanager:toggle-autosave', [
          'inferred',
          'exact'
        ])
      )
    ),
    interaction(
      'a file dragged onto a folder or a document',
      async page =>
        drag(
          page,
          file(page, 'b.md'),
          page.locator('.jp-NotebookPanel:visible .jp-Cell').last()
        ),
      activity(told('item-dropped', 'file-browser', 'mouse', SEEN))
    )
  ]
};
