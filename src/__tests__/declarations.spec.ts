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

  it('no more than the server takes from an operator', () => {
    const source = readFileSync('jupyter_eventlog/config/commands.py', 'utf8');
    const bound = (name: string): number =>
      Number(
        new RegExp(`^MAX_${name}: Final = (\\d+)$`, 'm').exec(source)?.[1]
      );
    const many = <T>(count: number, of: T): Record<string, T> =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`own:n${index}`, of])
      );
    const names = (count: number): object =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`n${index}`, 'flag'])
      );
    const choices = (count: number): object => ({
      name: Array.from({ length: count }, (_, index) => `c${index}`)
    });
    for (const [make, most] of [
      [(count: number) => many(count, {}), bound('COMMANDS')],
      [(count: number) => ({ 'own:open': names(count) }), bound('ARGUMENTS')],
      [(count: number) => ({ 'own:open': choices(count) }), bound('CHOICES')]
    ] as const) {
      expect(most).toBeGreaterThan(1);
      expect(isDeclared(make(most))).toBe(true);
      expect(isDeclared(make(most + 1))).toBe(false);
    }
  });
});
