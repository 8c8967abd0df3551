// A string that must not leave, in all the ways in which it could be written, and the places to look for it.

import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync
} from 'fs';
import { join } from 'path';

import type { Page } from '@playwright/test';

import type { ILab } from './lab';

/** Letters and digits only, so that it fits into ids and file names; no part of it is a word or a hash. */
export const CANARY = 'Vq8wZk3nRt5yBx7m';
export const CANARY_NUMBER = 7_391_846_253;
/** With everything that JSON, URLs and paths write in another way. */
export const ODD_CANARY = `ä"${CANARY}\\é/%😀`;

/** So many characters in a row are a leak, and not chance. */
const PART = 8;

/** Each run of `PART` characters, forwards and backwards. */
function parts(text: string): string[] {
  const backwards = Array.from(text).reverse().join('');
  return [text, backwards].flatMap(direction =>
    Array.from({ length: direction.length - PART + 1 }, (_, start) =>
      direction.slice(start, start + PART)
    )
  );
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, '0');
}

/** How a part may be written where case does not matter. */
const SPELLINGS: Readonly<Record<string, (part: string) => string>> = {
  plain: part => part,
  'UTF-16': part => Array.from(part).join('\0'),
  hexadecimal: part => Array.from(part).map(hex).join(''),
  'percent-encoded': part =>
    Array.from(part)
      .map(char => `%${hex(char)}`)
      .join(''),
  'JSON escapes': part =>
    Array.from(part)
      .map(char => `\\u00${hex(char)}`)
      .join(''),
  'key sequence': part => Array.from(part).join(', '),
  'spaced out': part => Array.from(part).join(' ')
};

/** What the base64 of any text that holds these bytes holds, whatever stands before and after them. */
function base64Cores(bytes: string): string[] {
  return [0, 1, 2].map(offset => {
    const padded = Buffer.from('\0'.repeat(offset) + bytes, 'latin1');
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor((padded.length * 8) / 6);
    return padded.toString('base64').slice(first, last);
  });
}

const LOWER_CASE_NEEDLES = [
  String(CANARY_NUMBER),
  ...parts(CANARY).flatMap(part =>
    Object.values(SPELLINGS).map(spell => spell(part).toLowerCase())
  )
];
const NEEDLES = parts(CANARY).flatMap(part => [
  ...base64Cores(part),
  ...base64Cores(SPELLINGS['UTF-16']?.(part) ?? '')
]);

/** Where `bytes` (as latin1 text) hold the canary or a part of it, with what stands around it. */
export function canariesIn(bytes: string): string[] {
  const lower = bytes.toLowerCase();
  const found = [
    ...LOWER_CASE_NEEDLES.map(needle => lower.indexOf(needle)),
    ...NEEDLES.map(needle => bytes.indexOf(needle))
  ].filter(index => index >= 0);
  return [...new Set(found)]
    .sort((one, other) => one - other)
    .slice(0, 5)
    .map(index => bytes.slice(Math.max(0, index - 60), index + 60));
}

/** One text per way of writing, to show that each is found. */
export function writtenInAllWays(): Readonly<Record<string, string>> {
  const part = CANARY.slice(3, 3 + PART);
  const ways = Object.fromEntries(
    Object.entries(SPELLINGS).map(([name, spell]) => [name, spell(part)])
  );
  const base64 = (text: string, encoding: BufferEncoding): string =>
    Buffer.from(text, encoding).toString('base64');
  return {
    ...ways,
    'upper case': part.toUpperCase(),
    backwards: Array.from(part).reverse().join(''),
    'UTF-16, little endian': Buffer.from(part, 'utf16le').toString('latin1'),
    ...Object.fromEntries(
      ['', 'a', 'ab', 'abc'].flatMap(before => [
        [`base64 after '${before}'`, base64(`${before}${part}z`, 'utf8')],
        [
          `base64 of UTF-16 after '${before}'`,
          base64(`${before}${part}z`, 'utf16le')
        ]
      ])
    ),
    'a whole name': encodeURIComponent(ODD_CANARY),
    'JSON of a name': JSON.stringify(ODD_CANARY),
    'a number': JSON.stringify({ n: CANARY_NUMBER })
  };
}

/** A place where something of ours may be written. */
export interface IPlace {
  readonly name: string;
  /** What is there now, as latin1 text. */
  read(): Promise<string> | string;
  /** Put a text there as a leak would, to show that it is found. */
  plant(text: string): Promise<unknown> | void;
}

/** All files below a directory. */
export function files(directory: string): string[] {
  return existsSync(directory)
    ? readdirSync(directory).flatMap(name => {
        const path = join(directory, name);
        return statSync(path).isDirectory() ? files(path) : [path];
      })
    : [];
}

/** Everything that we keep in this browser, as text. */
export async function browserStorage(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const asPromise = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const found: unknown[] = [];
    for (const { name } of await indexedDB.databases()) {
      if (name?.startsWith('jupyter-eventlog')) {
        const database = await asPromise(indexedDB.open(name));
        for (const store of Array.from(database.objectStoreNames)) {
          found.push(
            await asPromise(
              database.transaction(store).objectStore(store).getAll()
            )
          );
        }
        database.close();
        found.push(name);
      }
    }
    const ours = [localStorage, sessionStorage].flatMap(storage =>
      Object.entries(storage).filter(([key]) => key.includes('eventlog'))
    );
    return JSON.stringify([found, ours]);
  });
}

/** Where our scripts are loaded from. */
const OUR_CODE = 'extensions/jupyter-eventlog';

/** Watch what the page says to our server, to other tabs and to the console; call it before it is opened. */
export async function watchSpeech(page: Page): Promise<IPlace[]> {
  const requests: string[] = [];
  const answers: Promise<string>[] = [];
  const printed: string[] = [];
  page.on('request', request => {
    if (request.url().includes('/api/telemetry')) {
      requests.push(request.url(), request.postData() ?? '');
    }
  });
  page.on('response', response => {
    if (response.url().includes('/api/telemetry')) {
      answers.push(response.text().catch(() => ''));
    }
  });
  page.on('console', message => {
    if (message.location().url.includes(OUR_CODE)) {
      printed.push(message.text());
    }
  });
  await page.addInitScript(() => {
    const told: string[] = [];
    // Called with its object below.
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const post = BroadcastChannel.prototype.postMessage;
    BroadcastChannel.prototype.postMessage = function (message: unknown) {
      if (this.name.includes('eventlog')) {
        told.push(this.name, JSON.stringify(message));
      }
      post.call(this, message);
    };
    Object.assign(window, { toldOtherTabs: told });
  });
  return [
    {
      name: 'requests of the page',
      read: () => requests.join('\n'),
      plant: text =>
        page.evaluate(
          body =>
            fetch('/api/telemetry/events', { method: 'POST', body }).then(
              response => response.text()
            ),
          text
        )
    },
    {
      name: 'answers to the page',
      read: async () => (await Promise.all(answers)).join('\n'),
      plant: async text => {
        const url = '**/api/telemetry/planted';
        await page.route(url, route => route.fulfill({ body: text }));
        await page.evaluate(async () => {
          await (await fetch('/api/telemetry/planted')).text();
        });
        await page.unroute(url);
      }
    },
    {
      name: 'messages to other tabs',
      read: () =>
        page.evaluate(() =>
          (Reflect.get(window, 'toldOtherTabs') as string[]).join('\n')
        ),
      plant: text =>
        page.evaluate(message => {
          new BroadcastChannel('jupyter-eventlog:x').postMessage(message);
        }, text)
    },
    {
      name: "what we write to the browser's console",
      read: () => printed.join('\n'),
      plant: text =>
        page.evaluate(
          `console.info('${text}')\n//# sourceURL=${OUR_CODE}/planted.js`
        )
    }
  ];
}

/** The value in the page config by which the page learns of consent. */
async function pageConfig(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const html = await (await fetch('/lab?fresh')).text();
    const found = new DOMParser()
      .parseFromString(html, 'text/html')
      .getElementById('jupyter-config-data')?.textContent;
    const config = JSON.parse(found ?? '{}') as Record<string, unknown>;
    return JSON.stringify(config.eventlog);
  });
}

/** What we keep in the browser and show there. */
export function placesInPage(page: Page): IPlace[] {
  const panel = page.locator('.jp-eventlog-Panel');
  return [
    {
      name: 'IndexedDB',
      read: () => browserStorage(page),
      plant: text =>
        page.evaluate(
          item =>
            new Promise<void>((resolve, reject) => {
              const name = 'jupyter-eventlog-planted';
              const request = indexedDB.open(name);
              request.onerror = () => reject(new Error('not opened'));
              request.onupgradeneeded = () =>
                request.result.createObjectStore('s').put({ item }, 1);
              request.onsuccess = () => {
                request.result.close();
                resolve();
              };
            }),
          text
        )
    },
    {
      name: 'localStorage',
      read: () => browserStorage(page),
      plant: text =>
        page.evaluate(value => localStorage.setItem('eventlog', value), text)
    },
    {
      name: 'the page config',
      read: () => pageConfig(page),
      plant: text =>
        page.evaluate(eventlog => {
          const config = JSON.stringify({ eventlog });
          const html = `<script id="jupyter-config-data">${config}</script>`;
          const original = window.fetch.bind(window);
          window.fetch = (input, init) =>
            input === '/lab?fresh'
              ? Promise.resolve(new Response(html))
              : original(input, init);
        }, text)
    },
    {
      name: 'the panel',
      read: async () => (await panel.textContent()) ?? '',
      plant: text => panel.evaluate((node, shown) => node.append(shown), text)
    }
  ];
}

function readAll(directory: string): string {
  return files(directory)
    .map(path => `${path}\n${readFileSync(path, 'latin1')}`)
    .join('\n');
}

/** Our logger, our code, our addresses. */
const OUR_LINES = /EventLogApp|jupyter_eventlog|\/api\/telemetry/;

/** What we write to disk. */
export function placesOnDisk(lab: ILab): IPlace[] {
  const log = join(lab.home, 'server.log');
  const archive = join(lab.home, 'archive');
  return [
    {
      name: "the ledger's files",
      read: () => readAll(lab.ledger),
      plant: text => writeFileSync(join(lab.ledger, 'planted'), text, 'latin1')
    },
    {
      name: "the sinks' files",
      read: () => readAll(archive),
      plant: text => writeFileSync(join(archive, 'planted'), text, 'latin1')
    },
    {
      name: "our lines in the server's log",
      read: () =>
        lab
          .log()
          .split('\n')
          .filter(line => OUR_LINES.test(line))
          .join('\n'),
      plant: text => appendFileSync(log, `\n[EventLogApp] ${text}\n`, 'latin1')
    }
  ];
}
