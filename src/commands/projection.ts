// Reduces a command's arguments to what cannot hold personal data.

import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { CommandV1 } from '../schemas';
import type { ArgumentRule } from '../tokens';
import type { IVocabulary } from './vocabulary';

export type ProjectedArgument =
  | { readonly name: string; readonly flag: boolean }
  | { readonly name: string; readonly choice: string }
  | { readonly name: string; readonly present: true };

/** What of a command's arguments is told: those that are declared, and how many are not; never their names. */
export type Projection = Pick<CommandV1, 'args' | 'undeclared_args'>;

/** Added by lumino to tell key bindings apart; no argument of the command. */
const NOT_AN_ARGUMENT = '_luminoEvent';
/** The schema's bounds. */
const MAX_ARGS = 32;
const MAX_COUNT = 1000;

/** Of a command that is not in the vocabulary nothing is told. */
export function projectArgs(
  vocabulary: IVocabulary,
  command: string,
  args: ReadonlyPartialJSONObject | undefined
): Projection {
  const rules = vocabulary.rulesOf(command);
  if (!args || !rules) {
    return {};
  }
  const given = Object.keys(args).filter(
    name => name !== NOT_AN_ARGUMENT && args[name] !== undefined
  );
  const declared = given.filter(name => Object.hasOwn(rules, name)).sort();
  const undeclared = Math.min(given.length - declared.length, MAX_COUNT);
  const projected = declared
    .filter(name => args[name] !== null)
    .slice(0, MAX_ARGS)
    .map(name => project(name, args[name], rules[name] ?? 'present'));
  return {
    ...(projected.length > 0 ? { args: projected } : {}),
    ...(undeclared > 0 ? { undeclared_args: undeclared } : {})
  };
}

function project(
  name: string,
  value: unknown,
  rule: ArgumentRule
): ProjectedArgument {
  if (rule === 'flag' && typeof value === 'boolean') {
    return { name, flag: value };
  }
  if (
    Array.isArray(rule) &&
    typeof value === 'string' &&
    rule.includes(value)
  ) {
    return { name, choice: value };
  }
  return { name, present: true };
}
