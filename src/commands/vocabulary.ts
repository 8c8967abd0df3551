// The shipped census: the only names, choices and key sequences that are ever recorded as they are.

import json from './vocabulary.json';

/** How one declared argument is recorded: its truth, its choice from a list, or only that it was given. */
export type ArgumentRule = 'flag' | 'present' | readonly string[];

export interface IVocabulary {
  readonly commands: ReadonlySet<string>;
  readonly errorClasses: ReadonlySet<string>;
  readonly projection: ReadonlyMap<
    string,
    Readonly<Record<string, ArgumentRule>>
  >;
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

/** Stands for every name that is not in the vocabulary. */
export const OTHER = '(other)';

export function toVocabulary(census: ICensus): IVocabulary {
  return {
    commands: new Set(census.commands),
    errorClasses: new Set(census.error_classes),
    projection: new Map(
      Object.entries(census.projection) as [
        string,
        Record<string, ArgumentRule>
      ][]
    ),
    bindings: new Map(
      Object.entries(census.bindings).map(([id, keys]) => [id, new Set(keys)])
    )
  };
}

export function shippedVocabulary(): IVocabulary {
  return toVocabulary(json);
}

/** The id if it is shipped: ids made at run time can carry names of kernels, files and links. */
export function commandName(vocabulary: IVocabulary, id: string): string {
  return vocabulary.commands.has(id) ? id : OTHER;
}
