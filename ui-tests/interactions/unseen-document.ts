// What became of the second suite, as docs/reference/triggers.md shows it.

import { CLAIMS } from './run';
import { tableText } from './document';
import type { IUnseenGroup } from './unseen';
import { FIRST_RUN, FROZEN, NOT_MADE, STEPS_CHANGED, WRITTEN } from './unseen';
import type { IUnseen } from './unseen-rows';
import type { IVerdict, Verdicts } from './unseen-run';
import { WHY } from './unseen-why';

export const BEGIN = '<!-- second table: made by the unseen suite -->';
export const END = '<!-- end of the second table -->';

export type Result = Readonly<Record<string, Verdicts>>;

interface IJudged {
  readonly group: string;
  readonly one: IUnseen;
  readonly verdict: IVerdict;
}

export const titleOf = ({ application, name }: IUnseenGroup): string =>
  `${application}: ${name}`;

/** The text with the result in place of the one that it holds. */
export function withResult(text: string, result: string): string {
  const [before = '', rest = ''] = text.split(BEGIN);
  const [, after = ''] = rest.split(END);
  return `${before}${BEGIN}\n\n${result}\n${END}${after}`;
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

export function resultText(
  groups: readonly IUnseenGroup[],
  result: Result
): string {
  const all = judged(groups, result);
  const wrong = all.filter(isWrong);
  return [
    `The rules were frozen at commit \`${FROZEN.slice(0, 7)}\`. What follows was written by somebody who had not read`,
    `them, and committed (\`${WRITTEN.slice(0, 7)}\`) before any of it was run. The rules are as they were; code beside them learned`,
    'to forget gestures when consent changes, which does not happen here.',
    '',
    `**The table is not the first run.** As committed, ${FIRST_RUN.right} of ${FIRST_RUN.interactions} were told as expected; the group of files and panels`,
    'did not come to its end. Most of the others could not be made: a selector of the steps was wrong, or a dialog was in',
    'the way. After that steps were mended, expectations that were wrong about the application corrected, and',
    'some steps changed with their result in view; all of that is listed below. Corrected expectations were',
    'written with the result in view too, so those rows say less than the others.',
    '',
    'Here an activity that was not expected is an error too, as a command is.',
    '',
    ...counts(groups, all),
    '',
    worst(wrong),
    '',
    `Written as well, but not made, and left out: ${NOT_MADE.join('; ')}.`,
    '',
    `### Told wrongly (${wrong.length})`,
    '',
    '| interaction | what was wrong | claims too much | why |',
    '|---|---|---|---|',
    ...wrong.map(wrongRow),
    '',
    ...corrections(all),
    '',
    '### Steps changed after the result was seen',
    '',
    '| interaction | what was changed |',
    '|---|---|',
    ...Object.entries(STEPS_CHANGED).map(entry => row(...entry)),
    '',
    tableText(groups.map(group => marked(group, wrong)))
  ].join('\n');
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

function wrongRow({ group, one, verdict }: IJudged): string {
  return row(
    `${group.split(':')[0] ?? ''}: ${one.name}`,
    verdict.wrong.map(text => code(text)).join('<br>'),
    verdict.beyond ?? 'no',
    WHY[one.name] ?? '?'
  );
}

function corrections(all: readonly IJudged[]): string[] {
  const rows = all.filter(({ one }) => one.corrected);
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
