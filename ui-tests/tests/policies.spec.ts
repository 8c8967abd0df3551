// Purposes that do not ask first: what is shown of them, what can be done about them, and what an erasure leaves.

import { expectAccessible } from '../axe';
import { expect, SHARING, test as labTest } from '../lab';
import type { IReceiver } from '../receiver';
import { openReceiver } from '../receiver';
import {
  chooseInPanel,
  execute,
  isShadowed,
  openLab,
  openPanel,
  refreshPanel,
  reopen
} from '../steps';

/** Beside the one that asks: one to object to, one that nobody can turn off, one that is configured wrongly. */
const POLICIES = `${SHARING}
c.EventLogApp.purposes = {
    **c.EventLogApp.purposes,
    "operations": {
        "title": "Operation of this server", "policy": "opt-out", "legal_basis": "public-task",
        "legal_basis_reference": "Example University Act, section 12", "readers": ["the operators"],
        "controller": "Example University", "retention": "30d", "time_resolution": "1h",
    },
    "audit": {
        "title": "Audit trail", "policy": "locked", "legal_basis": "legal-obligation",
        "legal_basis_reference": "Example Records Act, section 3", "readers": ["the internal auditors"],
        "controller": "Example University", "retention": "365d", "contact": "dpo@example.edu",
    },
    "broken": {
        "title": "Course statistics", "policy": "opt-out", "legal_basis": "consent",
        "controller": "Example University", "retention": "30d",
    },
}
c.EventLogApp.allowed_schemas = {
    **c.EventLogApp.allowed_schemas,
    "https://events.jupyter.org/jupyter_server/contents_service/v1": {
        "purpose": "operations", "allowed_categories": ["category.jupyter.org/unrestricted"],
    },
    "https://events.jupyter.org/jupyter_server/kernel_actions/v1": {
        "purpose": "audit", "allowed_categories": ["category.jupyter.org/unrestricted"],
    },
}
`;

const QUIET_AFTER_A_SECOND = {
  'settings/jupyter-eventlog/consent.jupyterlab-settings': {
    noticeIdleSeconds: 1
  }
};

labTest.describe('purposes that do not ask first', () => {
  labTest.use({ eventlog: POLICIES, settings: QUIET_AFTER_A_SECOND });

  labTest(
    'a notice says what begins and takes an objection; what is required has no control',
    async ({ page, lab }, info) => {
      labTest.setTimeout(600_000);
      await openLab(page, lab);
      const status = page.locator('.jp-eventlog-Status');
      await expect(status).toHaveText('Telemetry: off + required audit');

      const banner = page.locator('.jp-eventlog-Notice');
      const objection = page.waitForResponse(
        response =>
          response.request().method() === 'PUT' &&
          (response.request().postData() ?? '').includes('notice_shown')
      );
      await banner.getByRole('button', { name: 'Close' }).click();
      await expect(banner).toContainText(
        'Example University records “Operation of this server”, unless you object.'
      );
      expect((await objection).status()).toBe(200);
      await expect(banner).toContainText(
        'Legal basis: public task (Example University Act, section 12). Read by: the operators.'
      );
      await expect(banner.getByRole('link')).toHaveAttribute(
        'href',
        /\/api\/telemetry\/privacy$/
      );
      await expectAccessible(page, '.jp-eventlog-Notice', 'objection', info);
      await expect(status).toHaveText('Telemetry: local + required audit');
      await banner.getByRole('button', { name: 'Object', exact: true }).click();
      await expect(banner).toHaveCount(0);
      await expect(status).toHaveText('Telemetry: off + required audit');

      await openPanel(page);
      const panel = page.locator('.jp-eventlog-Panel');
      const purpose = (name: string | RegExp) =>
        panel.getByRole('group', { name });
      const operations = purpose('Operation of this server');
      await expect(
        operations.getByRole('radio', { name: /^Objected/ })
      ).toBeChecked();
      const audit = purpose('Audit trail: required, cannot be turned off');
      await expect(audit).toContainText(
        'Legal basis: legal obligation (Example Records Act, section 3). Read by: the internal auditors. Contact: dpo@example.edu.'
      );
      await expect(audit.locator('input, button')).toHaveCount(0);
      await expect(audit).not.toContainText(/consent/i);
      await expect(purpose('Course statistics')).toContainText(
        'Off: configuration error. Tell it-services@example.edu.'
      );
      await expectAccessible(page, '.jp-eventlog-Panel', 'policies', info);

      await operations.getByRole('radio', { name: /^On unless/ }).check();
      await expect(status).toHaveText('Telemetry: local + required audit');
      // A pause stands over all that can be paused, and outlives the page.
      await panel.getByRole('button', { name: 'Pause 1 h' }).click();
      await expect(status).toHaveText(/paused, \d+ min \+ required audit$/);
      await reopen(page);
      await expect(status).toHaveText(/paused, \d+ min \+ required audit$/);
    }
  );
});

const test = labTest.extend<{ receiver: IReceiver }>({
  receiver: async ({}, use) => {
    const receiver = await openReceiver();
    await use(receiver);
    await receiver.close();
  },
  eventlog: async ({ receiver }, use) =>
    use(`${SHARING}
c.EventLogApp.sinks = [
    {"name": "collector", "type": "http", "purposes": ["usage"], "url": "${receiver.url}/events",
     "erase_url": "${receiver.url}/erase", "can_erase": True,
     "recipient": "IT Services, Example University", "retention": "30d"},
]
`)
});

test('an erasure reaches the receiver, and its confirmation shows in the panel', async ({
  page,
  lab,
  receiver
}) => {
  test.setTimeout(500_000);
  await openLab(page, lab);
  await openPanel(page);
  const panel = page.locator('.jp-eventlog-Panel');
  await chooseInPanel(page, 'On');
  // What records comes with the choice.
  await expect.poll(() => isShadowed(page), { timeout: 60_000 }).toBe(true);
  await execute(page, 5);
  await expect
    .poll(() => receiver.has.size, { timeout: 90_000 })
    .toBeGreaterThanOrEqual(5);
  // While nobody confirms, the request is open.
  receiver.isErasing = false;
  await panel.getByRole('button', { name: 'Erase…' }).click();
  const dialog = page.locator('.jp-Dialog');
  await dialog.getByLabel('Also turn off').check();
  await dialog.getByRole('button', { name: 'Erase', exact: true }).click();
  const request = panel.locator('[data-erasure-id]');
  await expect(request).toContainText(/collector: \d+ asked, the confirmation/);
  receiver.isErasing = true;
  await expect(async () => {
    await refreshPanel(page);
    await expect(request).toContainText('collector: confirmed', {
      timeout: 2_000
    });
  }).toPass({ timeout: 120_000 });
  await expect(panel.locator('.jp-eventlog-Erased')).toContainText(
    'collector: confirmed'
  );
  expect(receiver.erased.size).toBeGreaterThanOrEqual(5);
  expect(receiver.has.size).toBe(0);
});
