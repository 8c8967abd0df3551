// Strings that must not leave: planted in everything that a user owns, looked for in everything that we write.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';

import { browserStorage, files } from '../canaries';
import { expect, SHARING, test } from '../lab';
import { chooseInPanel, openLab, openPanel, refreshPanel } from '../steps';

const CANARY = 'canary7f3a';

test.use({ eventlog: SHARING });

test('code, outputs, file and kernel names, arguments and errors are in nothing that we write', async ({
  page,
  lab
}) => {
  const kernel = join(lab.home, 'data', 'kernels', `${CANARY}kernel`);
  mkdirSync(kernel, { recursive: true });
  writeFileSync(
    join(kernel, 'kernel.json'),
    JSON.stringify({
      argv: ['python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      display_name: `${CANARY} display`,
      language: 'python'
    })
  );
  const sent: string[] = [];
  const answered: Promise<string>[] = [];
  page.on('request', request => {
    if (request.url().includes('/api/telemetry')) {
      sent.push(request.url(), request.postData() ?? '');
    }
  });
  page.on('response', response => {
    if (response.url().includes('/api/telemetry')) {
      answered.push(response.text().catch(() => ''));
    }
  });

  await openLab(page, lab);
  await openPanel(page);
  await chooseInPanel(page, 'On');

  const notebook = `${CANARY}-notebook.ipynb`;
  await page.notebook.createNew(notebook);
  await page.notebook.setCell(
    0,
    'code',
    `print("${CANARY}-output"); raise ValueError("${CANARY}-error")`
  );
  await page.notebook.runCell(0);
  await page.evaluate(canary => {
    const { commands } = window.jupyterapp;
    const args = {
      path: `${canary}/path.txt`,
      cwd: canary,
      name: canary,
      kernelName: `${canary}kernel`,
      text: canary,
      [`${canary}Key`]: canary
    };
    // A name that carries data, as kernels' help links do.
    commands.addCommand(`help-menu-${canary}:${canary} link`, {
      execute: () => Promise.reject(new Error(`${canary} message`))
    });
    // Some of them open a dialog and settle with it, so nobody waits for them here.
    for (const id of [
      'docmanager:open',
      'notebook:create-new',
      `help-menu-${canary}:${canary} link`
    ]) {
      void commands.execute(id, args).catch(() => undefined);
    }
  }, CANARY);
  const dialog = page.locator('.jp-Dialog').first();
  await dialog.waitFor();
  await expect(async () => {
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0, { timeout: 500 });
  }).toPass();

  await expect
    .poll(
      () => (existsSync(lab.archive) ? readFileSync(lab.archive, 'utf8') : ''),
      { timeout: 60_000 }
    )
    .toContain('(other)');
  await page.getByRole('tab', { name: 'Telemetry' }).click();
  await refreshPanel(page);
  await page.locator('[data-event-id]').first().waitFor();

  const written = [...files(lab.ledger), ...files(join(lab.home, 'archive'))];
  expect(written.length).toBeGreaterThan(1);
  for (const path of written) {
    expect(readFileSync(path, 'latin1'), path).not.toContain(CANARY);
  }
  expect(sent.join('\n')).not.toContain(CANARY);
  expect((await Promise.all(answered)).join('\n')).not.toContain(CANARY);
  expect(await browserStorage(page)).not.toContain(CANARY);
  const ours = lab
    .log()
    .split('\n')
    .filter(line => /eventlog|telemetry/i.test(line));
  expect(ours.join('\n')).not.toContain(CANARY);
  await expect(page.locator('.jp-eventlog-Panel')).not.toContainText(CANARY);
});
