// All groups of the table.

import { ACTIVITIES } from './activities';
import { MENUS } from './menus';
import { NOTEBOOK, TREE } from './notebook';
import { OTHERS } from './others';
import { SURFACES } from './surfaces';
import type { IGroup } from './table';
import { TOOLBARS } from './toolbars';

export const GROUPS: readonly IGroup[] = [
  MENUS,
  TOOLBARS,
  SURFACES,
  OTHERS,
  ACTIVITIES,
  NOTEBOOK,
  TREE
];
