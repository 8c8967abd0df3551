#!/usr/bin/env node
// Firefox as Playwright wants it. Playwright drives a Firefox as distributions ship it over WebDriver BiDi, but
// the two do not quite fit. So this starts Firefox and stands between them:
//
// - Playwright sets the media features of each page with a command that Firefox ESR does not have yet.
// - Firefox counts clicks within one chain of actions only, and Playwright sends each press and each release
//   alone: there would be no double click.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { WebSocket, WebSocketServer } from 'ws';

const LISTENING = /WebDriver BiDi listening on (ws:\/\/\S+)/;
const OPTIONAL = 'emulation.setMediaFeaturesOverride';
/** What Playwright sends for one click comes at once. */
const CHAIN_MS = 10;

/** Makes one chain of the mouse actions that come together; all else passes as it is. */
class Chains {
  constructor(send) {
    this._send = send;
    this._ids = new Map();
    this._chain = null;
  }

  add(message) {
    const chain = this._chain;
    if (chain && isMouse(message) && sameContext(chain, message)) {
      chain.params.actions[0].actions.push(
        ...message.params.actions[0].actions
      );
      this._ids.get(chain.id).push(message.id);
      return;
    }
    this._flush();
    if (!isMouse(message)) {
      this._send(message);
      return;
    }
    this._chain = message;
    this._ids.set(message.id, [message.id]);
    this._timer = setTimeout(() => this._flush(), CHAIN_MS);
  }

  /** One answer for each of the commands that went as one. */
  answers(answer) {
    const ids = this._ids.get(answer.id) ?? [answer.id];
    this._ids.delete(answer.id);
    return ids.map(id => ({ ...answer, id }));
  }

  _flush() {
    clearTimeout(this._timer);
    if (this._chain) {
      this._send(this._chain);
      this._chain = null;
    }
  }
}

function isMouse({ method, params }) {
  return (
    method === 'input.performActions' &&
    params.actions.length === 1 &&
    params.actions[0].parameters?.pointerType === 'mouse'
  );
}

function sameContext(one, other) {
  return one.params.context === other.params.context;
}

/** Hand on what Playwright says to Firefox and back. */
function relay(playwright, endpoint) {
  const firefox = new WebSocket(endpoint);
  const isOpen = new Promise(resolve => firefox.once('open', resolve));
  const optional = new Set();
  const chains = new Chains(message => firefox.send(JSON.stringify(message)));

  playwright.on('message', async data => {
    await isOpen;
    const message = JSON.parse(data.toString());
    if (message.method === OPTIONAL) {
      optional.add(message.id);
    }
    chains.add(message);
  });
  firefox.on('message', data => {
    const message = JSON.parse(data.toString());
    if (message.id === undefined) {
      playwright.send(data.toString());
      return;
    }
    const { id, error } = message;
    const isForgiven = optional.delete(id) && error === 'unknown command';
    const answer = isForgiven ? { type: 'success', id, result: {} } : message;
    for (const one of chains.answers(answer)) {
      playwright.send(JSON.stringify(one));
    }
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
