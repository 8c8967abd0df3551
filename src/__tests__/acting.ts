// What a person does, where there is no browser.

/** Dispatch as a person would: what scripts dispatch is not trusted, so jsdom's own mark is fixed. */
export function act(target: Element, event: Event): void {
  const [inner] = Object.getOwnPropertySymbols(event).map(
    symbol => (event as unknown as Record<symbol, object>)[symbol]
  );
  if (!inner) {
    throw new Error('jsdom keeps its events elsewhere now');
  }
  Object.defineProperty(inner, 'isTrusted', {
    get: () => true,
    set: () => undefined
  });
  target.dispatchEvent(event);
}

export const mouse = (type: string): MouseEvent =>
  new MouseEvent(type, { bubbles: true, composed: true, detail: 1 });
export const key = (name: string): KeyboardEvent =>
  new KeyboardEvent('keydown', { bubbles: true, key: name });

/** As lumino reads it: `Shift Enter`. */
export function keystroke(text: string): KeyboardEvent {
  const [name = '', ...modifiers] = text.split(' ').reverse();
  return new KeyboardEvent('keydown', {
    bubbles: true,
    cancelable: true,
    key: name,
    keyCode: name === 'Enter' ? 13 : name.charCodeAt(0),
    ctrlKey: modifiers.includes('Ctrl'),
    shiftKey: modifiers.includes('Shift')
  });
}

export function put(html: string): HTMLElement {
  document.body.innerHTML = html;
  return find('#t');
}

export function find(selector: string): HTMLElement {
  const element = document.querySelector<HTMLElement>(selector);
  if (!element) {
    throw new Error(`no ${selector}`);
  }
  return element;
}
