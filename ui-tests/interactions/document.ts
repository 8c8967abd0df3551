// The table as docs/reference/triggers.md shows it.

import { certaintyText } from './run';
import type { IExpected, IGroup, IInteraction } from './table';

export const BEGIN = '<!-- table: made by the interactions suite -->';
export const END = '<!-- end of the table -->';

const HEAD = [
  '| interaction | recorded | surface | device | started by | certainty |',
  '|---|---|---|---|---|---|'
];

export function tableText(groups: readonly IGroup[]): string {
  return groups.map(groupText).join('\n');
}

/** The text with the table in place of the one that it holds. */
export function withTable(text: string, table: string): string {
  const [before = '', rest = ''] = text.split(BEGIN);
  const [, after = ''] = rest.split(END);
  return `${before}${BEGIN}\n\n${table}\n${END}${after}`;
}

function groupText({ name, application, interactions }: IGroup): string {
  const title = `### ${application}: ${name} (${interactions.length})`;
  return [title, '', ...HEAD, ...interactions.flatMap(rows), ''].join('\n');
}

function rows({ name, expected }: IInteraction): string[] {
  return expected.length === 0
    ? [row(name, 'nothing', '', '', '', '')]
    : expected.map((one, index) => expectedRow(index === 0 ? name : '', one));
}

function expectedRow(name: string, one: IExpected): string {
  const what = one.isActivity ? `*${one.what}*` : `\`${one.what}\``;
  const outcome = one.outcome === null ? '' : ` (${one.outcome})`;
  const by = one.parent === null ? '' : `\`${one.parent}\``;
  const certainty = certaintyText(one.certainty);
  return row(name, what + outcome, one.surface, one.device, by, certainty);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
