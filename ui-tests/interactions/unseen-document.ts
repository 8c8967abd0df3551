// What became of the second suite and the third, as docs/reference/triggers.md shows it.

import { CLAIMS } from './run';
import { tableText } from './document';
import {
  FIRST_RUN,
  FROZEN,
  MENDED,
  NOT_MADE,
  PUBLISHED,
  STEPS_CHANGED,
  THIRD_FIRST_RUN,
  THIRD_STEPS_CHANGED,
  THIRD_WRITTEN,
  WRITTEN
} from './unseen';
import type { IUnseen, IUnseenGroup } from './unseen-rows';
import type { IVerdict, Verdicts } from './unseen-run';
import { WHY } from './unseen-why';

/** Between which lines of the document each of the two stands. */
export const SECOND = [
  '<!-- second table: made by the unseen suite -->',
  '<!-- end of the second table -->'
] as const;
export const THIRD = [
  '<!-- third table: made by the unseen suite -->',
  '<!-- end of the third table -->'
] as const;

export type Result = Readonly<Record<string, Verdicts>>;

interface IJudged {
  readonly group: string;
  readonly one: IUnseen;
  readonly verdict: IVerdict;
}

export const titleOf = ({ application, name }: IUnseenGroup): string =>
  `${application}: ${name}`;

/** The text with the result in place of the one that it holds. */
export function withResult(
  text: string,
  [begin, end]: typeof SECOND | typeof THIRD,
  result: string
): string {
  const [before = '', rest = ''] = text.split(begin);
  const [, after = ''] = rest.split(end);
  return `${before}${begin}\n\n${result}\n${end}${after}`;
}

export function judged(
  groups: readonly IUnseenGroup[],
  result: Result
): readonly IJudged[] {
  return groups.flatMap(group =>
    group.interactions.map(one => {
      const verdict = result[titleOf(group)]?.[one.name];
      if (!verdict) {
        throw new Error(`no result of ${one.name}`);
      }
      return { group: titleOf(group), one, verdict };
    })
  );
}

export const isWrong = ({ verdict }: IJudged): boolean =>
  verdict.wrong.length > 0;

const short = (commit: string): string => `\`${commit.slice(0, 7)}\``;

/**
 * @param first - What was told when these rows were new to the rules.
 * @param now - What is told since what they had shown was mended.
 */
export function resultText(
  groups: readonly IUnseenGroup[],
  first: Result,
  now: Result
): string {
  const all = judged(groups, first);
  const wrong = all.filter(isWrong);
  const still = judged(groups, now).filter(isWrong);
  return [
    `The rules were frozen at commit ${short(FROZEN)}. What follows was written by somebody who had not read`,
    `them, and committed (${short(WRITTEN)}) before any of it was run. The first result is that of commit ${short(PUBLISHED)}:`,
    'between the two, files of the rules were changed twice, once to forget gestures when consent changes, which does not',
    `happen here, and once in a comment (\`git diff ${FROZEN.slice(0, 7)} ${PUBLISHED.slice(0, 7)} -- src/triggers\`).`,
    '',
    `**First result: ${all.length - wrong.length} of ${all.length}. After mending: ${all.length - still.length} of ${all.length}.** What the first result showed to be a bug was mended`,
    `in ${short(MENDED)}, with these rows in view; for the rules as they are now they are no longer unseen. What the`,
    'first result calls a limit is as it was. The first table had one of the bugs in it as an expectation: a file dragged was',
    'told as `other-widget`, and is told as `file-browser` now.',
    '',
    `**The first result is not the first run.** As committed, ${FIRST_RUN.right} of ${FIRST_RUN.interactions} were told as expected; the group of files and panels`,
    'did not come to its end. Most of the others could not be made: a selector of the steps was wrong, or a dialog was in',
    'the way. After that steps were mended, expectations that were wrong about the application corrected, and',
    'some steps changed with their result in view; all of that is listed below. Corrected expectations were',
    'written with the result in view too, so those rows say less than the others.',
    '',
    'Here an activity that was not expected is an error too, as a command is.',
    '',
    'The first result:',
    '',
    ...counts(groups, all),
    '',
    worst(wrong),
    '',
    `After mending: ${worst(still)}`,
    '',
    `Written as well, but not made, and left out: ${NOT_MADE.join('; ')}.`,
    '',
    `### Told wrongly at first (${wrong.length}), and since the mending (${still.length})`,
    '',
    '| interaction | what was wrong | claims too much | why | now |',
    '|---|---|---|---|---|',
    ...wrong.map(one => wrongRow(one, still.some(isSame(one)))),
    '',
    ...corrections(all),
    '',
    ...changes(STEPS_CHANGED),
    '',
    tableText(groups.map(group => marked(group, still)))
  ].join('\n');
}

/** The third suite has one result. */
export function thirdText(
  groups: readonly IUnseenGroup[],
  result: Result
): string {
  const all = judged(groups, result);
  const wrong = all.filter(isWrong);
  return [
    `What follows is about what was mended (${short(MENDED)}), in ways that the mending was not tried on. It was written by`,
    `somebody who knows the rules, and committed (${short(THIRD_WRITTEN)}) before any of it was run.`,
    '',
    `**${all.length - wrong.length} of ${all.length} are told rightly.** In the first run, as committed, ${THIRD_FIRST_RUN.right} were; ${THIRD_FIRST_RUN.notMade} could not be made. ${worst(wrong)}`,
    '',
    ...counts(groups, all),
    '',
    `### Of these told wrongly (${wrong.length})`,
    '',
    '| interaction | what is wrong | claims too much | why |',
    '|---|---|---|---|',
    ...wrong.map(one => wrongRow(one)),
    '',
    ...corrections(all),
    '',
    ...changes(THIRD_STEPS_CHANGED),
    '',
    tableText(groups.map(group => marked(group, wrong)))
  ].join('\n');
}

const isSame =
  (one: IJudged) =>
  (other: IJudged): boolean =>
    one.group === other.group && one.one.name === other.one.name;

function changes(steps: Readonly<Record<string, string>>): string[] {
  const rows = Object.entries(steps);
  return rows.length === 0
    ? []
    : [
        '### Steps changed after the result was seen',
        '',
        '| interaction | what was changed |',
        '|---|---|',
        ...rows.map(entry => row(...entry))
      ];
}

function counts(
  groups: readonly IUnseenGroup[],
  all: readonly IJudged[]
): string[] {
  const line = (name: string, rows: readonly IJudged[]): string => {
    const wrong = rows.filter(isWrong).length;
    const mended = rows.filter(({ one }) => one.corrected).length;
    const cells = [name, rows.length, rows.length - wrong, wrong, mended];
    return `| ${cells.join(' | ')} |`;
  };
  return [
    '| group | interactions | right | wrong | corrected about the application |',
    '|---|---|---|---|---|',
    ...groups.map(group =>
      line(
        titleOf(group),
        all.filter(one => one.group === titleOf(group))
      )
    ),
    line('all', all)
  ];
}

function worst(wrong: readonly IJudged[]): string {
  const count = [...CLAIMS]
    .reverse()
    .map(claim => ({
      claim,
      rows: wrong.filter(({ verdict }) => verdict.beyond === claim).length
    }))
    .filter(({ rows }) => rows > 0)
    .map(({ claim, rows }) => `${rows} as \`${claim}\``);
  const less = wrong.filter(({ verdict }) => verdict.beyond === null).length;
  return (
    `Claimed beyond what is known: ${count.join(', ') || 'none'}. ` +
    `Told with less than could be known, and nothing false: ${less}.`
  );
}

/** @param isStill - Whether it is wrong now as well; not said where there is one result only. */
function wrongRow({ group, one, verdict }: IJudged, isStill?: boolean): string {
  const now = isStill === undefined ? [] : [isStill ? 'the same' : 'right'];
  return row(
    `${group.split(':')[0] ?? ''}: ${one.name}`,
    verdict.wrong.map(text => code(text)).join('<br>'),
    verdict.beyond ?? 'no',
    WHY[one.name] ?? '?',
    ...now
  );
}

function corrections(all: readonly IJudged[]): string[] {
  const rows = all.filter(({ one }) => one.corrected);
  if (rows.length === 0) {
    return [];
  }
  return [
    `### Corrected about the application (${rows.length})`,
    '',
    '| interaction | what the expectation had not known |',
    '|---|---|',
    ...rows.map(({ group, one }) =>
      row(`${group.split(':')[0] ?? ''}: ${one.name}`, one.corrected ?? '')
    )
  ];
}

function marked(group: IUnseenGroup, wrong: readonly IJudged[]): IUnseenGroup {
  const names = wrong
    .filter(one => one.group === titleOf(group))
    .map(({ one }) => one.name);
  return {
    ...group,
    interactions: group.interactions.map(one => ({
      ...one,
      name: names.includes(one.name) ? `**wrong:** ${one.name}` : one.name
    }))
  };
}

/** Angle brackets and bars mean something in tables. */
const code = (text: string): string => text.replaceAll(' < ', ' by ');

function row(...cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
