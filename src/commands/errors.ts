// The class of an error, from a list; never its message.

import { ServerConnection } from '@jupyterlab/services';

import { OTHER } from '../pipeline/values';
import type { IVocabulary } from './vocabulary';

/** Name of the error's class if it is a well-known one, else `(other)`. */
export function errorClass(vocabulary: IVocabulary, error: unknown): string {
  const name = nameOf(error);
  return name !== null && vocabulary.errorClasses.has(name) ? name : OTHER;
}

function nameOf(error: unknown): string | null {
  // Builds shorten the names of classes, so JupyterLab's own are told by identity.
  if (error instanceof ServerConnection.ResponseError) {
    return 'ResponseError';
  }
  if (error instanceof ServerConnection.NetworkError) {
    return 'NetworkError';
  }
  if (typeof error !== 'object' || error === null || !('name' in error)) {
    return null;
  }
  return typeof error.name === 'string' ? error.name : null;
}
