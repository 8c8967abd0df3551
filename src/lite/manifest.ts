// What may be collected here, shipped as data; `scripts/lite_manifest.py` makes it from the server's code.

import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { IPurposeState } from '../pipeline/api';
import json from './manifest.json';

/** The part of the terms that is acted on. */
export type ITerms = ReadonlyPartialJSONObject & {
  readonly retention_ms: number;
};

/** A purpose, without what depends on who asks. */
export type IPurpose = Omit<
  IPurposeState,
  'notice_shown' | 'difference' | 'offers' | 'mode' | 'choice' | 'forwarded_to'
> & { readonly terms_text: ITerms };

export interface IShippedManifest {
  readonly hash: string;
  /** The constant label in every envelope. */
  readonly source: string;
  readonly purposes: readonly IPurpose[];
}

export const MANIFEST = json as unknown as IShippedManifest;
