// Commands that are told by name beside the shipped ones; on the start-up path, so it stays small.

import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';

import type { ArgumentRule, CommandDeclarations } from '../tokens';

// The forms that the schema of commands has and the bounds that the server holds the operator to: it would refuse
// an event with anything else. A test compares them.
const ID =
  /^@?[A-Za-z][\w.-]{0,63}(\/[A-Za-z][\w.-]{0,63})?:[A-Za-z0-9][\w.:-]{0,95}$/;
const MAX_ID = 128;
const NAME = /^[A-Za-z_][\w-]{0,63}$/;
const CHOICE = /^[A-Za-z0-9][\w.:-]{0,63}$/;
const MAX_COMMANDS = 1000;
const MAX_ARGUMENTS = 32;
const MAX_CHOICES = 64;

/** What extensions declared, over what the operator lists. */
export class Declarations {
  /** Add commands; throws a `TypeError` that names the first that is not well-formed. */
  declare(declarations: CommandDeclarations): IDisposable {
    requireForm(declarations);
    // As it is now: its caller may go on using, and changing, what it handed in.
    const copy: unknown = JSON.parse(JSON.stringify(declarations));
    // What stands for it as JSON need not be what was looked at.
    requireForm(copy);
    this._declared.add(copy);
    this._merged = null;
    return new DisposableDelegate(() => {
      this._declared.delete(copy);
      this._merged = null;
    });
  }

  /** All commands, in the same object until something changes; where both name an argument, the operator's rule holds. */
  over(listed: CommandDeclarations): CommandDeclarations {
    if (this._merged === null || listed !== this._listed) {
      this._listed = listed;
      this._merged = merge([...this._declared, listed]);
    }
    return this._merged;
  }

  private readonly _declared = new Set<CommandDeclarations>();
  private _listed: CommandDeclarations = {};
  private _merged: CommandDeclarations | null = null;
}

/** Those of the operator's commands that are well-formed. */
export function listedCommands(value: unknown): CommandDeclarations {
  return isRecord(value)
    ? (Object.fromEntries(
        Object.entries(value).filter(entry => isWellFormed(...entry))
      ) as CommandDeclarations)
    : {};
}

function merge(all: readonly CommandDeclarations[]): CommandDeclarations {
  const merged = new Map<string, Readonly<Record<string, ArgumentRule>>>();
  for (const [id, rules] of all.flatMap(one => Object.entries(one))) {
    merged.set(id, { ...merged.get(id), ...rules });
  }
  return Object.fromEntries(merged);
}

function requireForm(value: unknown): asserts value is CommandDeclarations {
  if (!isRecord(value)) {
    throw new TypeError('Commands are declared by an object');
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_COMMANDS) {
    throw new TypeError(
      `At most ${MAX_COMMANDS} commands are declared at once`
    );
  }
  for (const [id, rules] of entries) {
    if (!isWellFormed(id, rules)) {
      throw new TypeError(`The declaration of '${id}' is not well-formed`);
    }
  }
}

function isWellFormed(id: string, rules: unknown): boolean {
  return (
    id.length <= MAX_ID &&
    ID.test(id) &&
    isRecord(rules) &&
    Object.keys(rules).length <= MAX_ARGUMENTS &&
    Object.entries(rules).every(
      ([name, rule]) => NAME.test(name) && isRule(rule)
    )
  );
}

function isRule(rule: unknown): rule is ArgumentRule {
  return (
    rule === 'flag' ||
    rule === 'present' ||
    (Array.isArray(rule) &&
      rule.length <= MAX_CHOICES &&
      rule.every(choice => typeof choice === 'string' && CHOICE.test(choice)))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
