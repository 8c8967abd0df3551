import { placeOf, placeOfKey } from '../triggers/surfaces';

const noMenus = { isContextMenuOpen: () => false };
const contextMenu = { isContextMenuOpen: () => true };

function target(html: string): Element {
  document.body.innerHTML = html;
  const element = document.querySelector('#t');
  if (!element) {
    throw new Error('no #t');
  }
  return element;
}

afterEach(() => {
  document.body.innerHTML = '';
});

const mainMenu =
  '<div id="jp-MainMenu"><div class="lm-MenuBar-item lm-mod-active"></div></div>' +
  '<div class="lm-Menu"><li class="lm-Menu-item" data-command="a:b"><i id="t"></i></li></div>';

const PLACES: readonly (readonly [
  row: string,
  html: string,
  surface: string,
  names: string | null,
  isPassive: boolean
])[] = [
  ['an item of the main menu', mainMenu, 'main-menu', 'a:b', false],
  [
    'an item of a menu that some widget opened',
    '<div class="lm-Menu"><li data-command="a:b" id="t"></li></div>',
    'other-widget',
    'a:b',
    false
  ],
  [
    'an item of the menu of a button in a toolbar, which is a menu bar',
    '<div class="jp-Toolbar"><div class="lm-MenuBar-item lm-mod-active"></div></div>' +
      '<div class="lm-Menu"><li data-command="a:b" id="t"></li></div>',
    'other-widget',
    'a:b',
    false
  ],
  [
    'an item of the palette',
    '<div class="lm-CommandPalette"><li data-command="a:b"><b id="t"></b></li></div>',
    'palette',
    'a:b',
    false
  ],
  [
    'a toolbar button',
    '<div class="jp-Toolbar"><jp-button data-command="a:b" id="t"></jp-button></div>',
    'toolbar',
    'a:b',
    false
  ],
  [
    'a file in the list of the file browser',
    '<div class="jp-FileBrowser"><ul class="jp-DirListing"><li id="t"></li></ul></div>',
    'file-browser',
    null,
    false
  ],
  [
    "the file browser's path",
    '<div class="jp-FileBrowser"><div class="jp-FileBrowser-crumbs" id="t"></div></div>',
    'file-browser',
    null,
    false
  ],
  [
    "the file browser's toolbar",
    '<div class="jp-FileBrowser"><div class="jp-Toolbar"><p id="t"></p></div></div>',
    'toolbar',
    null,
    false
  ],
  [
    "a button in a toolbar's popup",
    '<div class="jp-Toolbar-responsive-popup"><button data-command="a:b" id="t"></button></div>',
    'toolbar',
    'a:b',
    false
  ],
  [
    "a button in a cell's toolbar",
    '<div class="jp-Toolbar jp-cell-toolbar"><button data-command="a:b" id="t"></button></div>',
    'cell-toolbar',
    'a:b',
    false
  ],
  [
    'a card of the launcher',
    '<div class="jp-Launcher"><div class="jp-LauncherCard" id="t"></div></div>',
    'launcher',
    null,
    false
  ],
  [
    'the add button of a tab bar',
    '<div class="lm-TabBar"><div class="lm-TabBar-addButton" id="t"></div></div>',
    'tab-bar',
    null,
    false
  ],
  [
    'a tab',
    '<div class="lm-TabBar"><li class="lm-TabBar-tab" id="t"></li></div>',
    'tab-bar',
    null,
    true
  ],
  [
    'a command link in an output',
    '<div class="jp-OutputArea"><a data-commandlinker-command="a:b" id="t"></a></div>',
    'link',
    'a:b',
    false
  ],
  [
    'a button of a toast',
    '<div class="jp-toastContainer"><button class="jp-toast-button" id="t"></button></div>',
    'notification',
    null,
    false
  ],
  [
    'a button of the notification centre',
    '<div class="jp-Notification-Center"><button id="t"></button></div>',
    'notification',
    null,
    false
  ],
  [
    'a button of a dialog',
    '<div class="jp-Dialog"><div class="jp-Toolbar"><button id="t"></button></div></div>',
    'dialog',
    null,
    false
  ],
  [
    'an editor',
    '<div class="cm-editor"><div id="t"></div></div>',
    'other-widget',
    null,
    true
  ],
  [
    'a terminal',
    '<div class="jp-Terminal"><div id="t"></div></div>',
    'other-widget',
    null,
    true
  ],
  [
    'an output',
    '<div class="jp-OutputArea"><div id="t"></div></div>',
    'other-widget',
    null,
    true
  ]
];

describe('where an element is', () => {
  it.each(PLACES)('%s', (_row, html, surface, names, isPassive) => {
    expect(placeOf(target(html), noMenus)).toEqual({
      surface,
      names,
      isPassive
    });
  });

  it('a menu is the context menu while that is open, though a bar item is active', () => {
    expect(placeOf(target(mainMenu), contextMenu).surface).toBe('context-menu');
  });

  it('Enter in a menu means its innermost active item', () => {
    const element = target(
      '<div class="lm-Menu"><li class="lm-mod-active" data-command="out:er"></li></div>' +
        '<div class="lm-Menu" id="t"><li class="lm-mod-active" data-command="in:ner"></li></div>'
    );
    expect(placeOfKey(element, 'Enter', noMenus).names).toBe('in:ner');
  });

  it('a mnemonic in a menu names nothing: its item is not active yet', () => {
    const element = target(
      '<div class="lm-Menu" id="t"><li class="lm-mod-active" data-command="a:b"></li></div>'
    );
    expect(placeOfKey(element, 's', noMenus).names).toBeNull();
  });

  it('Enter in the palette means its active item', () => {
    const element = target(
      '<div class="lm-CommandPalette"><input id="t"><li data-command="x:y"></li>' +
        '<li class="lm-CommandPalette-item lm-mod-active" data-command="a:b"></li></div>'
    );
    expect(placeOfKey(element, 'Enter', noMenus)).toEqual({
      surface: 'palette',
      names: 'a:b',
      isPassive: false
    });
  });
});
