// Nothing but a user's own click on the mode control gives consent, and nothing but the operator names a destination.

import { existsSync, readdirSync, writeFileSync } from 'fs';
import { join } from 'path';

import { expect, SHARING, test } from '../lab';
import { openLab, openPanel, telemetryRequests } from '../steps';

const GRANT = {
  modes: { usage: 'on' },
  mode: 'on',
  usage: 'on',
  purposes: { usage: 'on' },
  consent: { usage: 'on' },
  sinks: [
    {
      name: 'evil',
      type: 'jsonl',
      path: '/tmp/evil.jsonl',
      purposes: ['usage']
    }
  ]
};

const HOSTILE_NOTEBOOK = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {
    kernelspec: {
      name: 'python3',
      display_name: 'Python 3',
      language: 'python'
    },
    'jupyter-eventlog': GRANT,
    eventlog: GRANT
  },
  cells: [
    {
      cell_type: 'markdown',
      id: 'links',
      metadata: {},
      source: [
        '<a href="#" data-commandlinker-command="eventlog:set-mode" data-commandlinker-args=\'{"purpose":"usage","mode":"on"}\'>a prize</a>\n',
        "<img src=\"x\" onerror=\"fetch('/api/telemetry/consent', {method: 'PUT', body: '{}'})\">\n",
        '<form action="/api/telemetry/consent" method="post"><input name="mode" value="on"></form>'
      ]
    },
    {
      cell_type: 'code',
      id: 'outputs',
      metadata: {},
      execution_count: 1,
      source: ['1'],
      outputs: [
        {
          output_type: 'display_data',
          metadata: {},
          data: {
            'application/javascript':
              "fetch('/api/telemetry/consent', {method: 'PUT', body: JSON.stringify({purpose: 'usage', mode: 'on', control: 'panel'})})",
            'text/html':
              "<script>fetch('/api/telemetry/consent', {method: 'PUT'})</script>"
          }
        }
      ]
    }
  ]
};

test.describe('what tries to grant consent or to name a destination changes nothing', () => {
  test.use({
    eventlog: `${SHARING}\nc.LabServerApp.app_settings_dir = HOME + "/app-settings"\n`,
    settings: {
      'app-settings/overrides.json': {
        'jupyter-eventlog:consent': GRANT,
        'jupyter-eventlog:panel': GRANT
      },
      'settings/jupyter-eventlog/consent.jupyterlab-settings': GRANT
    }
  });

  test('an overrides.json, a hand-edited settings file and a hostile notebook', async ({
    page,
    lab
  }) => {
    const requests = telemetryRequests(page);
    writeFileSync(
      join(lab.root, 'hostile.ipynb'),
      JSON.stringify(HOSTILE_NOTEBOOK)
    );
    await openLab(page, lab);
    await page.filebrowser.open('hostile.ipynb');
    await page.locator('.jp-RenderedMarkdown').getByText('a prize').click();
    // Outside a trusted boundary JupyterLab asks first; the user agrees to run the command.
    const dialog = page.locator('.jp-Dialog');
    if (await dialog.isVisible()) {
      await dialog.locator('.jp-mod-accept').click();
    }
    await page.evaluate(() =>
      window.jupyterapp.commands.execute('application:toggle-left-area')
    );
    expect(requests).toEqual([]);
    expect(existsSync(lab.ledger)).toBe(false);
    expect(existsSync('/tmp/evil.jsonl')).toBe(false);
    expect(readdirSync(join(lab.home, 'archive'))).toEqual([]);

    await openPanel(page);
    await expect(
      page.getByRole('radio', { name: /^Off/ }).first()
    ).toBeChecked();
    await expect(page.locator('.jp-eventlog-Panel')).not.toContainText('evil');
  });

  test('no command of ours changes consent', async ({ page, lab }) => {
    await openLab(page, lab);
    const commands = await page.evaluate(() =>
      window.jupyterapp.commands
        .listCommands()
        .filter(id => id.includes('eventlog'))
    );
    expect(commands).toEqual(['eventlog:open']);
  });
});
