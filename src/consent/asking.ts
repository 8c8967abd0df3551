// Asks once, in a quiet moment. Loaded only where a question is open.

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { IConsent } from '../tokens';
import { IdleWatch } from './idle';
import type { IManifest } from './manifest';

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

/** Show the notice when it is quiet, unless it was shown before or the question is answered by then. */
export async function ask(options: IAskOptions): Promise<void> {
  const { consent, stateDB } = options;
  if (await wasAsked(stateDB)) {
    return;
  }
  const watch = new IdleWatch(
    (await idleS(options)) * 1000,
    isAttentionTaken,
    () => void show(options).catch(() => undefined)
  );
  consent.stateChanged.connect((_, { unanswered }) => {
    if (unanswered.length === 0) {
      watch.dispose();
    }
  });
}

/** How long it has to be quiet before the question; a broken settings file changes nothing. */
async function idleS(options: IAskOptions): Promise<number> {
  try {
    const loaded = await options.loadSettings();
    const value = loaded?.get('noticeIdleSeconds').composite;
    return typeof value === 'number' ? value : DEFAULT_IDLE_S;
  } catch {
    return DEFAULT_IDLE_S;
  }
}

/** Whether the notice was shown before; kept with JupyterLab's own state, like which tabs are open. */
async function wasAsked(stateDB: IStateDB | null): Promise<boolean> {
  const kept = await stateDB?.fetch(ASKED).catch(() => undefined);
  return kept !== undefined;
}

async function show(options: IAskOptions): Promise<void> {
  const { consent, stateDB } = options;
  const [{ Notice }, manifest] = await Promise.all([
    import(/* webpackChunkName: "views" */ './notice'),
    options.loadManifest()
  ]);
  const state = await manifest.load();
  const purpose = state.purposes.find(
    ({ offers, choice }) => offers.on === null && choice === null
  );
  if (!purpose || state.problem || isAttentionTaken()) {
    return;
  }
  const notice = new Notice({ ...options, manifest, state, purpose });
  notice.id = 'jupyter-eventlog-notice';
  consent.stateChanged.connect((_, { unanswered }) => {
    if (!unanswered.includes(purpose.name)) {
      notice.dispose();
    }
  });
  Widget.attach(notice, document.body);
  await stateDB?.save(ASKED, true);
}

/** Whether a notification or a dialog is on the screen. */
function isAttentionTaken(): boolean {
  return document.querySelector('.jp-Dialog, .Toastify__toast') !== null;
}
