import { readFileSync } from 'fs';

import { Declarations } from '../pipeline/declarations';

interface IShape {
  readonly pattern: string;
  readonly maxLength: number;
}

interface ISchema {
  readonly properties: {
    readonly command: IShape;
    readonly args: {
      readonly items: {
        readonly properties: { readonly name: IShape; readonly choice: IShape };
      };
    };
  };
}

const { properties } = JSON.parse(
  readFileSync('jupyter_eventlog/schemas/command.v1.json', 'utf8')
) as ISchema;
const argument = properties.args.items.properties;

const WORDS = [
  'own:open',
  '@own/extension:open.file:now',
  '@own/extension',
  'own',
  'own:',
  ':open',
  'own:open the file of Jane',
  'own:open/home/jane',
  'a/b/c:open',
  '9own:open',
  'jané:open',
  'own:open\n',
  `own:${'a'.repeat(96)}`,
  `own:${'a'.repeat(97)}`,
  `${'a'.repeat(64)}:${'b'.repeat(63)}`,
  `${'a'.repeat(64)}:${'b'.repeat(64)}`,
  'a'.repeat(64),
  'a'.repeat(65),
  '_name',
  'a-b',
  '4.6',
  'a b',
  ''
];

function fits(word: string, { pattern, maxLength }: IShape): boolean {
  return word.length <= maxLength && new RegExp(pattern).test(word);
}

function isDeclared(declarations: Record<string, object>): boolean {
  try {
    new Declarations().declare(declarations as never);
    return true;
  } catch {
    return false;
  }
}

describe('what may be declared is what the schema lets through', () => {
  it.each(WORDS)('%j', word => {
    expect({
      id: isDeclared({ [word]: {} }),
      name: isDeclared({ 'own:open': { [word]: 'flag' } }),
      choice: isDeclared({ 'own:open': { name: [word] } })
    }).toEqual({
      id: fits(word, properties.command),
      name: fits(word, argument.name),
      choice: fits(word, argument.choice)
    });
  });

  it('what is kept is what was looked at, whatever stands for it as JSON', () => {
    const turned = Object.defineProperty({ 'own:open': {} }, 'toJSON', {
      value: () => ({ 'to Jane': {} })
    });
    expect(isDeclared(turned)).toBe(false);
  });

  it('the word that stands for all others is nothing to declare', () => {
    expect(isDeclared({ '(other)': {} })).toBe(false);
    expect(isDeclared({ 'own:open': { '(other)': 'flag' } })).toBe(false);
    expect(isDeclared({ 'own:open': { name: ['(other)'] } })).toBe(false);
  });
});
