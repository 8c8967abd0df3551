// Terms that grow between two starts of the server: asked about once, and each answer has its effect at the sinks.

import { existsSync, readFileSync } from 'fs';
import { join } from 'path';

import type { Page } from '@playwright/test';

import { expectAccessible } from '../axe';
import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';
import { execute, openLab, openPanel, refreshPanel, reopen } from '../steps';

/** No duration, one recipient. */
const AGREED = SHARING.replace('"bucket"', '"drop"');

/** Durations too; kept longer; another recipient. */
function grown(partners: number): string {
  const sinks = Array.from(
    { length: partners },
    (_, n) => `
    {"name": "partner${n}", "type": "jsonl", "purposes": ["usage"], "path": HOME + "/archive/partner${n}.jsonl",
     "recipient": "Partner ${n}", "retention": "30d", "can_erase": True},`
  );
  return SHARING.replace('"90d"', '"180d"').replace(
    '"can_erase": True},\n]',
    `"can_erase": True},${sinks.join('')}\n]`
  );
}

interface IForwarded {
  readonly data: { readonly command: string; readonly duration_ms?: number };
}

/** What one command left at a sink. */
function forwarded(lab: ILab, name: string, command: string): IForwarded[] {
  const path = join(lab.home, 'archive', `${name}.jsonl`);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as IForwarded)
    .filter(({ data }) => data.command === command);
}

/** Run a command that no test ran before, and wait until it has arrived where it always arrives. */
async function arrives(
  page: Page,
  lab: ILab,
  command: string
): Promise<IForwarded | undefined> {
  await execute(page, 1, command);
  await expect
    .poll(() => forwarded(lab, 'events', command).length, {
      timeout: 90_000
    })
    .toBe(1);
  return forwarded(lab, 'events', command)[0];
}

/** Answer a banner, and wait until the server has recorded it. */
async function answer(
  page: Page,
  within: string,
  label: string
): Promise<void> {
  const recorded = page.waitForResponse(
    response =>
      response.url().includes('/api/telemetry/consent') &&
      response.request().method() === 'PUT'
  );
  await page
    .locator(within)
    .getByRole('button', { name: label, exact: true })
    .click();
  expect((await recorded).status()).toBe(200);
}

/** Leave the panel: the banner does not ask what is asked there. */
async function toWork(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await window.jupyterapp.commands.execute('launcher:create');
  });
  await expect(page.locator('.jp-eventlog-Panel')).toBeHidden();
}

const BANNER = '.jp-eventlog-Notice';
const status = (page: Page) => page.locator('.jp-eventlog-Status');

test.use({
  eventlog: AGREED,
  settings: {
    'settings/jupyter-eventlog/consent.jupyterlab-settings': {
      noticeIdleSeconds: 1
    }
  }
});

test('terms that grow ask for an answer, and until there is one all goes on as agreed', async ({
  page,
  lab
}, info) => {
  test.setTimeout(900_000);
  // JupyterLab tells of a server that is away; nobody has to read it here.
  await page.addLocatorHandler(
    page.locator('.jp-Dialog', { hasText: 'Server Connection Error' }),
    async dialog => dialog.locator('.jp-Dialog-button').last().click()
  );
  await openLab(page, lab);
  await page
    .locator(BANNER)
    .getByRole('button', { name: 'Share with' })
    .click();
  await expect(status(page)).toHaveText(/on →/);
  await arrives(page, lab, 'application:toggle-left-area');

  // The page stays open; what it asks the server next, tells it.
  await lab.restart(grown(1));
  const before = await arrives(
    page,
    lab,
    'application:toggle-presentation-mode'
  );
  expect(before?.data).not.toHaveProperty('duration_ms');
  await openPanel(page);
  await refreshPanel(page);
  const panel = page.locator('.jp-eventlog-Panel');
  await expect(panel.locator('.jp-eventlog-ChangedTerms')).toContainText(
    /\+ field Settled after; \+ recipient Partner 0; kept 90 → 180 days\./
  );
  await expect(status(page)).toHaveText('Telemetry: terms changed');
  await expectAccessible(page, '.jp-eventlog-Panel', 'changed-panel', info);
  await answer(page, '.jp-eventlog-Panel', 'Keep earlier terms');
  await expect(panel.locator('.jp-eventlog-ChangedTerms')).toHaveCount(0);
  await expect(panel).toContainText('You keep to the terms of');
  await expect(status(page)).toHaveText(/on → (?!.*Partner)/);
  const on = panel.getByRole('radio', { name: /^On/ });
  await expect(on).not.toHaveAccessibleName(/Partner/);

  // An answer is asked for once: in a page that begins anew nobody asks again.
  await reopen(page);
  const kept = await arrives(page, lab, 'filebrowser:toggle-last-modified');
  expect(kept?.data).not.toHaveProperty('duration_ms');
  await expect(page.locator(BANNER)).toHaveCount(0);
  expect(existsSync(join(lab.home, 'archive', 'partner0.jsonl'))).toBe(false);

  // Kept terms can be accepted later.
  await openPanel(page);
  await refreshPanel(page);
  await expectAccessible(page, '.jp-eventlog-Panel', 'kept-panel', info);
  await answer(page, '.jp-eventlog-Panel', 'Accept these too');
  await expect(panel).not.toContainText('You keep to the terms of');
  await expect(on).toBeFocused();
  await expect(on).toHaveAccessibleName(/Partner 0/);
  await expect(status(page)).toHaveText(/on → .*Partner 0/);
  const later = await arrives(
    page,
    lab,
    'filebrowser:toggle-navigate-to-current-directory'
  );
  expect(later?.data).toHaveProperty('duration_ms');

  // Others ask once more, and can be accepted where somebody works.
  await lab.restart(grown(2));
  await reopen(page);
  await toWork(page);
  await expect(page.locator(BANNER)).toContainText('Partner 1', {
    timeout: 60_000
  });
  await expectAccessible(page, BANNER, 'changed-banner', info);
  await answer(page, BANNER, 'Accept');
  await expect(page.locator(BANNER)).toHaveCount(0);
  const accepted = await arrives(page, lab, 'application:toggle-right-area');
  expect(accepted?.data).toHaveProperty('duration_ms');
  await expect
    .poll(
      () => forwarded(lab, 'partner1', 'application:toggle-right-area').length,
      { timeout: 90_000 }
    )
    .toBe(1);
  expect(
    forwarded(lab, 'partner0', 'application:toggle-presentation-mode')
  ).toEqual([]);

  // Or be the reason to turn it off.
  await lab.restart(grown(3));
  await reopen(page);
  await toWork(page);
  await page.locator(BANNER).waitFor({ timeout: 60_000 });
  await page.locator(BANNER).getByRole('button', { name: 'Accept' }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(status(page)).toHaveText('Telemetry: off');
  await expect(page.locator(BANNER)).toHaveCount(0);
  await execute(page, 3, 'filebrowser:toggle-file-size');
  await openPanel(page);
  await refreshPanel(page);
  await expect(page.locator('.jp-eventlog-Panel')).not.toContainText(
    'filebrowser:toggle-file-size'
  );
  expect(forwarded(lab, 'events', 'filebrowser:toggle-file-size')).toEqual([]);
});
