// Makes the interactions of the second suite, and judges what was told of each.

import type { Browser, Page } from '@playwright/test';

import type { Certainty } from '../../src/tokens';
import type { ILab } from '../lab';
import { test } from '../lab';
import type { ITold, Recorded } from './recorded';
import {
  CLAIMS,
  expectation,
  fits,
  isAbout,
  missing,
  openGroup,
  take,
  telling,
  within
} from './run';
import type { IExpected } from './table';
import type { IUnseen, IUnseenGroup } from './unseen-rows';

/** How long what an interaction causes may take to arrive. */
const PATIENCE_MS = 20_000;
/** How long we look for what should not come, and how long a gesture explains what follows. */
const AFTERMATH_MS = 250;
const GESTURE_MS = 600;

/** What became of one interaction. */
export interface IVerdict {
  /** One line for each thing that was told wrongly; none if all is right. */
  readonly wrong: readonly string[];
  /** The most certain of the claims that go beyond what is known. */
  readonly beyond: Certainty | null;
}

export type Verdicts = Readonly<Record<string, IVerdict>>;

/**
 * Rows that are not told as published, and how they are told.
 *
 * One that was wrong may be right: some are wrong only where a gesture is so near that it seems to explain
 * what follows, and on a slow machine it is not.
 */
export function otherwise(published: Verdicts, now: Verdicts): Verdicts {
  const names = Object.keys({ ...published, ...now });
  return Object.fromEntries(
    names.flatMap(name => {
      const found = now[name] ?? { wrong: ['is missing'], beyond: null };
      const isSame =
        JSON.stringify(found) === JSON.stringify(published[name]) ||
        (published[name] !== undefined && found.wrong.length === 0);
      return isSame ? [] : [[name, found] as const];
    })
  );
}

interface IMade {
  readonly one: IUnseen;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly failure: string | null;
}

export async function judgeGroup(
  group: IUnseenGroup,
  browser: Browser,
  lab: ILab
): Promise<Verdicts> {
  const { page, recorded } = await openGroup(group, browser, lab);
  const made: IMade[] = [];
  for (const one of group.interactions) {
    await test.step(one.name, async () => {
      made.push(await make(one, page, lab, recorded));
    });
  }
  const events = await recorded.read(page);
  await page.context().close();
  return Object.fromEntries(
    made.map(({ one, sinceMs, untilMs, failure }) => [
      one.name,
      failure === null
        ? judge(one.expected, within(events, sinceMs, untilMs))
        : { wrong: [`could not be made: ${failure}`], beyond: null }
    ])
  );
}

async function make(
  one: IUnseen,
  page: Page,
  lab: ILab,
  recorded: Recorded
): Promise<IMade> {
  const now = async (): Promise<number> => page.evaluate(() => Date.now());
  let sinceMs = await now();
  let failure: string | null = null;
  try {
    if (one.setup) {
      await one.setup(page, lab);
      await page.waitForTimeout(GESTURE_MS);
      sinceMs = await now();
    }
    await one.act(page, lab);
    await arrival(one, page, recorded, sinceMs);
  } catch (error) {
    failure = String(error).slice(0, 600);
    await page.keyboard.press('Escape').catch(() => undefined);
  }
  await page.waitForTimeout(AFTERMATH_MS);
  await recorded.read(page);
  return { one, sinceMs, untilMs: await now(), failure };
}

async function arrival(
  one: IUnseen,
  page: Page,
  recorded: Recorded,
  sinceMs: number
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  const isComplete = async (): Promise<boolean> => {
    const own = within(await recorded.read(page), sinceMs, Infinity);
    return missing(one, own).length === 0;
  };
  while (!(await isComplete()) && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function judge(
  expected: readonly IExpected[],
  events: readonly ITold[]
): IVerdict {
  const rest = [...events];
  const wrong: string[] = [];
  const claims: Certainty[] = [];
  const unmet = expected.filter(one => !take(rest, event => fits(one, event)));
  for (const one of unmet) {
    const instead = take(rest, event => isAbout(one, event));
    wrong.push(
      `expected ${expectation(one)}, told ${instead ? telling(instead) : 'nothing'}`
    );
    if (instead && isBeyond(one, instead)) {
      claims.push(instead.certainty as Certainty);
    }
  }
  // Unlike in the first suite, activities count too. What claims nothing is the page's own.
  for (const event of rest.filter(
    ({ surface }) => surface !== 'programmatic'
  )) {
    wrong.push(`not expected: ${telling(event)}`);
    claims.push(event.certainty as Certainty);
  }
  const most = Math.max(-1, ...claims.map(claim => CLAIMS.indexOf(claim)));
  return { wrong, beyond: CLAIMS[most] ?? null };
}

/** Whether what was told claims something that is not so, or more than can be known. */
function isBeyond(one: IExpected, event: ITold): boolean {
  const claim = CLAIMS.indexOf(event.certainty as Certainty);
  const isSo =
    one.surface === event.surface &&
    one.device === event.device &&
    one.parent === event.parent;
  return claim > 0 && (!isSo || claim > CLAIMS.indexOf(one.certainty[1]));
}
