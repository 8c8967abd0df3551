// Another extension, examples/extension: built as its author would, beside ours, and without ours.

import { existsSync, readFileSync } from 'fs';
import { join } from 'path';

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import type { ILab } from '../lab';
import { expect, SHARING, test } from '../lab';
import {
  chooseInPanel,
  databases,
  isShadowed,
  openLab,
  openPanel,
  outwaitFlush,
  telemetryRequests
} from '../steps';

const EXAMPLE = join(__dirname, '..', '..', 'examples', 'extension');
const GREET = 'eventlog-example:greet';
const GREETED = 'https://events.example.org/eventlog_example/greeted/v1';
const COMMAND = 'https://events.jupyter.org/jupyter_eventlog/command/v1';

/** Where the extension is, and that its events may be collected. */
const WITH_EXAMPLE = `${SHARING}
c.LabServerApp.extra_labextensions_path = [
    os.path.dirname(jupyterlab.galata.__file__), ${JSON.stringify(join(EXAMPLE, 'labextensions'))}
]
c.EventLogApp.schemas = [${JSON.stringify(join(EXAMPLE, 'schemas', 'greeted.v1.json'))}]
c.EventLogApp.allowed_schemas["${GREETED}"] = {
    "purpose": "usage", "allowed_categories": ["category.jupyter.org/unrestricted"],
}
c.EventLogApp.sinks.append({
    "name": "shown", "type": "tooltip", "side": "browser", "purposes": ["usage"],
    "recipient": "You, in this browser", "retention": "1d",
})
`;
const LISTED = `c.EventLogApp.commands = {"${GREET}": {"language": ["en", "fr"]}}`;

/** What a click on the button is: a command, and an event of the extension's own that the command started. */
const BY_BUTTON = {
  surface: 'other-widget',
  device: 'mouse',
  certainty: 'direct'
};
const BY_COMMAND = { surface: 'command', certainty: 'exact' };

/** A flush is due after five seconds. */
const SOON = { timeout: 60_000 };

async function greet(page: IJupyterLabPageFixture): Promise<void> {
  const button = page.locator('#eventlog-example-button');
  await button.click();
  await expect(button).toHaveText('Bonjour');
}

/** The data of the events of a schema that the server holds, as they were recorded. */
async function held(
  page: IJupyterLabPageFixture,
  schema: string
): Promise<Record<string, unknown>[]> {
  const body = await page.evaluate(async id => {
    const query = new URLSearchParams({ schema: id, limit: '1000' });
    return (await fetch(`/api/telemetry/events?${query.toString()}`)).text();
  }, schema);
  const { events } = JSON.parse(body) as {
    events: { recorded: { data: Record<string, unknown> } }[];
  };
  return events.map(({ recorded }) => recorded.data);
}

/** The data of the events of a schema that were forwarded. */
function forwarded(lab: ILab, schema: string): Record<string, unknown>[] {
  return (existsSync(lab.archive) ? readFileSync(lab.archive, 'utf8') : '')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as { dataschema: string; data: object })
    .filter(({ dataschema }) => dataschema === schema)
    .map(({ data }) => ({ ...data }));
}

test.describe('an extension that uses ours', () => {
  test.use({ eventlog: WITH_EXAMPLE });

  test('nothing is recorded, stored or sent while all is off, and it works', async ({
    page,
    lab
  }) => {
    const requests = telemetryRequests(page);
    await openLab(page, lab);
    await greet(page);
    await outwaitFlush(page);
    expect(requests).toEqual([]);
    expect(await databases(page)).toEqual([]);
    expect(await isShadowed(page)).toBe(false);
    expect(existsSync(lab.ledger)).toBe(false);
  });

  test('local: its command is told by name, its event with its trigger; its sink gets nothing', async ({
    page,
    lab
  }) => {
    await openLab(page, lab);
    await openPanel(page);
    await chooseInPanel(page, 'Local');
    await greet(page);
    await expect
      .poll(() => held(page, GREETED), SOON)
      .toMatchObject([{ language: 'fr', trigger: BY_COMMAND, parent: GREET }]);
    await expect
      .poll(() => held(page, COMMAND), SOON)
      .toContainEqual(
        expect.objectContaining({
          command: GREET,
          trigger: BY_BUTTON,
          args: [{ name: 'language', choice: 'fr' }]
        })
      );
    await expect(page.locator('#eventlog-example-button')).not.toHaveAttribute(
      'title',
      /./
    );
  });

  test('on: names that the operator does not list do not leave; its sink gets what is declared', async ({
    page,
    lab
  }) => {
    await openLab(page, lab);
    await openPanel(page);
    await chooseInPanel(page, 'On');
    await greet(page);
    await expect
      .poll(() => forwarded(lab, GREETED), SOON)
      .toMatchObject([
        { language: 'fr', trigger: BY_COMMAND, parent: '(other)' }
      ]);
    await expect
      .poll(() => forwarded(lab, COMMAND), SOON)
      .toContainEqual(
        expect.objectContaining({ command: '(other)', trigger: BY_BUTTON })
      );
    expect(readFileSync(lab.archive, 'utf8')).not.toContain(GREET);

    // The last that it wrote is the command, which settles after its event: under no name and so without arguments,
    // without the duration, which is rounded for recipients and by nobody in the page, and with a time that is cut
    // to the minute.
    const title = await page
      .locator('#eventlog-example-button')
      .getAttribute('title');
    const event = JSON.parse(title ?? 'null') as {
      schema: string;
      time: string;
      data: object;
    };
    expect(event.schema).toBe(COMMAND);
    expect(event.time).toMatch(/:00\.000Z$/);
    expect(title).not.toContain(GREET);
    expect(Object.keys(event.data).sort()).toEqual([
      'command',
      'outcome',
      'trigger'
    ]);
  });
});

test.describe('an extension whose commands the operator lists', () => {
  test.use({ eventlog: `${WITH_EXAMPLE}${LISTED}` });

  test('is told by name in what is forwarded', async ({ page, lab }) => {
    await openLab(page, lab);
    await openPanel(page);
    await chooseInPanel(page, 'On');
    await greet(page);
    await expect
      .poll(() => forwarded(lab, COMMAND), SOON)
      .toContainEqual(
        expect.objectContaining({
          command: GREET,
          trigger: BY_BUTTON,
          args: [{ name: 'language', choice: 'fr' }]
        })
      );
    expect(forwarded(lab, GREETED)).toMatchObject([
      { language: 'fr', trigger: BY_COMMAND, parent: GREET }
    ]);
  });
});

/** What a page without ours is: the button greets, and nothing went wrong. */
const ABSENT = [
  {
    why: 'disabled',
    eventlog: WITH_EXAMPLE,
    settings: {
      'config/labconfig/page_config.json': {
        disabledExtensions: { 'jupyter-eventlog': true }
      }
    }
  },
  {
    why: 'not installed',
    eventlog: `${WITH_EXAMPLE}c.LabServerApp.labextensions_path = [HOME + "/labextensions"]`,
    settings: {}
  }
];

for (const { why, eventlog, settings } of ABSENT) {
  test.describe(`where ours is ${why}`, () => {
    test.use({ eventlog, settings });

    test('the extension works as before', async ({ page, lab }) => {
      const errors: string[] = [];
      page.on('pageerror', error => errors.push(String(error)));
      await openLab(page, lab);
      await greet(page);
      expect(
        await page.evaluate(() =>
          window.jupyterapp.isPluginActivated('jupyter-eventlog:api')
        )
      ).toBe(false);
      expect(errors).toEqual([]);
    });
  });
}
