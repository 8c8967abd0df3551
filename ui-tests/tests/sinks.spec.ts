// A sink that lives in the page gets what its declaration lets it have, and only once its user shares.

import { expect, SHARING, test } from '../lab';
import { chooseInPanel, openLab, openPanel } from '../steps';

const COMMAND = 'application:toggle-left-area';

test.use({
  eventlog: `${SHARING}
c.EventLogApp.sinks.append({
    "name": "watch", "type": "console", "side": "browser", "purposes": ["usage"],
    "recipient": "You, in this browser", "retention": "1d",
})
`
});

test('the console gets no field that needs protection, and nothing under local', async ({
  page,
  lab
}) => {
  const written: string[] = [];
  page.on('console', message => {
    if (message.text().startsWith('[watch] ')) {
      written.push(message.text().slice('[watch] '.length));
    }
  });
  const toggle = () =>
    page.evaluate(async command => {
      await window.jupyterapp.commands.execute(command);
    }, COMMAND);

  await openLab(page, lab);
  await openPanel(page);
  await chooseInPanel(page, 'Local');
  await toggle();
  expect(written).toEqual([]);

  await chooseInPanel(page, 'On');
  await toggle();
  const told = () =>
    written
      .map(
        text =>
          JSON.parse(text) as { time: string; data: Record<string, unknown> }
      )
      .find(({ data }) => data.command === COMMAND);
  await expect.poll(told).toBeDefined();
  const event = told();
  expect(Object.keys(event?.data ?? {}).sort()).toEqual([
    'command',
    'outcome',
    'trigger'
  ]);
  // Durations are rounded for recipients, which nobody does in the page; times are cut to the minute.
  expect(event?.time).toMatch(/:00\.000Z$/);
});
