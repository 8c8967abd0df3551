// Makes the interactions of a group one after the other, and compares what was recorded of each.

import type { Browser, Page } from '@playwright/test';

import type { Certainty } from '../../src/tokens';
import type { ILab } from '../lab';
import { test } from '../lab';
import type { ITold } from './recorded';
import { consentToLocal, Recorded } from './recorded';
import type { IExpected, IGroup, IInteraction } from './table';

/** From the least claim to the most. */
export const CLAIMS: readonly Certainty[] = [
  'unknown',
  'incidental',
  'inferred',
  'direct',
  'exact'
];
/** How long what an interaction causes may take to arrive. */
const PATIENCE_MS = 60_000;

interface IMade {
  readonly interaction: IInteraction;
  readonly sinceMs: number;
  readonly problems: string[];
}

/** Returns one text for each interaction that was not recorded as it has to be. */
export async function runGroup(
  group: IGroup,
  browser: Browser,
  lab: ILab
): Promise<string[]> {
  const { page, recorded } = await openGroup(group, browser, lab);

  const made: IMade[] = [];
  for (const interaction of group.interactions) {
    await test.step(interaction.name, async () => {
      made.push(await make(interaction, page, lab, recorded));
    });
  }
  const events = await recorded.read(page);
  await page.context().close();
  return made.flatMap((one, index) => {
    const untilMs = made[index + 1]?.sinceMs ?? Infinity;
    const problems = [
      ...one.problems,
      ...compare(one.interaction, within(events, one.sinceMs, untilMs))
    ];
    return problems.map(problem => `${one.interaction.name}: ${problem}`);
  });
}

/** Opens the page of a group, with consent given before. */
export async function openGroup(
  group: IGroup,
  browser: Browser,
  lab: ILab
): Promise<{ page: Page; recorded: Recorded }> {
  await consentToLocal(lab);
  group.prepare?.(lab);
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${lab.url}/${group.path}?token=${lab.token}`);
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await page.waitForFunction(
    () =>
      Object.hasOwn(window, 'jupyterapp') &&
      Object.hasOwn(window.jupyterapp.commands, 'execute')
  );
  await page.locator(group.ready).first().waitFor();
  await page.evaluate(async () => window.jupyterapp.restored);
  const recorded = new Recorded(lab);
  await recorded.read(page);
  return { page, recorded };
}

async function make(
  interaction: IInteraction,
  page: Page,
  lab: ILab,
  recorded: Recorded
): Promise<IMade> {
  const sinceMs = await page.evaluate(() => Date.now());
  const problems: string[] = [];
  try {
    await interaction.act(page, lab);
  } catch (error) {
    problems.push(`could not be made: ${String(error).slice(0, 600)}`);
    await page.keyboard.press('Escape').catch(() => undefined);
    return { interaction, sinceMs, problems };
  }
  const deadline = Date.now() + PATIENCE_MS;
  const isComplete = async (): Promise<boolean> => {
    const own = within(await recorded.read(page), sinceMs, Infinity);
    return missing(interaction, own).length === 0;
  };
  while (!(await isComplete()) && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return { interaction, sinceMs, problems };
}

export function within(
  events: readonly ITold[],
  sinceMs: number,
  untilMs: number
): ITold[] {
  return events.filter(({ atMs }) => atMs >= sinceMs && atMs < untilMs);
}

/** What is expected and was not told at all, by its name only. */
export function missing(
  { expected }: IInteraction,
  events: readonly ITold[]
): IExpected[] {
  const rest = [...events];
  return expected.filter(one => !take(rest, event => isAbout(one, event)));
}

function compare(
  { expected }: IInteraction,
  events: readonly ITold[]
): string[] {
  const rest = [...events];
  const problems: string[] = [];
  const unmet = expected.filter(one => !take(rest, event => fits(one, event)));
  for (const one of unmet) {
    const instead = take(rest, event => isAbout(one, event));
    problems.push(
      `expected ${expectation(one)}, got ${instead ? telling(instead) : 'nothing'}`
    );
  }
  // Activities follow from many commands; which of them has to is said where it is the point.
  // What claims nothing is the page's own: timers, the start of a second window.
  const strange = rest.filter(
    ({ isActivity, surface }) => !isActivity && surface !== 'programmatic'
  );
  problems.push(...strange.map(event => `not expected: ${telling(event)}`));
  return problems;
}

export function take<T>(list: T[], test: (item: T) => boolean): T | null {
  const index = list.findIndex(test);
  return list.splice(index, index < 0 ? 0 : 1)[0] ?? null;
}

export function isAbout(one: IExpected, event: ITold): boolean {
  return one.what === event.what && one.isActivity === event.isActivity;
}

export function fits(one: IExpected, event: ITold): boolean {
  const claim = CLAIMS.indexOf(event.certainty as Certainty);
  const [least, most] = one.certainty;
  return (
    isAbout(one, event) &&
    one.surface === event.surface &&
    one.device === event.device &&
    one.parent === event.parent &&
    claim >= CLAIMS.indexOf(least) &&
    claim <= CLAIMS.indexOf(most) &&
    (one.outcome === null || one.outcome === event.outcome)
  );
}

export function certaintyText([least, most]: IExpected['certainty']): string {
  return least === most ? least : `${least} to ${most}`;
}

export function expectation(one: IExpected): string {
  const { what, surface, device, certainty, parent, outcome } = one;
  return line(what, surface, device, certaintyText(certainty), parent, outcome);
}

export function telling(event: ITold): string {
  const { what, surface, device, certainty, parent, outcome } = event;
  return line(what, surface, device, certainty, parent, outcome);
}

function line(
  what: string,
  surface: string,
  device: string,
  certainty: string,
  parent: string | null,
  outcome: string | null
): string {
  const by = parent === null ? '' : ` < ${parent}`;
  return `${what} = ${surface} ${device} ${certainty}${by} (${outcome ?? 'any'})`;
}
