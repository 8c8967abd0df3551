import { existsSync } from 'fs';
import { join } from 'path';

import { defineConfig } from '@playwright/test';

const root = join(__dirname, '..');

// A distribution's Chromium, where there is one; else the browser that Playwright has installed.
const chromium = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome'
].find(candidate => candidate && existsSync(candidate));

export default defineConfig({
  testDir: 'tests',
  // Bounds for what hangs, not for what is slow: a machine with two cores may have more to do than this.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  // Each test has a server of its own, and the machine may have two cores only.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: [
    ['list'],
    [
      'junit',
      {
        outputFile:
          process.env.EVENTLOG_REPORT ?? join(root, 'reports', 'ui.xml')
      }
    ]
  ],
  use: {
    // A click that finds nothing says so at once, and not with the end of its test.
    actionTimeout: 60_000,
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
  }
});
