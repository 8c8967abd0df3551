// The JupyterLab that is measured: the front end as it is shipped, a server, pages.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root, startJupyter } from '../../scripts/running.mjs';

const TOKEN = 'a-token-for-this-benchmark-only';
const NEWS = 'settings/@jupyterlab/apputils-extension';
export const OURS = '/extensions/jupyter-eventlog/';
export const API = '/api/telemetry';

const venv = join(root, '.venv', 'bin');
const bin = existsSync(venv) ? venv : null;

export function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'eventlog-bench-'));
  return {
    path,
    remove: () => rmSync(path, { recursive: true, force: true })
  };
}

/**
 * Build the front end for production from what was compiled to lib/; what is installed may be a build for
 * debugging, which is several times as large.
 */
export function buildForProduction(directory) {
  const name = join('extensions', 'jupyter-eventlog');
  const description = JSON.parse(readFileSync(join(root, 'package.json')));
  description.jupyterlab.outputDir = name;
  writeFileSync(join(directory, 'package.json'), JSON.stringify(description));
  for (const part of ['lib', 'style', 'schema', 'node_modules']) {
    symlinkSync(join(root, part), join(directory, part));
  }
  const builder = bin ? join(bin, 'jupyter-builder') : 'jupyter-builder';
  execFileSync(builder, ['build', '.'], { cwd: directory, stdio: 'pipe' });
  return join(directory, name);
}

/** The page is isolated, so that its clock ticks every 5 µs and not every 100. */
const CONFIG = `
c.IdentityProvider.token = "${TOKEN}"
c.LabApp.expose_app_in_browser = True
c.ServerApp.tornado_settings = {"headers": {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}}
`;

/** Start a JupyterLab in which the one user has chosen `mode`, or nothing. */
export async function startLab(home, extensions, mode) {
  for (const part of ['config', 'root', NEWS]) {
    mkdirSync(join(home, part), { recursive: true });
  }
  writeFileSync(
    join(home, NEWS, 'notification.jupyterlab-settings'),
    JSON.stringify({ fetchNews: 'false' })
  );
  writeFileSync(
    join(home, 'config', 'jupyter_server_config.py'),
    `${CONFIG}
c.ServerApp.root_dir = ${JSON.stringify(join(home, 'root'))}
c.LabServerApp.extra_labextensions_path = [${JSON.stringify(extensions)}]
`
  );
  const server = await startJupyter({ bin: bin ?? '', command: 'lab', home });
  if (mode) {
    await choose(server.url, mode);
  }
  return server;
}

async function choose(url, mode) {
  const headers = { Authorization: `token ${TOKEN}` };
  const answer = await fetch(`${url}${API.slice(1)}`, { headers });
  for (const { name, terms } of (await answer.json()).purposes) {
    const { status } = await fetch(`${url}${API.slice(1)}/consent`, {
      method: 'PUT',
      headers,
      body: JSON.stringify({ purpose: name, mode, terms, control: 'panel' })
    });
    if (status !== 200) {
      throw new Error(`the choice of ${mode} was answered with ${status}`);
    }
  }
}

/** A page of its own profile, with all that it asked of us: requests to the API, and files of the front end. */
export async function openLab(browser, server, initScript) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const asked = { requests: [], files: [] };
  page.on('request', request => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith(API)) {
      asked.requests.push(request);
    } else if (pathname.includes(OURS)) {
      asked.files.push(pathname.split('/').at(-1));
    }
  });
  await page.addInitScript(initScript);
  await page.goto(`${server.url}lab?reset&token=${TOKEN}`);
  await page.waitForFunction(() => Boolean(globalThis.jupyterapp));
  await page.evaluate(() => globalThis.jupyterapp.restored);
  if (!(await page.evaluate(() => globalThis.crossOriginIsolated))) {
    throw new Error('the page is not isolated; its clock would be too coarse');
  }
  return { page, asked, session: await context.newCDPSession(page) };
}
