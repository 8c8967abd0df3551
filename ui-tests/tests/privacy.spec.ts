// The privacy page of the demonstration: readable in light and dark, by keyboard and on a phone, without a script.

import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Page } from '@playwright/test';
import { readFileSync } from 'fs';
import { join } from 'path';

import type { ILab } from '../lab';
import { expect, test } from '../lab';

/** The demonstration's own configuration, with its files below the test's directory. */
const DEMONSTRATION = readFileSync(
  join(__dirname, '../../examples/demo/jupyter_server_config.py'),
  'utf8'
).replace(
  'Path(__file__).resolve().parent / "data"',
  'Path(HOME) / "demonstration"'
);

/** Colour scheme → what is behind the text. */
const SCHEMES = [
  ['light', 'rgb(255, 255, 255)'],
  ['dark', 'rgb(21, 24, 29)']
] as const;

/** Open the page as somebody who is logged in, by a cookie; no JupyterLab is there to be waited for. */
async function openPrivacy(
  context: BrowserContext,
  lab: ILab
): Promise<{ page: Page; said: string[] }> {
  const page = await context.newPage();
  // It answers with a cookie, and with the way to JupyterLab, which is not gone.
  await context.request.get(`${lab.url}/login?token=${lab.token}`, {
    maxRedirects: 0
  });
  const said: string[] = [];
  page.on('console', message => said.push(message.text()));
  page.on('pageerror', error => said.push(error.message));
  await page.goto(`${lab.url}/api/telemetry/privacy`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'Privacy on this Jupyter server'
  );
  return { page, said };
}

test.use({ eventlog: DEMONSTRATION });

test('in light and dark it holds no violation that axe finds, loads nothing, and says who gets what', async ({
  context,
  lab
}) => {
  test.setTimeout(300_000);
  const { page, said } = await openPrivacy(context, lab);
  expect(said).toEqual([]);
  expect(
    await page.evaluate(() => performance.getEntriesByType('resource'))
  ).toEqual([]);
  for (const [colorScheme, behind] of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    expect(
      await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    ).toBe(behind);
    const picture = test.info().outputPath(`privacy-${colorScheme}.png`);
    await page.screenshot({ path: picture });
    await test
      .info()
      .attach(colorScheme, { path: picture, contentType: 'image/png' });
    const { violations, passes } = await new AxeBuilder({ page }).analyze();
    expect(passes.length).toBeGreaterThan(0);
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  }

  const glance = page.getByRole('table', { name: 'At a glance' });
  await expect(
    glance.getByRole('row', { name: /^How JupyterLab is used/ })
  ).toHaveText(/Only if you agree.*90 days.*IT Services, Example University/);
  const rights = page.getByRole('table', { name: /^Your rights/ });
  await expect(
    rights.getByRole('row', { name: /^Withdraw your consent/ })
  ).toContainText('choose Off');
  await expect(page.locator('body')).not.toContainText(lab.home);
  await expect(page.locator('body')).not.toContainText('events.jsonl');
});

test('by keyboard: the text, each part of it and what is too wide for the window', async ({
  context,
  lab
}) => {
  test.setTimeout(300_000);
  const { page } = await openPrivacy(context, lab);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the text' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();

  await page.reload();
  const rights = page.getByRole('link', { name: 'Your rights' });
  await expect(async () => {
    await page.keyboard.press('Tab');
    await expect(rights).toBeFocused({ timeout: 100 });
  }).toPass();
  await page.keyboard.press('Enter');
  await expect(
    page.getByRole('heading', { name: 'Your rights' })
  ).toBeInViewport();

  await page.setViewportSize({ width: 400, height: 700 });
  const fields = page.getByRole('region', { name: 'Fields: Command' });
  await fields.focus();
  await page.keyboard.press('ArrowRight');
  await expect
    .poll(async () => fields.evaluate(region => region.scrollLeft))
    .toBeGreaterThan(0);
  // The page itself never scrolls sideways.
  expect(
    await page.evaluate(
      () =>
        document.documentElement.scrollWidth <=
        document.documentElement.clientWidth
    )
  ).toBe(true);
});
