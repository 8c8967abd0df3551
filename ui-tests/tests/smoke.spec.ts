import { expect, test } from '@jupyterlab/galata';

test('JupyterLab opens with jupyter-eventlog installed', async ({ page }) => {
  await expect(page.locator('#jp-main-dock-panel')).toBeVisible();

  const pageConfig = await page
    .locator('#jupyter-config-data')
    .evaluate(element => element.textContent);
  expect(
    (
      JSON.parse(pageConfig) as { federated_extensions: { name: string }[] }
    ).federated_extensions.map(({ name }) => name)
  ).toContain('jupyter-eventlog');
});

test('its plugins are registered', async ({ page }) => {
  const plugins = await page.evaluate(() => window.jupyterapp.listPlugins());
  expect(plugins.filter(id => id.startsWith('jupyter-eventlog:'))).not.toEqual(
    []
  );
});
