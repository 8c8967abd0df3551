// What we cost somebody who works in JupyterLab: time, requests, bytes.
//
//   node benchmarks/lab.mjs [--quick] [--rounds N]
//
// Starts two JupyterLabs in one Chromium, one in which nothing is on and one that records (local), with the front
// end built for production, and lets them take turns. A broken promise about requests ends it with exit code 1;
// times depend on the machine, so they are printed beside their budgets and never fail.
//
// How it is measured:
// - A command does nothing, under an id and with an argument that are told by name. Its time is that of its whole
//   turn: the call, the promise, and all microtasks that follow, so our recording, serialising and queueing too.
// - Pages are isolated (COOP, COEP), so that their clock ticks every 5 µs. Medians are of means over a batch, which
//   is finer than the clock; p99 is of single commands.
// - What the page does later on a command's account (store it, send it) is in "all work": the time that the main
//   thread was busy, from the first command until after the last answer, per command.
// - For an event it is the time between the first and the last capturing listener of the window, with real input.

import { launchChromium } from '../scripts/running.mjs';
import { parseArgs } from 'node:util';

import { byStage, weigh } from './lab/bundle.mjs';
import {
  buildForProduction,
  openLab,
  startLab,
  temporaryDirectory
} from './lab/deployment.mjs';
import { beginFirst, prepare } from './lab/inPage.mjs';
import {
  measureBurst,
  measureCommands,
  measureEvents
} from './lab/measure.mjs';
import { report } from './lab/report.mjs';
import { join } from 'node:path';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '' },
    chromium: { type: 'string' }
  }
});

const BURST = 100;
const plan = options.quick
  ? { rounds: 1, batches: 10, size: 20, clicks: 20 }
  : { rounds: 6, batches: 40, size: 25, clicks: 150 };
if (options.rounds) {
  plan.rounds = Number(options.rounds);
}

async function measure(browser, servers, labextension) {
  const pages = {};
  for (const [name, server] of Object.entries(servers)) {
    pages[name] = await openLab(browser, server, beginFirst);
    await pages[name].session.send('Performance.enable');
  }
  // What loads lazily in the page that records has to be there.
  await pages.local.page.waitForFunction(() =>
    Object.hasOwn(globalThis.jupyterapp.commands, 'execute')
  );
  await pages.local.page.waitForLoadState('networkidle');
  const stages = Object.entries(pages).map(([name, { asked }]) => ({
    name,
    files: [...asked.files]
  }));
  const atStart = pages.off.asked.requests.length;

  for (const { page } of Object.values(pages)) {
    await page.evaluate(prepare);
  }
  const commands = await measureCommands(pages, plan);
  const events = await measureEvents(pages, plan);
  const bursts = {
    off: await measureBurst(browser, pages.off, BURST),
    local: await measureBurst(browser, pages.local, BURST)
  };
  const isHooked = await pages.off.page.evaluate(() =>
    globalThis.eventlogBench.isHooked()
  );
  await pages.local.page.evaluate(() =>
    globalThis.jupyterapp.commands.execute('eventlog:open')
  );
  stages.push({ name: 'panel', files: pages.local.asked.files });
  return {
    commands,
    events,
    bursts,
    requestsWhenOff: {
      atStart,
      later: pages.off.asked.requests.length - atStart
    },
    isHooked,
    stages: byStage(weigh(labextension), stages)
  };
}

const directory = temporaryDirectory();
const stops = [];
try {
  const labextension = buildForProduction(directory.path);
  const extensions = join(directory.path, 'extensions');
  const servers = {};
  for (const [name, mode] of [
    ['off', null],
    ['local', 'local']
  ]) {
    servers[name] = await startLab(
      join(directory.path, name),
      extensions,
      mode
    );
    stops.push(servers[name].stop);
  }
  const browser = await launchChromium(options.chromium);
  stops.push(() => browser.close());
  const { text, broken } = report(
    await measure(browser, servers, labextension),
    { plan, burst: BURST, browser: browser.version() }
  );
  console.log(text);
  if (broken.length > 0) {
    console.error(broken.map(promise => `BROKEN: ${promise}`).join('\n'));
    process.exitCode = 1;
  }
} finally {
  for (const stop of stops.reverse()) {
    await stop();
  }
  directory.remove();
}
