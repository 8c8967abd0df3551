// Remembers the user's last gesture while commands or activities are recorded: a reference, classified only when a command runs.

import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';

import type { Device } from '../tokens';
import { KeyPresses } from './keyPresses';
import type { IMenus, IPlace } from './surfaces';
import { placeOf, placeOfKey } from './surfaces';
import type { IGestureFacts, IMoment } from './trigger';
import { EXPLAIN_MS, NO_CHAIN } from './trigger';

/** One thing that the user did: from the press to the click or double click that it ends in. */
interface IAction {
  readonly device: Device;
  readonly chain: number;
  /** Where it was pressed. */
  readonly pressed: Element | null;
  uses: number;
  usedBy: string | null;
}

interface IGesture {
  readonly event: Event;
  /** Kept, because an event forgets a target within a shadow tree. */
  readonly element: Element | null;
  readonly isInDialog: boolean;
  readonly atMs: number;
  readonly action: IAction;
  readonly device: Device;
  readonly opener: IGestureFacts | null;
  /** Taken at capture where the element is gone when the command runs. */
  place: IPlace | null;
  facts: IGestureFacts | null;
}

/** The gestures that may explain what runs now; valid until the next event. */
export class Moment implements IMoment {
  constructor(
    private readonly _current: IGesture | null,
    private readonly _last: IGesture | null,
    private readonly _factsOf: (gesture: IGesture) => IGestureFacts
  ) {}

  get lastChain(): number {
    return this._last?.action.chain ?? NO_CHAIN;
  }

  get lastAtMs(): number {
    return this._last?.atMs ?? -Infinity;
  }

  /** Chain of the gesture that is being handled, else of the last. */
  get chain(): number {
    return this._nearest?.action.chain ?? NO_CHAIN;
  }

  current(): IGestureFacts | null {
    return this._current && this._factsOf(this._current);
  }

  last(): IGestureFacts | null {
    return this._last && this._factsOf(this._last);
  }

  /** A command was attributed to the gesture that is being handled, or to the last. */
  use(command: string): void {
    const action = this._nearest?.action;
    if (action) {
      action.uses += 1;
      action.usedBy = command;
    }
  }

  private get _nearest(): IGesture | null {
    return this._current ?? this._last;
  }
}

const EVENTS = [
  'pointerdown',
  'pointerup',
  'mousedown',
  'mouseup',
  'click',
  'dblclick',
  'auxclick',
  'contextmenu',
  'touchstart',
  'touchend',
  'keydown',
  'change',
  'submit',
  'drop'
] as const;

/** Those that carry something out; `mousedown` because toolbars run commands on it. */
const ACTIVATING: ReadonlySet<string> = new Set([
  'pointerup',
  'mousedown',
  'click',
  'dblclick',
  'change',
  'submit',
  'drop'
]);

/** Looked for on every event, so at once: dialogs, and what closes or changes its active item before a command runs. */
const ZONES = '.jp-Dialog, .lm-Menu, .lm-CommandPalette';

/** What lumino lays under the pointer while something is dragged. */
const DRAG_LAYER = 'lm-cursor-backdrop';

export class Gestures implements IDisposable {
  constructor(private readonly _menus: IMenus) {
    const options = { capture: true, passive: true };
    const capture = (event: Event): void => this._capture(event);
    EVENTS.forEach(type => window.addEventListener(type, capture, options));
    this._listening = new DisposableDelegate(() => {
      EVENTS.forEach(type =>
        window.removeEventListener(type, capture, options)
      );
    });
  }

  get isDisposed(): boolean {
    return this._listening.isDisposed;
  }

  /** What is going on right now. */
  moment(): Moment {
    return new Moment(this._current(), this._last, this._facts);
  }

  /** What pressed the last key of a key binding, if that was just done; each press counts once. */
  takeKeyPress(keys: readonly unknown[]): Device | null {
    return this._keyPresses.take(keys, performance.now());
  }

  /** Whether the last answer to a dialog of this chain was no, and came after that time. */
  isRefused(chain: number, sinceMs: number): boolean {
    return (
      this._refusal !== null &&
      this._refusal.chain === chain &&
      this._refusal.atMs >= sinceMs
    );
  }

  /** What was done until now explains nothing any more. */
  forget(): void {
    this._last = this._synthetic = this._refusal = null;
    this._keyPresses.forget();
  }

  dispose(): void {
    this._listening.dispose();
    this.forget();
  }

  private _current(): IGesture | null {
    if (isHandled(this._last)) {
      return this._last;
    }
    return isHandled(this._synthetic) ? this._synthetic : null;
  }

  private _capture(event: Event): void {
    try {
      if (event instanceof KeyboardEvent) {
        this._keyPresses.add(event, performance.now());
      }
      if (event.type === 'submit' && event.isTrusted) {
        this._captureSubmit(event);
      } else if (event.isTrusted) {
        this._last = this._gesture(event, this._last);
        this._noteDialog(this._last);
      } else {
        // Programs dispatch events too. They explain what runs in them, and nothing else.
        this._synthetic = this._gesture(event, null);
      }
    } catch {
      // Whatever the page did to its DOM: the event goes on as if we were not here.
    }
  }

  /** Browsers trust it even where a program sends the form: only right after what sends a form it is a person's. */
  private _captureSubmit(event: Event): void {
    if (this._last && sends(this._last, event)) {
      this._last = this._gesture(event, this._last);
    }
  }

  private _gesture(event: Event, before: IGesture | null): IGesture {
    const hit = elementOf(event);
    const isDragged = hit?.classList.contains(DRAG_LAYER) ?? false;
    const element = isDragged ? (before?.action.pressed ?? hit) : hit;
    const zone = element?.closest(ZONES) ?? null;
    const isInDialog = zone?.classList.contains('jp-Dialog') ?? false;
    const opener =
      isInDialog && before ? (before.opener ?? this._facts(before)) : null;
    const action = this._action(event, element, before, opener);
    const isFleeting = zone !== null && !isInDialog;
    const place = isFleeting || isDragged ? this._place(event, element) : null;
    return {
      event,
      element,
      isInDialog,
      atMs: performance.now(),
      action,
      device: deviceOf(event, action.device),
      opener: opener?.surface === 'dialog' ? null : opener,
      // What was dragged was not pressed for the command that it names.
      place: place && isDragged ? { ...place, names: null } : place,
      facts: null
    };
  }

  /** Only a press begins something new; what follows it belongs to it. */
  private _action(
    event: Event,
    pressed: Element | null,
    before: IGesture | null,
    opener: IGestureFacts | null
  ): IAction {
    if (before && !beginsAction(event, before.event)) {
      return before.action;
    }
    const device = event.isTrusted ? pressDevice(event) : 'synthetic';
    const chain = opener?.chain ?? ++this._lastChain;
    return { device, chain, pressed, uses: 0, usedBy: null };
  }

  private readonly _facts = (gesture: IGesture): IGestureFacts => {
    const { event, element, atMs, action, device, opener } = gesture;
    gesture.place ??= this._place(event, element);
    gesture.facts ??= {
      ...gesture.place,
      device,
      isActivating: isActivating(event, element),
      atMs,
      chain: action.chain,
      uses: 0,
      usedBy: null,
      opener
    };
    return { ...gesture.facts, uses: action.uses, usedBy: action.usedBy };
  };

  private _place(event: Event, target: Element | null): IPlace {
    if (!target) {
      return { surface: 'other-widget', names: null, isPassive: true };
    }
    return event instanceof KeyboardEvent
      ? placeOfKey(target, event.key, this._menus)
      : placeOf(target, this._menus);
  }

  private _noteDialog(gesture: IGesture): void {
    const { event, element, isInDialog, action, atMs } = gesture;
    if (!element || !isInDialog) {
      return;
    }
    const answer = dialogAnswer(event, element);
    if (answer === 'refused') {
      this._refusal = { chain: action.chain, atMs };
    } else if (answer === 'accepted') {
      this._refusal = null;
    }
  }

  private readonly _listening: IDisposable;
  private readonly _keyPresses = new KeyPresses();
  private _last: IGesture | null = null;
  private _synthetic: IGesture | null = null;
  private _refusal: { readonly chain: number; readonly atMs: number } | null =
    null;
  private _lastChain = NO_CHAIN;
}

/** Whether its event is the one whose listener runs now. */
function isHandled(gesture: IGesture | null): boolean {
  return (
    gesture !== null &&
    // On its way at all? That takes a tenth of the time of asking the window, and is mostly all that has to be asked.
    gesture.event.eventPhase !== Event.NONE &&
    // Deprecated for handlers, who are given their event; nobody gives it to a command.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    window.event === gesture.event
  );
}

function elementOf(event: Event): Element | null {
  const { target } = event;
  if (target instanceof Element) {
    return target;
  }
  return target instanceof Node ? target.parentElement : null;
}

function beginsAction(event: Event, before: Event): boolean {
  switch (event.type) {
    case 'pointerdown':
    case 'keydown':
      return true;
    case 'mousedown':
      // Pointer events come first where there are any; after a tap, its last touch event too.
      return !/^(pointer|touch)/.test(before.type);
    case 'touchstart':
      return !('PointerEvent' in window);
    default:
      return false;
  }
}

/** Whether the browser sends a form because of this gesture: a click on its button, by Enter in a field too. */
function sends({ event, element, atMs }: IGesture, submit: Event): boolean {
  const button = 'submitter' in submit ? submit.submitter : null;
  return (
    event.type === 'click' &&
    !event.defaultPrevented &&
    // Within its handlers a program sends the form.
    event.eventPhase === Event.NONE &&
    performance.now() - atMs < EXPLAIN_MS &&
    button instanceof Element &&
    button.contains(element)
  );
}

function pressDevice(event: Event): Device {
  if (event instanceof KeyboardEvent) {
    return 'keyboard';
  }
  if (event.type.startsWith('touch')) {
    return 'touch';
  }
  return pointerDevice(event) ?? 'mouse';
}

/** What the event tells; where it tells nothing, what the action began with. */
function deviceOf(event: Event, began: Device): Device {
  if (!event.isTrusted) {
    return 'synthetic';
  }
  const isKeyClick =
    event.type === 'click' &&
    event instanceof MouseEvent &&
    event.detail === 0 &&
    pointerDevice(event) === null;
  return isKeyClick ? 'keyboard' : (pointerDevice(event) ?? began);
}

function pointerDevice(event: Event): Device | null {
  const type = 'pointerType' in event ? event.pointerType : '';
  return type === 'mouse' || type === 'touch' || type === 'pen' ? type : null;
}

function isActivating(event: Event, target: Element | null): boolean {
  if (!(event instanceof KeyboardEvent)) {
    const isMain = !(event instanceof MouseEvent) || event.button === 0;
    return isMain && ACTIVATING.has(event.type);
  }
  if (event.isComposing || !target) {
    return false;
  }
  const isLine = target instanceof HTMLInputElement;
  const isText =
    target instanceof HTMLTextAreaElement ||
    target.closest('.cm-editor, .xterm, [contenteditable="true"]') !== null;
  return (
    (event.key === 'Enter' && !isText) ||
    (event.key === ' ' && !isText && !isLine)
  );
}

type Answer = 'accepted' | 'refused' | null;

/** What a gesture in a dialog answers; null where it only moves about or fills in. */
function dialogAnswer(event: Event, target: Element): Answer {
  if (event instanceof KeyboardEvent) {
    if (event.key === 'Escape') {
      return 'refused';
    }
    if (event.key !== 'Enter' && event.key !== ' ') {
      return null;
    }
    const button = target.closest('button');
    return event.key === ' ' && !button ? null : buttonAnswer(button);
  }
  if (event.type !== 'click') {
    return null;
  }
  if (!target.closest('.jp-Dialog-content')) {
    return 'refused';
  }
  const button = target.closest('.jp-Dialog-button, .jp-Dialog-close-button');
  return button ? buttonAnswer(button) : null;
}

/** What warns does something: Trust in the question of a command link is made as one that rejects. */
const NO = '.jp-mod-reject:not(.jp-mod-warn), .jp-Dialog-close-button';

function buttonAnswer(button: Element | null | undefined): Answer {
  const isNo = button?.matches(NO) ?? false;
  return isNo ? 'refused' : 'accepted';
}
