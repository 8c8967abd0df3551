// Panel, notice and settings control hold no violation that axe finds, in light, dark and high contrast.

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import { expectAccessibleNow } from '../axe';
import { expect, SHARING, test } from '../lab';
import {
  execute,
  isShadowed,
  openLab,
  openPanel,
  openSettings,
  refreshPanel
} from '../steps';

const THEMES = [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
];

/** Whether JupyterLab has saved, with its own state, that the notice was shown. */
async function askedBefore(page: IJupyterLabPageFixture): Promise<boolean> {
  const saved = await page.evaluate(async () =>
    (await fetch('/lab/api/workspaces/default')).text()
  );
  return saved.includes('"jupyter-eventlog-notice:asked"');
}

for (const theme of THEMES) {
  test.describe(theme, () => {
    test.use({
      eventlog: SHARING,
      settings: {
        'settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings': {
          theme
        },
        'settings/jupyter-eventlog/consent.jupyterlab-settings': {
          noticeIdleSeconds: 1
        }
      }
    });

    test('notice, panel and settings control', async ({ page, lab }, info) => {
      await openLab(page, lab);
      const name = theme.replaceAll(' ', '-').toLowerCase();

      const notice = page.locator('.jp-eventlog-Notice');
      await notice.waitFor();
      await notice.getByText('See an example').click();
      await expectAccessibleNow(
        page,
        '.jp-eventlog-Notice',
        `notice-${name}`,
        info
      );
      await notice.getByRole('button', { name: /^Share with/ }).click();
      await expect(notice).toHaveCount(0);

      await openPanel(page);
      await expect(
        page.locator('.jp-eventlog-Panel').getByRole('radio', { name: /^On/ })
      ).toBeChecked();
      await expect.poll(() => isShadowed(page)).toBe(true);
      await execute(page, 1);
      await expect(async () => {
        await refreshPanel(page);
        await expect(page.locator('.jp-eventlog-Row')).not.toHaveCount(0, {
          timeout: 500
        });
      }).toPass({ timeout: 60_000 });
      await page.locator('.jp-eventlog-Row button').first().click();
      await page.locator('.jp-eventlog-Detail').waitFor();
      await expectAccessibleNow(
        page,
        '.jp-eventlog-Panel',
        `panel-${name}`,
        info
      );

      await openSettings(page);
      await expectAccessibleNow(
        page,
        '.jp-SettingsPanel .jp-eventlog-ModeControl',
        `settings-${name}`,
        info
      );
    });
  });
}

test.describe('by keyboard alone', () => {
  test.use({
    eventlog: SHARING,
    settings: {
      'settings/jupyter-eventlog/consent.jupyterlab-settings': {
        noticeIdleSeconds: 1
      }
    }
  });

  test('Escape leaves the notice unanswered, and it does not come back', async ({
    page,
    lab
  }) => {
    await openLab(page, lab);
    const notice = page.locator('.jp-eventlog-Notice');
    await notice.waitFor();
    await notice.getByRole('button').first().focus();
    await page.keyboard.press('Escape');
    await expect(notice).toHaveCount(0);
    await expect(page.locator('.jp-eventlog-Status')).toHaveText(
      'Telemetry: off'
    );
    await expect.poll(async () => askedBefore(page)).toBe(true);
    await page.reload();
    await page.locator('.jp-eventlog-Status').waitFor();
    // Three times as long as the notice would wait.
    await expect(async () => {
      expect(await page.evaluate(() => performance.now())).toBeGreaterThan(
        6_000
      );
    }).toPass({ timeout: 60_000 });
    await expect(notice).toHaveCount(0);
  });

  test('the mode is chosen and an event is opened without a mouse', async ({
    page,
    lab
  }) => {
    await openLab(page, lab);
    await page.keyboard.press('Control+Shift+C');
    await page.locator('.lm-CommandPalette-input').last().fill('Telemetry');
    await page
      .locator('.lm-CommandPalette-item[data-command="eventlog:open"]')
      .waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const panel = page.locator('.jp-eventlog-Panel');
    await panel.waitFor();
    const local = panel.getByRole('radio', { name: /^Local/ });
    await expect(async () => {
      await page.keyboard.press('Tab');
      await expect(panel.getByRole('radio', { name: /^Off/ })).toBeFocused({
        timeout: 100
      });
    }).toPass();
    await page.keyboard.press('ArrowDown');
    await expect(local).toBeFocused();
    await page.keyboard.press('Space');
    await expect(local).toBeChecked();
    await expect(page.locator('.jp-eventlog-Status')).toHaveText(
      'Telemetry: local'
    );
  });
});
