// The table of interactions once more, in Firefox.

import { GROUPS } from '../interactions/groups';
import { runGroup } from '../interactions/run';
import { expect, test } from '../lab';

/**
 * What the driver of Firefox cannot do: it knows neither fingers nor pens, and a key that it presses opens no
 * context menu.
 */
const UNDRIVEN = /\b(finger|pen)\b|^context menu opened by/;

for (const group of GROUPS) {
  test(`${group.application}: ${group.name}`, async ({ browser, lab }) => {
    test.setTimeout(240_000);
    const interactions = group.interactions.filter(
      ({ name }) => !UNDRIVEN.test(name)
    );
    const problems = await runGroup({ ...group, interactions }, browser, lab);
    expect(problems).toEqual([]);
  });
}
