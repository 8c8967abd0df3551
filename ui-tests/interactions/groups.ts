// All groups of the table.

import { MENUS } from './menus';
import { NOTEBOOK, TREE } from './notebook';
import { OTHERS } from './others';
import { SURFACES } from './surfaces';
import { TOOLBARS } from './toolbars';
import type { IGroup } from './table';

export const GROUPS: readonly IGroup[] = [
  MENUS,
  TOOLBARS,
  SURFACES,
  OTHERS,
  NOTEBOOK,
  TREE
];
