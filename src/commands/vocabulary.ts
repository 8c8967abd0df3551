// The only names, choices and key sequences that are ever recorded as they are: shipped, or declared.

import { OTHER } from '../pipeline/values';
import type { ArgumentRule, CommandDeclarations } from '../tokens';
import json from './vocabulary.json';

export type ArgumentRules = Readonly<Record<string, ArgumentRule>>;

export interface IVocabulary {
  /** How the arguments of a command are recorded; undefined where its very name is not told. */
  rulesOf(command: string): ArgumentRules | undefined;
  readonly errorClasses: ReadonlySet<string>;
  /** Command → its default key sequences, keystrokes separated by a comma. */
  readonly bindings: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The census as a file; `scripts/census.mjs` writes it. */
export interface ICensus {
  readonly commands: readonly string[];
  readonly error_classes: readonly string[];
  readonly projection: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
  readonly bindings: Readonly<Record<string, readonly string[]>>;
}

const NO_RULES: ArgumentRules = {};

/**
 * @param declared - What the operator lists and extensions declared. What is shipped comes first: nobody widens it.
 */
export function toVocabulary(
  census: ICensus,
  declared: () => CommandDeclarations = () => ({})
): IVocabulary {
  const shipped = new Map(
    census.commands.map(id => [
      id,
      // TypeScript reads the lists in a JSON file as texts of any kind.
      (census.projection[id] ?? NO_RULES) as ArgumentRules
    ])
  );
  return {
    rulesOf: command => shipped.get(command) ?? own(declared(), command),
    errorClasses: new Set(census.error_classes),
    bindings: new Map(
      Object.entries(census.bindings).map(([id, keys]) => [id, new Set(keys)])
    )
  };
}

export function shippedVocabulary(
  declared?: () => CommandDeclarations
): IVocabulary {
  return toVocabulary(json, declared);
}

/** The id if it may be told: ids made at run time can carry names of kernels, files and links. */
export function commandName(vocabulary: IVocabulary, id: string): string {
  return vocabulary.rulesOf(id) ? id : OTHER;
}

function own(
  declarations: CommandDeclarations,
  command: string
): ArgumentRules | undefined {
  return Object.hasOwn(declarations, command)
    ? declarations[command]
    : undefined;
}
