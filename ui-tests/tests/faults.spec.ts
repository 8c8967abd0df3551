// What befalls a browser: no network, tabs that go or break, no store, another user, a wrong clock, a lid that closes.
// `EVENTLOG_FULL=1` does it with ten tabs and 500 events; without that it is three tabs and 150.

import type { Browser, BrowserContext, Page } from '@playwright/test';
import { existsSync, readFileSync } from 'fs';

import type { Fate, IGateway } from '../gateway';
import { openGateway } from '../gateway';
import type { ILab } from '../lab';
import { expect, SHARING, test as labTest } from '../lab';
import { consentTo, nothingWaits, untilRecording } from '../registry';
import { execute, openPanel, refreshPanel, TOGGLE } from '../steps';
import { become, BY_COOKIE, heldIdsAs, shareAs } from '../twoUsers';

const FULL = process.env.EVENTLOG_FULL === '1';
const TABS = FULL ? 10 : 3;
const EVENTS = FULL ? 500 : 150;
const DAY_MS = 86_400_000;
const EVENTS_A_TURN = 5;
/** More than a page holds that no store has taken yet. */
const BURST = 2_600;
/** A machine under load takes its time, and so does a browser that failed some times. */
const PATIENCE = { timeout: FULL ? 400_000 : 150_000 };

const test = labTest.extend<{ gateway: IGateway; own: BrowserContext }>({
  gateway: async ({ lab }, use) => {
    const gateway = await openGateway(() => lab.url);
    await use(gateway);
    await gateway.close();
  },
  /** A browser profile without galata's watchers: some of its pages break. */
  own: async ({ browser }: { browser: Browser }, use) => {
    const context = await browser.newContext();
    await use(context);
    await context.close();
  }
});

// Positions in the session leave as well, so that at the sink it is seen what is missing.
const EVENTLOG = SHARING.replace('"policy":', '"sequence": True, "policy":');
test.use({ eventlog: EVENTLOG });
test.setTimeout(FULL ? 1_200_000 : 500_000);

/** Open JupyterLab in a tab of its own, past the gateway. */
async function openTab(
  context: BrowserContext,
  gateway: IGateway,
  lab: ILab,
  workspace = 'first'
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(
    `${gateway.url}/lab/workspaces/${workspace}?token=${lab.token}`
  );
  await untilRecording(page);
  return page;
}

interface IArchived {
  readonly id: string;
  readonly time: string;
  readonly session: string;
  readonly sequence: string;
  readonly data: { readonly command?: string };
}

/** What the sink received, in the order in which it did; JupyterLab runs commands of its own as well. */
function archived(lab: ILab): IArchived[] {
  const text = existsSync(lab.archive) ? readFileSync(lab.archive, 'utf8') : '';
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as IArchived);
}

/** What we executed of it. */
function ours(lab: ILab): IArchived[] {
  return archived(lab).filter(({ data }) => data.command === TOGGLE);
}

/** Until all that was executed is there; then it is there once, and what one page did is whole and in its order. */
async function untilOnceInOrder(lab: ILab, count: number): Promise<void> {
  await expect
    .poll(() => ours(lab).length, PATIENCE)
    .toBeGreaterThanOrEqual(count);
  expect(ours(lab)).toHaveLength(count);
  // What JupyterLab did beside may arrive after what we did; where it is told too late, it never is in order.
  await expect(() => {
    const sessions: Record<string, number[]> = {};
    for (const { session, sequence } of archived(lab)) {
      (sessions[session] ??= []).push(Number(sequence));
    }
    for (const sequences of Object.values(sessions)) {
      expect(sequences).toEqual(sequences.map((_sequence, index) => index));
    }
  }).toPass(PATIENCE);
}

/** The ids of our commands that are in this browser's store. */
async function keptIds(page: Page): Promise<string[]> {
  return page.evaluate(async command => {
    const asPromise = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const [{ name = '' } = {}] = await indexedDB.databases();
    if (name === '') {
      return [];
    }
    const database = await asPromise(indexedDB.open(name));
    const events = database.transaction('events').objectStore('events');
    const items = await asPromise(
      events.getAll() as IDBRequest<{ id: string; json: string }[]>
    );
    database.close();
    return items
      .filter(({ json }) => json.includes(command))
      .map(({ id }) => id);
  }, TOGGLE);
}

async function kept(page: Page): Promise<number> {
  return (await keptIds(page)).length;
}

async function untilKept(page: Page, count: number): Promise<void> {
  await expect.poll(() => kept(page), PATIENCE).toBe(count);
}

/** The renderer of a page ends, and nothing in it is told. */
async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash');
  const session = await page.context().newCDPSession(page);
  session.send('Page.crash').catch(() => undefined);
  await crashed;
}

/** Execute so many commands over so many tabs, by turns. */
async function executeOver(
  tabs: readonly Page[],
  count: number
): Promise<void> {
  const turns = Math.ceil(count / EVENTS_A_TURN);
  for (let turn = 0; turn < turns; turn++) {
    const page = tabs.at(turn % tabs.length);
    const left = count - turn * EVENTS_A_TURN;
    if (page) {
      await execute(page, Math.min(EVENTS_A_TURN, left));
    }
  }
}

/** How many events the panel says this page has lost. */
async function lostEvents(page: Page): Promise<number> {
  const text = await page.locator('.jp-eventlog-Panel').innerText();
  return Number(/(\d+) events of this page were lost/.exec(text)?.[1] ?? 0);
}

for (const [name, prepare] of [
  ['with Web Locks', () => undefined],
  [
    'without Web Locks, as on plain HTTP',
    () =>
      Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })
  ]
] as const) {
  test(`${EVENTS} events without a network, in ${TABS} tabs of which one is reloaded, one breaks and one is closed: each delivered once, ${name}`, async ({
    own,
    gateway,
    lab
  }) => {
    await own.addInitScript(prepare);
    await consentTo(lab, 'on');
    const tabs: Page[] = [];
    for (let i = 0; i < TABS; i++) {
      tabs.push(await openTab(own, gateway, lab, `tab-${i}`));
    }
    const [reloaded, broken, closed, ...others] = tabs as [Page, Page, Page];

    gateway.fate = () => 'is lost';
    await own.setOffline(true);
    await executeOver(tabs, EVENTS / 2);
    await untilKept(reloaded, EVENTS / 2);

    // A page cannot come without its server; telemetry still comes nowhere.
    await own.setOffline(false);
    await crash(broken);
    await broken.close();
    await closed.close();
    await reloaded.reload();
    await untilRecording(reloaded);
    const living = [reloaded, ...others];
    living.push(await openTab(own, gateway, lab, 'another'));
    expect(await kept(reloaded)).toBe(EVENTS / 2);
    await own.setOffline(true);
    await executeOver(living, EVENTS / 2);
    await untilKept(reloaded, EVENTS);

    const before = gateway.posts.length;
    const fates: Fate[] = ['is taken, its answer lost'];
    gateway.fate = () => fates.shift() ?? 'passes';
    gateway.delayMs = 200;
    await own.setOffline(false);
    await expect.poll(() => nothingWaits(reloaded), PATIENCE).toBe(true);
    await untilOnceInOrder(lab, EVENTS);
    const [unanswered, ...posts] = gateway.posts.slice(before);
    expect(posts.map(({ others }) => others)).toEqual(posts.map(() => 0));
    // Only what lost its answer went twice.
    const ids = posts.flatMap(post => post.ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining([...(unanswered?.ids ?? [])]));
  });
}

test('a server that wants to be left alone is, by all tabs, for as long as it said', async ({
  own,
  gateway,
  lab
}) => {
  await consentTo(lab, 'on');
  const tabs = [
    await openTab(own, gateway, lab, 'one'),
    await openTab(own, gateway, lab, 'other')
  ];
  const refusals: Fate[] = [
    { status: 503, retryAfterS: 8 },
    { status: 429, retryAfterS: 6 }
  ];
  const before = gateway.posts.length;
  gateway.fate = () => refusals.shift() ?? 'passes';
  await executeOver(tabs, 20);
  await untilOnceInOrder(lab, 20);
  const beganMs = gateway.posts.slice(before).map(post => post.beganMs);
  const gapsMs = beganMs.slice(1).map((ms, i) => ms - (beganMs[i] ?? 0));
  expect(gapsMs[0]).toBeGreaterThanOrEqual(8_000);
  expect(gapsMs[1]).toBeGreaterThanOrEqual(6_000);
});

/** In the page. */
function fullDisk(): void {
  IDBObjectStore.prototype.add = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
}

const STORES: readonly (readonly [string, () => void])[] = [
  [
    'no IndexedDB at all',
    () => Object.defineProperty(window, 'indexedDB', { value: undefined })
  ],
  [
    'an IndexedDB that refuses, as in a private window',
    () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('private', 'SecurityError');
      };
    }
  ],
  ['a disk that is full', fullDisk]
];

test('without a store that keeps anything JupyterLab works, and events arrive', async ({
  browser,
  gateway,
  lab
}) => {
  await consentTo(lab, 'on');
  let arrived = 0;
  for (const [name, prepare] of STORES) {
    await test.step(name, async () => {
      const context = await browser.newContext();
      await context.addInitScript(prepare);
      const page = await openTab(context, gateway, lab);
      const errors: string[] = [];
      page.on('pageerror', error => errors.push(error.message));
      const fates: Fate[] = ['is lost'];
      gateway.fate = () => fates.shift() ?? 'passes';
      await execute(page, 20);
      arrived += 20;
      await untilOnceInOrder(lab, arrived);
      expect(errors).toEqual([]);
      await context.close();
    });
  }
});

test('more than a page can keep: JupyterLab works, and what is lost is counted and shown', async ({
  own,
  gateway,
  lab
}) => {
  await own.addInitScript(fullDisk);
  await consentTo(lab, 'on');
  const page = await openTab(own, gateway, lab);
  await execute(page, 1);
  await untilOnceInOrder(lab, 1);
  // No timer runs meanwhile, so that more is recorded than is kept for a store.
  await execute(page, BURST);
  await openPanel(page);
  await expect(async () => {
    await refreshPanel(page);
    const lost = await lostEvents(page);
    expect(lost).toBeGreaterThan(0);
    expect(ours(lab).length + lost).toBe(1 + BURST);
  }).toPass(PATIENCE);
});

test('a clock that is a day ahead or a day behind: the time is told by that of the server', async ({
  browser,
  gateway,
  lab
}) => {
  await consentTo(lab, 'on');
  let arrived = 0;
  for (const offsetMs of [DAY_MS, -DAY_MS]) {
    const sinceMs = Date.now();
    const before = archived(lab).length;
    const context = await browser.newContext();
    await context.clock.install({ time: sinceMs + offsetMs });
    const page = await openTab(context, gateway, lab);
    await execute(page, 10);
    arrived += 10;
    await untilOnceInOrder(lab, arrived);
    for (const { time } of archived(lab).slice(before)) {
      // Cut to the minute.
      expect(Date.parse(time)).toBeGreaterThan(sinceMs - 60_000);
      expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
    }
    await context.close();
  }
});

test('a laptop sleeps for an hour: what waited goes in one request when it wakes', async ({
  own,
  gateway,
  lab
}) => {
  await own.clock.install();
  await consentTo(lab, 'on');
  const page = await openTab(own, gateway, lab);
  await execute(page, 1);
  await untilOnceInOrder(lab, 1);
  await expect.poll(() => nothingWaits(page), PATIENCE).toBe(true);
  // Nothing gets through before it sleeps, however slow this machine is.
  gateway.fate = () => 'is lost';
  await execute(page, 30);
  const before = gateway.posts.length;
  gateway.fate = () => 'passes';
  await page.clock.fastForward('01:00:00');
  await untilOnceInOrder(lab, 31);
  await expect.poll(() => nothingWaits(page), PATIENCE).toBe(true);
  const [, ...slept] = ours(lab);
  const posts = gateway.posts
    .slice(before)
    .filter(({ ids }) => slept.some(({ id }) => ids.includes(id)));
  expect(posts).toHaveLength(1);
});

test.describe('two users, one browser, one address', () => {
  test.use({ eventlog: EVENTLOG + BY_COOKIE });

  test('what one left, in the store and in an open page, is never taken for the other', async ({
    own,
    gateway,
    lab
  }) => {
    for (const who of ['ann', 'ben']) {
      await shareAs(lab, who);
    }
    await become(own, gateway.url, 'ann');
    const left = await openTab(own, gateway, lab);
    gateway.fate = () => 'is lost';
    await execute(left, 20);
    await untilKept(left, 20);
    const annsIds = await keptIds(left);
    const [annsFirst = ''] = annsIds;

    await become(own, gateway.url, 'ben');
    gateway.fate = () => 'passes';
    await execute(left, 50); // enough to be sent at once, by Ann's page with Ben's cookie
    await expect
      .poll(
        () =>
          gateway.posts.filter(
            ({ cookie, ids }) =>
              cookie.includes('who=ben') && ids.includes(annsFirst)
          ).length,
        PATIENCE
      )
      .toBe(1);
    const page = await openTab(own, gateway, lab, 'another');
    await execute(page, 60);
    await expect
      .poll(() => ours(lab).length, PATIENCE)
      .toBeGreaterThanOrEqual(60);
    expect(ours(lab)).toHaveLength(60);
    const bens = await heldIdsAs(lab, 'ben');
    expect(annsIds.filter(id => bens.includes(id))).toEqual([]);
    expect(await heldIdsAs(lab, 'ann')).not.toContain(bens[0]);
  });
});
