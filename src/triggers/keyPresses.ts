// Remembers the last presses of keys: lumino runs a key binding only some time after its last key.

import { CommandRegistry } from '@lumino/commands';

import type { Device } from '../tokens';

/**
 * How long a press may be the last of a key binding: lumino waits up to a second for the rest of a chord,
 * and JupyterLab up to another for the text that the key might insert. The rest is for a busy page.
 */
export const PRESS_MS = 3_000;
/** Fast typists press the next keys before the first has run. */
const MAX_PRESSES = 16;

interface IPress {
  readonly event: KeyboardEvent;
  readonly atMs: number;
}

export class KeyPresses {
  add(event: KeyboardEvent, atMs: number): void {
    this._presses.push({ event, atMs });
    if (this._presses.length > MAX_PRESSES) {
      this._presses.shift();
    }
  }

  /**
   * Use up the newest press that can have been the last of this key sequence.
   *
   * @returns What made it: a person's keyboard, or a program; null where no such key was pressed.
   */
  take(keys: readonly unknown[], nowMs: number): Device | null {
    const last = keys[keys.length - 1];
    for (let index = this._presses.length - 1; index >= 0; index--) {
      const press = this._presses[index];
      if (!press || nowMs - press.atMs >= PRESS_MS) {
        return null;
      }
      const keystroke = CommandRegistry.keystrokeForKeydownEvent(press.event);
      if (keystroke !== '' && keystroke === last) {
        this._presses.splice(index, 1);
        return press.event.isTrusted ? 'keyboard' : 'synthetic';
      }
    }
    return null;
  }

  forget(): void {
    this._presses = [];
  }

  private _presses: IPress[] = [];
}
