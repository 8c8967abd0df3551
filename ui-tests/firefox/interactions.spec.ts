// The table of interactions once more, in Firefox.

import { GROUPS } from '../interactions/groups';
import { runGroup } from '../interactions/run';
import type { IInteraction } from '../interactions/table';
import { expect, test } from '../lab';

/**
 * What the driver of Firefox cannot do: it knows neither fingers nor pens, and a key that it presses opens no
 * context menu.
 */
const UNDRIVEN = /\b(finger|pen|touched)\b|^context menu opened by/;

// A kernel that is busy with its start answers late, and completions are given up after a second.
test.use({
  settings: {
    'settings/@jupyterlab/completer-extension/manager.jupyterlab-settings': {
      providerTimeout: 10_000
    }
  }
});

/** A window that Firefox takes to be in the background has no focus. */
function inFront(interaction: IInteraction): IInteraction {
  return {
    ...interaction,
    act: async (page, lab) => {
      await page.bringToFront();
      await interaction.act(page, lab);
    }
  };
}

for (const group of GROUPS) {
  test(`${group.application}: ${group.name}`, async ({ browser, lab }) => {
    const interactions = group.interactions
      .filter(({ name }) => !UNDRIVEN.test(name))
      .map(inFront);
    const problems = await runGroup({ ...group, interactions }, browser, lab);
    expect(problems).toEqual([]);
  });
}
