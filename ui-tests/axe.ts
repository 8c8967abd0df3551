// What axe finds in a part of the page; a picture of each is kept with the test's results.

import AxeBuilder from '@axe-core/playwright';
import type { Page, TestInfo } from '@playwright/test';

import { expect } from './lab';

const THEMES = [
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast',
  'JupyterLab Light'
];

/** See that axe finds nothing in a part of the page, whatever the theme; the light one is left. */
export async function expectAccessible(
  page: Page,
  selector: string,
  name: string,
  info: TestInfo
): Promise<void> {
  for (const theme of THEMES) {
    await page.evaluate(async chosen => {
      await window.jupyterapp.commands.execute('apputils:change-theme', {
        theme: chosen
      });
    }, theme);
    await expect(page.locator('body')).toHaveAttribute(
      'data-jp-theme-name',
      theme
    );
    // JupyterLab's splash lies over all of it meanwhile.
    await expect(page.locator('#jupyterlab-splash')).toHaveCount(0, {
      timeout: 60_000
    });
    const file = `${name}-${theme.replaceAll(' ', '-').toLowerCase()}`;
    await expectAccessibleNow(page, selector, file, info);
  }
}

/** The same in the theme that is there. */
export async function expectAccessibleNow(
  page: Page,
  selector: string,
  name: string,
  info: TestInfo
): Promise<void> {
  const path = info.outputPath(`${name}.png`);
  await page.screenshot({ path });
  await info.attach(name, { path, contentType: 'image/png' });
  const { violations, passes } = await new AxeBuilder({ page })
    .include(selector)
    .analyze();
  expect(passes.length).toBeGreaterThan(0);
  expect(
    violations.map(({ id, nodes }) => ({
      name,
      id,
      nodes: nodes.map(
        ({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`
      )
    }))
  ).toEqual([]);
}
