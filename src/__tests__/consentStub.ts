// Consent as the recording half sees it: a state that a test changes.

import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IConsent, IConsentState, Mode } from '../tokens';

export const COMMAND = 'https://events.jupyter.org/jupyter_eventlog/command/v1';
export const SESSION = 'https://events.jupyter.org/jupyter_eventlog/session/v1';

export function stateOf(
  mode: Mode,
  facts: Partial<IConsentState> = {}
): IConsentState {
  return {
    hash: 'sha256:a',
    ownerKey: 'owner',
    modes: { usage: mode },
    chosenAt: {},
    schemas: { [COMMAND]: 'usage', [SESSION]: 'usage' },
    unanswered: [],
    pausedUntil: null,
    problem: null,
    changedTerms: [],
    notices: [],
    serverModes: {},
    mandatory: [],
    commands: {},
    browserSinks: [],
    ...facts
  };
}

export class ConsentStub implements IConsent {
  refreshed = 0;

  constructor(private _state: IConsentState) {}

  get state(): IConsentState {
    return this._state;
  }

  get stateChanged(): ISignal<IConsent, IConsentState> {
    return this._stateChanged;
  }

  become(state: IConsentState): void {
    this._state = state;
    this._stateChanged.emit(state);
  }

  setMode(): Promise<void> {
    return Promise.reject(new Error('not here'));
  }

  keepTerms(): Promise<void> {
    return Promise.reject(new Error('not here'));
  }

  noticeShown(): Promise<void> {
    return Promise.reject(new Error('not here'));
  }

  pause(): Promise<void> {
    return Promise.reject(new Error('not here'));
  }

  refresh(): Promise<void> {
    this.refreshed += 1;
    return Promise.resolve();
  }

  private readonly _stateChanged = new Signal<IConsent, IConsentState>(this);
}
