// What other plugins hold as `IConsent`: what the page was told, until somebody chooses or looks. Small, because
// it is on the start-up path; all else comes with `Live`.

import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IConsent, IConsentState } from '../tokens';
import type { Live } from './live';

export class ConsentFront implements IConsent {
  /**
   * @param _initial - From the page config.
   * @param _begin - Fetches the code of what is behind, and begins it; called again where that failed.
   */
  constructor(
    private readonly _initial: IConsentState,
    private readonly _begin: () => Promise<Live>
  ) {}

  get stateChanged(): ISignal<IConsent, IConsentState> {
    return this._stateChanged;
  }

  get state(): IConsentState {
    return this._live?.consent.state ?? this._initial;
  }

  /** What is behind, once; begins it with the first call. */
  load(): Promise<Live> {
    this._loading ??= this._make().catch((error: unknown) => {
      // The next call tries again.
      this._loading = null;
      throw error;
    });
    return this._loading;
  }

  /** Have something done as soon as that is there, which may be never. */
  whenLoaded(task: (live: Live) => void): void {
    if (this._live) {
      task(this._live);
    } else {
      this._tasks.push(task);
    }
  }

  async setMode(...choice: Parameters<IConsent['setMode']>): Promise<void> {
    await (await this.load()).consent.setMode(...choice);
  }

  async keepTerms(...kept: Parameters<IConsent['keepTerms']>): Promise<void> {
    await (await this.load()).consent.keepTerms(...kept);
  }

  async noticeShown(
    ...shown: Parameters<IConsent['noticeShown']>
  ): Promise<void> {
    await (await this.load()).consent.noticeShown(...shown);
  }

  async pause(seconds: number | null): Promise<void> {
    await (await this.load()).consent.pause(seconds);
  }

  async refresh(): Promise<void> {
    await (await this.load()).consent.refresh();
  }

  private async _make(): Promise<Live> {
    const live = await this._begin();
    this._live = live;
    this._tasks.forEach(task => task(live));
    // Last: whoever hears of a change here finds that our log has obeyed it.
    live.consent.stateChanged.connect((_, state) =>
      this._stateChanged.emit(state)
    );
    return live;
  }

  private _live: Live | null = null;
  private _loading: Promise<Live> | null = null;
  private readonly _stateChanged = new Signal<IConsent, IConsentState>(this);
  private readonly _tasks: ((live: Live) => void)[] = [];
}
