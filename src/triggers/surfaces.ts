// Where in JupyterLab's or Notebook's user interface an element is, and which command it names.

import type { Surface } from '../tokens';

export interface IPlace {
  readonly surface: Surface;
  readonly names: string | null;
  readonly isPassive: boolean;
}

/** Which menu is open; only the application knows. */
export interface IMenus {
  isContextMenuOpen(): boolean;
}

interface IRule {
  readonly selector: string;
  readonly surface: Surface;
  readonly isPassive?: true;
}

// First that fits. A cell's toolbar is a toolbar too, and an add button is in a tab bar.
// Links and toolbars may be within what is passive otherwise, and the file browser has a toolbar.
const RULES: readonly IRule[] = [
  { selector: '.jp-Dialog', surface: 'dialog' },
  { selector: '.lm-CommandPalette', surface: 'palette' },
  { selector: '[data-commandlinker-command]', surface: 'link' },
  {
    selector: '.jp-toastContainer, .Toastify, .jp-Notification-Center',
    surface: 'notification'
  },
  { selector: '.jp-cell-toolbar', surface: 'cell-toolbar' },
  {
    selector: '.jp-Toolbar, .jp-Toolbar-responsive-popup',
    surface: 'toolbar'
  },
  { selector: '.jp-Launcher, .jp-LauncherCard', surface: 'launcher' },
  { selector: '.jp-DirListing, .jp-FileBrowser', surface: 'file-browser' },
  { selector: '.lm-TabBar-addButton', surface: 'tab-bar' },
  { selector: '.lm-TabBar', surface: 'tab-bar', isPassive: true },
  {
    selector: '.cm-editor, .jp-Terminal, .jp-OutputArea, .lm-MenuBar',
    surface: 'other-widget',
    isPassive: true
  }
];

/** Classify the element that a gesture hit. */
export function placeOf(target: Element, menus: IMenus): IPlace {
  if (target.closest('.lm-Menu')) {
    return {
      surface: menuSurface(menus),
      names: named(target),
      isPassive: false
    };
  }
  const rule = RULES.find(({ selector }) => target.closest(selector));
  return {
    surface: rule?.surface ?? 'other-widget',
    names: named(target),
    isPassive: rule?.isPassive ?? false
  };
}

/** A key's target is what has the focus; the item it means is the active one of the menu or palette. */
export function placeOfKey(
  target: Element,
  key: string,
  menus: IMenus
): IPlace {
  const place = placeOf(target, menus);
  if (target.closest('.lm-Menu')) {
    // A mnemonic picks its item only after this: which one, the element does not tell.
    const active = key === 'Enter' ? lastActive(ACTIVE_MENU_ITEM) : null;
    return { ...place, names: active };
  }
  return place.surface === 'palette'
    ? { ...place, names: lastActive(ACTIVE_PALETTE_ITEM) }
    : place;
}

const ACTIVE_MENU_ITEM = '.lm-Menu .lm-mod-active[data-command]';
const ACTIVE_PALETTE_ITEM = '.lm-CommandPalette .lm-mod-active[data-command]';

/** Toolbars have menu bars too, with a single item: New in Notebook's file list. */
const ACTIVE_MAIN_MENU = '#jp-MainMenu .lm-MenuBar-item.lm-mod-active';

function menuSurface(menus: IMenus): Surface {
  if (menus.isContextMenuOpen()) {
    return 'context-menu';
  }
  return document.querySelector(ACTIVE_MAIN_MENU)
    ? 'main-menu'
    : 'other-widget';
}

/** Submenus are attached after their parents, so the last active item is the innermost. */
function lastActive(selector: string): string | null {
  const active = document.querySelectorAll<HTMLElement>(selector);
  return active[active.length - 1]?.dataset.command ?? null;
}

function named(target: Element): string | null {
  const element = target.closest<HTMLElement>(
    '[data-command], [data-commandlinker-command]'
  );
  return (
    element?.dataset.command ?? element?.dataset.commandlinkerCommand ?? null
  );
}
