// Every way of starting something, as a table: what is done, and what has to be recorded of it.

import { GROUPS } from '../interactions/groups';
import { runGroup } from '../interactions/run';
import { expect, test } from '../lab';

// As JupyterLab's, which all tests need.
test.use({ eventlog: 'c.JupyterNotebookApp.expose_app_in_browser = True\n' });

for (const group of GROUPS) {
  test(`${group.application}: ${group.name}`, async ({ browser, lab }) => {
    test.setTimeout(180_000);
    expect(await runGroup(group, browser, lab)).toEqual([]);
  });
}
