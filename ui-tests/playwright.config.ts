import { existsSync, mkdtempSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

import { defineConfig } from '@playwright/test';

// Playwright loads this file in each of its processes; what is chosen here by the first is
// handed on to the others in the environment.

// Derived from the process id, so that two runs on one machine do not meet.
const port = (process.env.EVENTLOG_UI_PORT ??= String(
  20_000 + (process.pid % 20_000)
));
const baseURL = `http://127.0.0.1:${port}`;
process.env.TARGET_URL ??= baseURL;

// Each run starts with nothing remembered: no settings, no ledger, no consent.
const home = (process.env.EVENTLOG_UI_HOME ??= mkdtempSync(
  join(tmpdir(), 'eventlog-ui-')
));

const root = join(__dirname, '..');
const venvJupyter = join(root, '.venv', 'bin', 'jupyter');
const jupyter = existsSync(venvJupyter) ? venvJupyter : 'jupyter';
const asRoot = process.getuid?.() === 0 ? '--allow-root' : '';

// A distribution's Chromium, where there is one; else the browser that Playwright has installed.
const chromium = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome'
].find(candidate => candidate && existsSync(candidate));

export default defineConfig({
  testDir: 'tests',
  timeout: 60_000,
  // One server for all tests, and the machine may have two cores only.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: [
    ['list'],
    ['junit', { outputFile: process.env.EVENTLOG_REPORT ?? join(root, 'reports', 'ui.xml') }]
  ],
  use: {
    baseURL,
    // A click that finds nothing says so at once, and not with the end of its test.
    actionTimeout: 15_000,
    viewport: { width: 1280, height: 800 },
    video: 'off',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: [
        '--no-sandbox', // Chromium has no sandbox for root
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        // A browser under test talks to the server under test only.
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  },
  webServer: {
    command: `"${jupyter}" lab --config jupyter_server_test_config.py --port ${port} ${asRoot}`,
    cwd: __dirname,
    env: {
      JUPYTER_CONFIG_DIR: join(home, 'config'),
      JUPYTER_DATA_DIR: join(home, 'data'),
      JUPYTER_RUNTIME_DIR: join(home, 'runtime'),
      JUPYTERLAB_SETTINGS_DIR: join(home, 'settings')
    },
    url: `${baseURL}/lab`,
    timeout: 120_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 }
  }
});
