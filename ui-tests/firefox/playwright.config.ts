// The core of the browser tests in Firefox: what differs from playwright.config.ts, which is for Chromium.

import { join } from 'path';

import { defineConfig } from '@playwright/test';

import chromium from '../playwright.config';

export default defineConfig({
  ...chromium,
  testDir: __dirname,
  reporter: [
    ['list'],
    [
      'junit',
      {
        outputFile:
          process.env.EVENTLOG_REPORT ??
          join(__dirname, '..', '..', 'reports', 'firefox.xml')
      }
    ]
  ],
  use: {
    ...chromium.use,
    browserName: 'firefox',
    // A Firefox as distributions ship it, driven over WebDriver BiDi.
    channel: 'moz-firefox',
    launchOptions: { executablePath: join(__dirname, 'browser.mjs') }
  }
});
