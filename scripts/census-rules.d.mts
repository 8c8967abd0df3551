// Types of census-rules.mjs, for its test.

export interface IRegistry {
  readonly described: Readonly<Record<string, unknown>>;
  readonly bindings: readonly {
    readonly command: string;
    readonly keys: readonly string[];
  }[];
  readonly plugins: readonly string[];
  readonly themes: readonly string[];
}

export type Vocabulary = Readonly<
  Record<string, readonly string[] | Readonly<Record<string, unknown>>>
>;

export function compile(registries: readonly IRegistry[]): Vocabulary;

export function differences(
  committed: Vocabulary,
  taken: Vocabulary
): readonly string[];
