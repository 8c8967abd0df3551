// The measurements. Each takes its turns on the pages one after the other, in rounds.

import { median, quantile, trimmedMean } from './figures.mjs';

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Who is compared, and on which page: with everything off, there is no hook at all. */
export const CONTENDERS = [
  { name: 'no hook', on: 'off' },
  { name: 'a bare `commandExecuted` listener', on: 'off', listens: true },
  { name: 'ours, recording (local)', on: 'local' }
];

/** µs for one command, per contender: in its own turn, and with all that the page does later on its account. */
export async function measureCommands(pages, { rounds, batches, size }) {
  const found = CONTENDERS.map(() => ({ batch: [], single: [], whole: [] }));
  const plan = { batches, size, pauseMs: 20 };
  for (const lab of Object.values(pages)) {
    // As in every page that somebody uses: there is a gesture that may explain a command, and has to be looked at.
    // It reaches nothing of JupyterLab: `prepare` has laid its glass over the whole page before.
    await lab.page.bringToFront();
    await lab.page.mouse.click(700, 400);
  }
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < CONTENDERS.length; turn++) {
      // Nobody always comes first.
      const index = (turn + round + 1) % CONTENDERS.length;
      const { on, listens } = CONTENDERS[index];
      const taken = await oneTurn(pages[on], Boolean(listens), plan);
      // In the first round the engine is still compiling.
      if (round >= 0) {
        found[index].batch.push(...taken.batch);
        found[index].single.push(...taken.single);
        found[index].whole.push(taken.whole);
      }
    }
  }
  return found.map(({ batch, single, whole }) => ({
    median: median(batch),
    p99: quantile(single, 0.99),
    whole: median(whole)
  }));
}

async function oneTurn({ page, session }, listens, plan) {
  await page.bringToFront();
  if (listens) {
    await page.evaluate(() => globalThis.eventlogBench.listen());
  }
  const before = await busyMs(session);
  const batch = await page.evaluate(
    arg => globalThis.eventlogBench.batches(arg),
    plan
  );
  const single = await page.evaluate(
    arg => globalThis.eventlogBench.singles(arg),
    plan
  );
  // Until a batch of this size has been stored and sent.
  await sleep(1500);
  const commands = batch.length * plan.size + single.length;
  const whole = (((await busyMs(session)) - before) * 1000) / commands;
  if (listens) {
    await page.evaluate(() => globalThis.eventlogBench.unlisten());
  }
  return { batch, single, whole };
}

/** How long the page's main thread has worked. */
async function busyMs(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
}

/** µs that listeners in the place of ours take for an event, and a command that a click starts. */
export async function measureEvents(pages, { rounds, clicks }) {
  const found = {};
  for (let round = 0; round < rounds; round++) {
    for (const lab of Object.values(pages)) {
      await lab.page.bringToFront();
      await useInput(lab, clicks, false);
      await useInput(lab, clicks, true);
    }
  }
  for (const [name, { page }] of Object.entries(pages)) {
    const { events, clicked } = await page.evaluate(() => {
      const { events, clicked } = globalThis.eventlogBench;
      return { events, clicked };
    });
    found[name] = Object.fromEntries(
      Object.entries({ ...events, 'command on click': clicked }).map(
        ([type, samples]) => [
          type,
          {
            mean: trimmedMean(samples),
            p99: quantile(samples, 0.99),
            samples: samples.length
          }
        ]
      )
    );
  }
  return found;
}

/** Real input, as the browser itself makes it from a mouse and a keyboard. */
async function useInput({ page, session }, times, runsOnClick) {
  await page.evaluate(value => {
    globalThis.eventlogBench.runsOnClick = value;
  }, runsOnClick);
  const mouse = (type, more) =>
    session.send('Input.dispatchMouseEvent', { type, x: 300, y: 300, ...more });
  const left = { button: 'left', clickCount: 1 };
  const key = type =>
    session.send('Input.dispatchKeyEvent', {
      type,
      key: 'Shift',
      code: 'ShiftLeft',
      windowsVirtualKeyCode: 16
    });
  for (let time = 0; time < times; time++) {
    await mouse('mouseMoved', { x: 300 + (time % 7) });
    await mouse('mousePressed', left);
    await mouse('mouseReleased', left);
    await key('rawKeyDown');
    await key('keyUp');
  }
  await page.evaluate(() => {
    globalThis.eventlogBench.runsOnClick = false;
  });
}

/** What a burst of commands costs the network, and the longest task from its begin to its last answer. */
export async function measureBurst(browser, { page, asked }, size) {
  // What came before has to be gone: it is sent within five seconds.
  await sleep(7000);
  const before = asked.requests.length;
  await browser.startTracing(page, {
    categories: ['toplevel', 'blink.user_timing']
  });
  await page.evaluate(() => performance.mark('eventlog-burst'));
  await page.evaluate(arg => globalThis.eventlogBench.burst(arg), {
    size,
    pauseMs: 2
  });
  await sleep(7000);
  const trace = JSON.parse((await browser.stopTracing()).toString());
  const requests = asked.requests.slice(before);
  return {
    requests: requests.length,
    bytes: requests
      .map(request => request.postDataBuffer()?.length ?? 0)
      .reduce((sum, bytes) => sum + bytes, 0),
    longestMs: longestTaskMs(trace.traceEvents)
  };
}

function longestTaskMs(events) {
  const mark = events.find(({ name }) => name === 'eventlog-burst');
  const tasks = events.filter(
    ({ name, pid, tid, ts }) =>
      name.endsWith('RunTask') &&
      pid === mark.pid &&
      tid === mark.tid &&
      ts >= mark.ts
  );
  return Math.max(...tasks.map(({ dur }) => dur ?? 0)) / 1000;
}
