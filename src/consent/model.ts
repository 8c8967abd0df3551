// Consent in this tab: a copy of what the server recorded, changed only after the server said so.

import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ConsentRequest, IConsentAnswer } from '../pipeline/api';
import type { Control, IConsent, IConsentState, Mode } from '../tokens';
import type { IManifest } from './manifest';
import { isAnyChosen, reduced } from './state';
import type { IConsentMessage, ITabs } from './tabs';
import { channelName, Tabs } from './tabs';
import { fromRest, fromTime, lastChosen, told } from './told';

/** Which wording of notice and controls was shown; kept in the consent record. Raise it with the wording. */
export const NOTICE_VERSION = '2';

/** Longest delay that a browser's timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** When to ask again whether a pause is over; a laptop may wake up without a network. */
const ASK_AGAIN_MS = 60_000;
/** How long another tab may take to finish what it is sending. */
const LOCK_TIMEOUT_MS = 10_000;

type PurposeRequest = Extract<ConsentRequest, { readonly purpose: string }>;

export interface IConsentOptions {
  readonly manifest: IManifest;
  /** From the page config. */
  readonly initial: IConsentState;
  readonly baseUrl: string;
  /** In which language the controls are shown; kept in the consent record. */
  readonly locale?: string;
  readonly now?: () => number;
  readonly tabs?: (heard: (message: IConsentMessage) => void) => ITabs;
  /** By which tabs take turns to send; absent on plain HTTP. */
  readonly locks?: LockManager | undefined;
}

export class Consent implements IConsent, IDisposable {
  constructor(private readonly _options: IConsentOptions) {
    this._state = _options.initial;
    this._now = _options.now ?? (() => Date.now());
    this._tabs = (_options.tabs ?? (heard => new Tabs(heard)))(message =>
      this._onTold(message)
    );
    _options.manifest.changed.connect(this._onManifest, this);
    this._follow();
    // It may have been read already.
    this._onManifest(_options.manifest);
  }

  get state(): IConsentState {
    return this._state;
  }

  get stateChanged(): ISignal<IConsent, IConsentState> {
    return this._stateChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  setMode(
    purpose: string,
    mode: Mode,
    termsHash: string,
    control: Control
  ): Promise<void> {
    const choose = () => this._choose(purpose, mode, termsHash, control);
    return this._inOrder(() =>
      // The server admits by the mode that it knows when a batch arrives. One that is under way is of what
      // was captured before: it must be there before more is agreed to.
      mode === 'off' ? choose() : this._whileNobodySends(choose)
    );
  }

  keepTerms(
    purpose: string,
    termsHash: string,
    control: Control
  ): Promise<void> {
    return this._inOrder(() =>
      this._put({ purpose, keep: termsHash, ...this._locale, control })
    );
  }

  noticeShown(purpose: string, termsHash: string): Promise<void> {
    return this._inOrder(() =>
      this._put({
        purpose,
        notice_shown: termsHash,
        notice_version: NOTICE_VERSION,
        ...this._locale,
        control: 'notice'
      })
    );
  }

  pause(seconds: number | null): Promise<void> {
    return this._inOrder(async () =>
      this._recorded(
        await this._options.manifest.api.putConsent(
          { pause_seconds: seconds },
          this._state.ownerKey
        ),
        {}
      )
    );
  }

  async refresh(): Promise<void> {
    await this._options.manifest.load();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._pauseTimer);
    this._tabs.dispose();
    Signal.clearData(this);
  }

  /** One choice after the other: on two connections the last click could arrive first. */
  private _inOrder(change: () => Promise<void>): Promise<void> {
    const changed = this._changing.then(change);
    this._changing = changed.catch(() => undefined);
    // What the server offers and counts now; the change itself is done, whatever comes of this.
    return changed.then(() => this.refresh().catch(() => undefined));
  }

  private async _whileNobodySends(change: () => Promise<void>): Promise<void> {
    const { locks } = this._options;
    if (!locks) {
      return change();
    }
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), LOCK_TIMEOUT_MS);
    const { signal } = controller;
    await locks.request(this._channelName, { signal }, () => {
      clearTimeout(timer);
      return change();
    });
  }

  private _choose(
    purpose: string,
    mode: Mode,
    termsHash: string,
    control: Control
  ): Promise<void> {
    return this._put({
      purpose,
      mode,
      // A refusal needs no terms, so that changed terms never stand in its way.
      ...(mode === 'off' ? {} : { terms: termsHash }),
      notice_version: NOTICE_VERSION,
      ...this._locale,
      control
    });
  }

  private async _put(request: PurposeRequest): Promise<void> {
    const answer = await this._options.manifest.api.putConsent(
      request,
      this._state.ownerKey
    );
    const { unanswered, changedTerms, notices } = this._state;
    const others = (names: readonly string[]) =>
      names.filter(name => name !== request.purpose);
    this._recorded(answer, {
      unanswered: others(unanswered),
      changedTerms: others(changedTerms),
      notices: others(notices)
    });
  }

  private get _locale(): { locale?: string } {
    const { locale } = this._options;
    return locale ? { locale } : {};
  }

  private _recorded(
    answer: IConsentAnswer,
    changes: Partial<IConsentState>
  ): void {
    const modes = reduced(this._asking(answer.modes));
    const pausedUntil = fromTime(answer.paused_until);
    this._options.manifest.outdate();
    this._become({
      ...this._state,
      ...changes,
      ownerKey: answer.owner,
      modes,
      chosenAt: { ...this._state.chosenAt, ...lastChosen(answer) },
      pausedUntil
    });
    this._tabs.tell(this._channelName, { modes, pausedUntil });
  }

  /** Without the purposes that the server records by itself; the page has nothing to do with them. */
  private _asking(modes: IConsentAnswer['modes']): IConsentAnswer['modes'] {
    const purposes = this._options.manifest.current?.purposes ?? [];
    const isServers = (name: string) =>
      purposes.some(known => known.name === name && known.policy !== 'opt-in');
    return Object.fromEntries(
      Object.entries(modes).filter(([name]) => !isServers(name))
    );
  }

  /**
   * Another tab changed something: obey at once what takes away, ask the server for the rest.
   *
   * Until it has answered, nothing goes on where another mode is told, be it a higher one: what was captured
   * here meanwhile would be taken for what was agreed to since.
   */
  private _onTold({ modes, pausedUntil }: IConsentMessage): void {
    const reduced = Object.entries(this._state.modes).map(
      ([purpose, mode]) => [purpose, told(mode, modes[purpose])] as const
    );
    this._options.manifest.outdate();
    this._become({
      ...this._state,
      modes: Object.fromEntries(reduced),
      // Nor does it end a pause.
      pausedUntil: later(pausedUntil, this._state.pausedUntil)
    });
    this.refresh().catch(() => {
      if (Object.values(modes).some(mode => mode !== 'off')) {
        this._refreshIn(ASK_AGAIN_MS);
      }
    });
  }

  private readonly _onManifest = (manifest: IManifest): void => {
    if (manifest.current) {
      this._become(fromRest(manifest.current));
    }
  };

  private _become(state: IConsentState): void {
    if (
      this._isDisposed ||
      JSON.stringify(state) === JSON.stringify(this._state)
    ) {
      return;
    }
    this._state = state;
    this._follow();
    this._stateChanged.emit(state);
  }

  /** Listen to other tabs only while there is something that they could end; wake up when a pause ends. */
  private _follow(): void {
    const { pausedUntil } = this._state;
    const isPaused = pausedUntil !== null && pausedUntil > this._now();
    this._tabs.listen(
      isPaused || isAnyChosen(this._state) ? this._channelName : null
    );
    clearTimeout(this._pauseTimer);
    if (isPaused) {
      this._refreshIn(Math.min(pausedUntil - this._now() + 1000, MAX_TIMER_MS));
    }
  }

  private _refreshIn(delayMs: number): void {
    clearTimeout(this._pauseTimer);
    if (this._isDisposed) {
      return;
    }
    this._pauseTimer = setTimeout(() => {
      this.refresh().catch(() => this._refreshIn(ASK_AGAIN_MS));
    }, delayMs);
  }

  private get _channelName(): string {
    return channelName(this._options.baseUrl, this._state.ownerKey);
  }

  private _state: IConsentState;
  private _isDisposed = false;
  private _changing: Promise<void> = Promise.resolve();
  private _pauseTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly _now: () => number;
  private readonly _tabs: ITabs;
  private readonly _stateChanged = new Signal<IConsent, IConsentState>(this);
}

function later(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
