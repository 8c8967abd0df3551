// Every way of starting something, as a table: what is done, and what has to be recorded of it.

import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';

import { test as plain } from '@playwright/test';

import { tableText, withTable } from '../interactions/document';
import { GROUPS } from '../interactions/groups';
import { runGroup } from '../interactions/run';
import { expect, test } from '../lab';

const DOCUMENT = join(__dirname, '../../docs/reference/triggers.md');

// A kernel that is busy with its start answers late, and completions are given up after a second.
test.use({
  settings: {
    'settings/@jupyterlab/completer-extension/manager.jupyterlab-settings': {
      providerTimeout: 10_000
    }
  }
});

for (const group of GROUPS) {
  test(`${group.application}: ${group.name}`, async ({ browser, lab }) => {
    expect(await runGroup(group, browser, lab)).toEqual([]);
  });
}

plain(
  'there are at least 120 interactions, and 100 of them in JupyterLab',
  () => {
    const inLab = GROUPS.filter(group => group.application === 'JupyterLab');
    const count = (groups: typeof GROUPS): number =>
      groups.flatMap(({ interactions }) => interactions).length;
    expect(count(GROUPS)).toBeGreaterThanOrEqual(120);
    expect(count(inLab)).toBeGreaterThanOrEqual(100);
  }
);

/** `EVENTLOG_WRITE_TABLE=1 playwright test interactions -g reference` writes it. */
plain('the table in docs/reference/triggers.md is this one', () => {
  const text = readFileSync(DOCUMENT, 'utf8');
  const wanted = withTable(text, tableText(GROUPS));
  if (process.env.EVENTLOG_WRITE_TABLE) {
    writeFileSync(DOCUMENT, wanted);
  }
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(wanted);
});
