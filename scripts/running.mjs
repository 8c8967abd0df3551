// A Jupyter server and a browser, for scripts that look at the real thing.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const START_WITHIN_MS = 60_000;

/**
 * Start a Jupyter application on a free port of this machine; it keeps all that it writes below `home`.
 *
 * @param bin directory of the environment's programs
 * @param command `lab` or `notebook`
 * @returns where it answers, and how it is ended
 */
export async function startJupyter({ bin, command, home, args = [] }) {
  const port = await freePort();
  const server = spawn(
    join(bin, 'jupyter'),
    [
      command,
      '--no-browser',
      `--port=${port}`,
      '--ip=127.0.0.1',
      '--ServerApp.port_retries=0',
      ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
      ...args
    ],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        HOME: home,
        JUPYTER_CONFIG_DIR: join(home, 'config'),
        JUPYTER_DATA_DIR: join(home, 'data'),
        JUPYTER_RUNTIME_DIR: join(home, 'runtime'),
        JUPYTERLAB_SETTINGS_DIR: join(home, 'settings'),
        JUPYTERLAB_WORKSPACES_DIR: join(home, 'workspaces')
      }
    }
  );
  const ended = new Promise(resolve => server.once('exit', resolve));
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
  };
  const url = `http://127.0.0.1:${port}/`;
  try {
    await untilAnswers(`${url}api/status`, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** Start the Chromium of the machine, else the one that Playwright has installed. */
export async function launchChromium(executable) {
  const browserTests = createRequire(join(root, 'ui-tests', 'package.json'));
  const { chromium } = browserTests('playwright-core');
  const executablePath = [
    executable,
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome'
  ].find(candidate => candidate && existsSync(candidate));
  return chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function untilAnswers(url, server) {
  const deadline = Date.now() + START_WITHIN_MS;
  while (Date.now() < deadline && server.exitCode === null) {
    // Who has no token is refused, by a server that is up.
    const answered = await fetch(url).then(
      () => true,
      () => false
    );
    if (answered) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  throw new Error(`no answer from ${url}`);
}
