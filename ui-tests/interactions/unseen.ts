// The second suite: interactions that the rules were not tuned on.
//
// The rules (src/triggers) were frozen at commit f11bd3c46ecd60488fabd9af5cd352105e7c9543, the last that touched them.
// What stands here was written after that, by somebody who had not read them, and before any of it was run:
// each expectation is what a careful person would call right, and claims no more than can be known. Since
// then only what was wrong about the application was corrected; `CORRECTED` says where.

import type { IGroup } from './table';
import { CELLS } from './unseen-cells';
import { EXTENSIONS } from './unseen-extensions';
import { FILES_AND_PANELS } from './unseen-files';
import { KERNELS } from './unseen-kernels';
import { NOTEBOOK_7, TREE_7 } from './unseen-notebooks';
import type { IUnseen } from './unseen-rows';
import { SHELLS } from './unseen-shells';

export interface IUnseenGroup extends IGroup {
  readonly interactions: readonly IUnseen[];
}

export const FROZEN = 'f11bd3c46ecd60488fabd9af5cd352105e7c9543';

export const UNSEEN: readonly IUnseenGroup[] = [
  CELLS,
  FILES_AND_PANELS,
  SHELLS,
  KERNELS,
  EXTENSIONS,
  NOTEBOOK_7,
  TREE_7
];
