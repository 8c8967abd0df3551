// Asks and tells, one thing at a time, each in a quiet moment. Loaded only where something is open.

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { IPurposeState, ITelemetryState } from '../pipeline/api';
import type { IConsent, IConsentState } from '../tokens';
import type { Banner } from './banner';
import { IdleWatch } from './idle';
import type { IManifest } from './manifest';
import { isOpen, needsNotice } from './told';

// Not in the namespace of the panel's tracker, which removes what is no widget of its own.
const ASKED = 'jupyter-eventlog-notice:asked';
const DEFAULT_IDLE_S = 120;

export interface IAskOptions {
  readonly consent: IConsent;
  readonly stateDB: IStateDB | null;
  readonly trans: TranslationBundle;
  loadManifest(): Promise<IManifest>;
  loadSettings(): Promise<ISettingRegistry.ISettings> | undefined;
  openPanel(): void;
}

/** What is open, with what tells it from all others. */
interface IQuestion {
  readonly kind: 'changed' | 'unanswered' | 'notice';
  readonly purpose: IPurposeState;
  readonly key: string;
}

/** Show what is open when it is quiet; what was shown before and left unanswered is not shown again. */
export async function ask(options: IAskOptions): Promise<void> {
  const asked = await askedBefore(options.stateDB);
  new Asking(options, asked, (await idleS(options)) * 1000).look();
}

class Asking {
  constructor(
    private readonly _options: IAskOptions,
    private readonly _asked: Set<string>,
    private readonly _idleMs: number
  ) {
    _options.consent.stateChanged.connect(() => this.look());
  }

  /** Wait for a quiet moment where something is open, and for none where nothing is. */
  readonly look = (): void => {
    const isSomethingOpen = this._mayBeOpen(this._options.consent.state);
    if (isSomethingOpen && !this._watch && !this._banner && !this._isBusy) {
      this._watch = new IdleWatch(
        this._idleMs,
        isAttentionTaken,
        () =>
          // Where the server cannot be reached, the next page asks.
          void this._begin().catch(() => undefined)
      );
    } else if (!isSomethingOpen) {
      this._watch?.dispose();
      this._watch = null;
    }
    if (this._banner && !this._isStillOpen()) {
      this._banner.dispose();
    }
  };

  /** As far as the page knows without asking the server. */
  private _mayBeOpen(state: IConsentState): boolean {
    const { unanswered, notices, changedTerms, problem, hash } = state;
    return (
      problem === null &&
      hash !== this._nothingOpenIn &&
      (notices.length > 0 ||
        changedTerms.length > 0 ||
        unanswered.some(name => !this._asked.has(name)))
    );
  }

  private async _begin(): Promise<void> {
    this._watch = null;
    this._isBusy = true;
    try {
      await this._show();
    } finally {
      this._isBusy = false;
    }
    // Where something else asked for attention meanwhile, wait once more.
    this.look();
  }

  private async _show(): Promise<void> {
    const { consent } = this._options;
    const [views, manifest] = await Promise.all([
      import(/* webpackChunkName: "views" */ './questions'),
      this._options.loadManifest()
    ]);
    const state = await manifest.load();
    const question = openQuestions(state).find(
      ({ key }) => !this._asked.has(key) && !this._told.has(key)
    );
    if (!question) {
      this._nothingOpenIn = consent.state.hash;
    } else if (!isAttentionTaken()) {
      const { purpose } = question;
      const parts = { ...this._options, manifest, state, purpose };
      await this._put(question, views.bannerFor(question.kind, parts));
    }
  }

  private async _put(question: IQuestion, banner: Banner): Promise<void> {
    const { consent, stateDB } = this._options;
    const { kind, purpose, key } = question;
    this._banner = banner;
    this._question = question;
    banner.disposed.connect(() => {
      this._banner = null;
      this._question = null;
      this.look();
    });
    Widget.attach(banner, document.body);
    if (kind === 'notice') {
      this._told.add(key);
      await consent.noticeShown(purpose.name, purpose.terms);
    } else {
      this._asked.add(key);
      await stateDB?.save(ASKED, [...this._asked]);
    }
  }

  /** A notice stays until it is closed; a question goes once it is answered, here or in another place. */
  private _isStillOpen(): boolean {
    const { unanswered, changedTerms } = this._options.consent.state;
    switch (this._question?.kind) {
      case 'unanswered':
        return unanswered.includes(this._question.purpose.name);
      case 'changed':
        return changedTerms.includes(this._question.purpose.name);
      default:
        return true;
    }
  }

  private _isBusy = false;
  private _watch: IdleWatch | null = null;
  private _banner: Banner | null = null;
  private _question: IQuestion | null = null;
  /** Notices that this page showed; whether they count, the server says. */
  private readonly _told = new Set<string>();
  /** Hash of the manifest in which all that is open was shown before. */
  private _nothingOpenIn: string | null = null;
}

/** What is open by the server's word, the most pressing first. */
export function openQuestions({
  problem,
  purposes
}: ITelemetryState): readonly IQuestion[] {
  if (problem) {
    return [];
  }
  const of = (
    kind: IQuestion['kind'],
    fits: (purpose: IPurposeState) => boolean,
    keyOf: (purpose: IPurposeState) => string
  ) =>
    purposes
      .filter(fits)
      .map(purpose => ({ kind, purpose, key: keyOf(purpose) }));
  return [
    ...of(
      'changed',
      ({ policy, difference }) => policy === 'opt-in' && isOpen(difference),
      ({ name, terms }) => `${name} ${terms}`
    ),
    ...of(
      'unanswered',
      ({ policy, offers, choice }) =>
        policy === 'opt-in' && offers.on === null && choice === null,
      ({ name }) => name
    ),
    ...of('notice', needsNotice, ({ name, terms }) => `${name} ${terms}`)
  ];
}

/** How long it has to be quiet before a question; a broken settings file changes nothing. */
async function idleS(options: IAskOptions): Promise<number> {
  try {
    const loaded = await options.loadSettings();
    const value = loaded?.get('noticeIdleSeconds').composite;
    return typeof value === 'number' ? value : DEFAULT_IDLE_S;
  } catch {
    return DEFAULT_IDLE_S;
  }
}

/** What was shown before; kept with JupyterLab's own state, like which tabs are open. */
async function askedBefore(stateDB: IStateDB | null): Promise<Set<string>> {
  const kept: unknown = await stateDB?.fetch(ASKED).catch(() => undefined);
  return new Set(
    Array.isArray(kept)
      ? kept.filter((key): key is string => typeof key === 'string')
      : []
  );
}

/** Whether a notification, a dialog or the same question in the panel is on the screen. */
function isAttentionTaken(): boolean {
  const panel = document.querySelector<HTMLElement>(
    '.jp-eventlog-Panel .jp-eventlog-ChangedTerms'
  );
  return (
    document.querySelector('.jp-Dialog, .Toastify__toast') !== null ||
    (panel !== null && panel.offsetParent !== null)
  );
}
