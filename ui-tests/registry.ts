// What the tests of the whole command registry share: which commands cannot run in a test, a page without ways
// out, an answer to every dialog, and a count of executions that owes nothing to us.

import { readFileSync } from 'fs';
import { join } from 'path';

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Page } from '@playwright/test';

import type { ILab } from './lab';

const SCHEMAS = 'https://events.jupyter.org/jupyter_eventlog';

/** The only command that cannot run in a test: it ends the server. Ways to another page are closed. */
export const ENDS_THE_SERVER = 'filemenu:shutdown';

/** Lines of configuration: no list of extensions is asked for elsewhere. */
export const STAYS_AT_HOME = 'c.LabApp.extension_manager = "readonly"';

/** The ids of commands that may be told by name. */
export const CENSUS: ReadonlySet<string> = new Set(
  (
    JSON.parse(
      readFileSync(
        join(__dirname, '..', 'jupyter_eventlog', 'schemas', 'vocabulary.json'),
        'utf8'
      )
    ) as { commands: string[] }
  ).commands
);

/** In the page: what `watchRegistry` leaves there. */
export interface IRegistryWatch {
  /** Each execution that lumino told of, in order; whether `execute` was shadowed by then. */
  readonly executed: { readonly id: string; readonly isShadowed: boolean }[];
  /** Ids of those that have not settled. */
  pending(): string[];
}

/** Open the page, and close its ways out: it opens no windows, prints and downloads nothing, and stays. */
export async function enter(page: Page, url: string): Promise<void> {
  await page.addInitScript(() => {
    window.open = () => null;
    window.print = () => undefined;
    HTMLAnchorElement.prototype.click = () => undefined;
  });
  await page.goto(url);
  await untilRecording(page);
  page.on('dialog', dialog => void dialog.dismiss().catch(() => undefined));
  // An answer without content leaves the page where it is: reloading and logging out come to nothing.
  await page.route('**', (route, request) =>
    request.isNavigationRequest() && request.frame() === page.mainFrame()
      ? route.fulfill({ status: 204 })
      : route.fallback()
  );
}

/** Until what is executed is recorded. */
export async function untilRecording(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    Object.hasOwn(window.jupyterapp?.commands ?? {}, 'execute')
  );
}

/** Before the page is opened: count executions by lumino's own signal from the first, and follow their promises. */
export async function watchRegistry(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const executed: { id: string; isShadowed: boolean }[] = [];
    const pending = new Map<object, string>();
    const watch = ({ commands }: JupyterFrontEnd): void => {
      commands.commandExecuted.connect((_sender, { id, result }) => {
        executed.push({ id, isShadowed: Object.hasOwn(commands, 'execute') });
        pending.set(result, id);
        const settled = (): boolean => pending.delete(result);
        result.then(settled, settled);
      });
    };
    let app: JupyterFrontEnd | undefined;
    Object.defineProperty(window, 'jupyterapp', {
      get: () => app,
      set: (value: JupyterFrontEnd) => {
        app = value;
        watch(value);
      }
    });
    Object.assign(window, {
      registryWatch: { executed, pending: () => [...pending.values()] }
    });
  });
}

/** Answer each dialog that opens, with a button that `random` picks; what does not close is refused. */
export async function answerDialogs(page: Page, seed: number): Promise<void> {
  await page.evaluate(start => {
    let state = start;
    const random = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) / 2 ** 24;
    };
    const tries = new WeakMap<Element, number>();
    setInterval(() => {
      for (const dialog of document.querySelectorAll('.jp-Dialog')) {
        const tried = (tries.get(dialog) ?? 0) + 1;
        tries.set(dialog, tried);
        const buttons = [
          ...dialog.querySelectorAll<HTMLElement>('.jp-Dialog-button')
        ];
        const refuse = dialog.querySelector<HTMLElement>('.jp-mod-reject');
        const pick = buttons[Math.floor(random() * buttons.length)];
        (tried > 3 ? (refuse ?? pick) : pick)?.click();
      }
    }, 50);
  }, seed);
}

/** One event as the server holds it. */
export interface IHeldEvent {
  readonly id: string;
  readonly schema: string;
  readonly recorded: {
    readonly session: string;
    /** Position in the session, zero-padded. */
    readonly sequence: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** Call our API as its user. */
export async function callApi(
  lab: ILab,
  path: string,
  init: RequestInit = {}
): Promise<Response> {
  const response = await fetch(`${lab.url}/api/telemetry${path}`, {
    ...init,
    headers: {
      Authorization: `token ${lab.token}`,
      'Content-Type': 'application/json'
    }
  });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
  return response;
}

/** All events, or those of one of our schemas, that the server holds, oldest first. */
export async function heldEvents(
  lab: ILab,
  schema?: 'command' | 'session'
): Promise<IHeldEvent[]> {
  const found: IHeldEvent[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: URLSearchParams = new URLSearchParams({
      limit: '1000',
      ...(schema ? { schema: `${SCHEMAS}/${schema}/v1` } : {}),
      ...(cursor ? { cursor } : {})
    });
    const response = await callApi(lab, `/events?${query.toString()}`);
    const page = (await response.json()) as {
      events: IHeldEvent[];
      next: string | null;
    };
    found.push(...page.events);
    cursor = page.next;
  }
  return found.reverse();
}

/** Choose a mode for every purpose, as the controls do. */
export async function consentTo(
  lab: ILab,
  mode: 'off' | 'local' | 'on'
): Promise<void> {
  const { purposes } = (await (await callApi(lab, '')).json()) as {
    purposes: { name: string; terms: string }[];
  };
  for (const { name, terms } of purposes) {
    await callApi(lab, '/consent', {
      method: 'PUT',
      body: JSON.stringify({
        purpose: name,
        mode,
        terms,
        control: 'settings'
      })
    });
  }
}

/** Whether nothing of ours waits in this browser. */
export async function nothingWaits(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const asPromise = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    for (const { name } of await indexedDB.databases()) {
      if (name?.startsWith('jupyter-eventlog')) {
        const database = await asPromise(indexedDB.open(name));
        const [store = ''] = database.objectStoreNames;
        const count = await asPromise(
          database.transaction(store).objectStore(store).count()
        );
        database.close();
        if (count > 0) {
          return false;
        }
      }
    }
    return true;
  });
}
