// Key sequences: told only if they are the default ones of the command.

import type { IVocabulary } from './vocabulary';

export const CUSTOM = 'custom';

/** The sequence as in `Shift Enter` or `D, D`; `custom` where the user or an extension bound it. */
export function keySequence(
  vocabulary: IVocabulary,
  command: string,
  keys: readonly string[]
): string {
  const sequence = keys.join(', ');
  return vocabulary.bindings.get(command)?.has(sequence) ? sequence : CUSTOM;
}
