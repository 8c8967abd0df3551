// Nothing is on: nothing of ours listens, stores, makes ids, talks or records, whatever is done in JupyterLab.

import { existsSync } from 'fs';

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import { expect, SHARING, test } from '../lab';
import { callApi, consentTo } from '../registry';
import {
  databases,
  execute,
  isShadowed,
  openLab,
  outwaitFlush,
  telemetryRequests
} from '../steps';
import { readTraces, watchTraces } from '../traces';

/** Activities are offered as well. */
const EVERYTHING = `${SHARING}
schemas = "https://events.jupyter.org/jupyter_eventlog"
c.EventLogApp.allowed_schemas[f"{schemas}/activity/v1"] = {"purpose": "usage"}
c.EventLogApp.allowed_schemas[f"{schemas}/session/v1"] = {"purpose": "usage"}
`;

test.use({ eventlog: EVERYTHING });

/** What would be activities: documents, cells, kernels, tabs, search, settings and themes. */
async function work(page: IJupyterLabPageFixture): Promise<void> {
  await page.notebook.createNew('silence.ipynb');
  await page.notebook.setCell(0, 'code', '1 + 1');
  await page.notebook.runCell(0);
  await page.notebook.save();
  await page.keyboard.press('Control+f');
  await page.locator('.jp-DocumentSearch-input').first().fill('1');
  await page.keyboard.press('Escape');
  await page.activity.activateTab('Launcher');
  await page.evaluate(async () => {
    const { commands } = window.jupyterapp;
    const theme = 'JupyterLab Dark';
    await commands.execute('apputils:change-theme', { theme });
  });
  await page.activity.closeAll();
}

for (const choice of ['no choice', 'off'] as const) {
  test(`with ${choice}, 200 commands and what people do beside leave no trace`, async ({
    page,
    lab
  }) => {
    if (choice === 'off') {
      // On and then off again, so that there is something to forget.
      await consentTo(lab, 'on');
      await consentTo(lab, 'off');
    }
    await watchTraces(page);
    const requests = telemetryRequests(page);
    await openLab(page, lab);
    await work(page);
    await execute(page, 200);
    await outwaitFlush(page);

    expect(await readTraces(page)).toEqual([]);
    expect(requests).toEqual([]);
    expect(await isShadowed(page)).toBe(false);
    expect(await databases(page)).toEqual([]);
    // A choice has to be kept; without one there is no ledger at all.
    expect(existsSync(lab.ledger)).toBe(choice === 'off');
    const held = await callApi(lab, '/events?purpose=usage');
    expect(await held.text()).toBe('{"events":[],"next":null}');
  });
}
