#!/usr/bin/env node
// Firefox as Playwright wants it. Playwright drives a Firefox as distributions ship it over WebDriver BiDi,
// but sets the media features of each page with a command that Firefox ESR does not have yet. So this starts
// Firefox, stands between the two, and answers for Firefox where it does not know that one command.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { WebSocket, WebSocketServer } from 'ws';

const LISTENING = /WebDriver BiDi listening on (ws:\/\/\S+)/;
const OPTIONAL = 'emulation.setMediaFeaturesOverride';

/** Hand on what Playwright says to Firefox and back, and forgive Firefox that it lacks the optional command. */
function relay(playwright, endpoint) {
  const firefox = new WebSocket(endpoint);
  const optional = new Set();
  const early = [];
  const send = text => {
    const { id, method } = JSON.parse(text);
    if (method === OPTIONAL) {
      optional.add(id);
    }
    firefox.send(text);
  };
  firefox.on('open', () => early.splice(0).forEach(send));
  playwright.on('message', data => {
    const text = data.toString();
    if (firefox.readyState === WebSocket.CONNECTING) {
      early.push(text);
    } else {
      send(text);
    }
  });
  firefox.on('message', data => {
    const text = data.toString();
    const { id, error } = JSON.parse(text);
    const forgiven = optional.delete(id) && error === 'unknown command';
    playwright.send(
      forgiven ? JSON.stringify({ type: 'success', id, result: {} }) : text
    );
  });
  firefox.on('close', () => playwright.close());
  playwright.on('close', () => firefox.close());
}

const executable = [
  process.env.FIREFOX_PATH,
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox'
].find(candidate => candidate && existsSync(candidate));

const firefox = spawn(executable ?? 'firefox', process.argv.slice(2), {
  stdio: ['ignore', 'inherit', 'pipe']
});
firefox.once('error', error => {
  console.error(error.message);
  process.exit(1);
});
firefox.once('exit', code => process.exit(code ?? 1));
// Asked to end, we end when Firefox has.
process.on('SIGTERM', () => firefox.kill('SIGTERM'));

createInterface({ input: firefox.stderr }).on('line', line => {
  const endpoint = LISTENING.exec(line)?.[1];
  if (!endpoint) {
    console.error(line);
    return;
  }
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', playwright =>
    relay(playwright, `${endpoint}/session`)
  );
  server.on('listening', () => {
    console.error(
      `WebDriver BiDi listening on ws://127.0.0.1:${server.address().port}`
    );
  });
});
