// A site of JupyterLite with the extension, behind a file server that can do nothing else.

import type { BrowserContext, Page } from '@playwright/test';
import { expect as playwrightExpect, test as base } from '@playwright/test';
import { existsSync, readFileSync, statSync } from 'fs';
import type { Server } from 'http';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import { extname, join, normalize } from 'path';

/** Made by `make .make/lite`; EVENTLOG_LITE names another. */
const root =
  process.env.EVENTLOG_LITE ?? join(__dirname, '..', '.venv-lite', 'site');

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm'
};

/** The site as a test sees it. */
export interface ISite {
  readonly url: string;
  /** Requests for telemetry, and all that went anywhere else than to the site: there shall be none. */
  readonly strayRequests: readonly string[];
  /** What went wrong in any page. */
  readonly pageErrors: readonly string[];
}

function fileOf(url: string): string | null {
  const path = decodeURIComponent(new URL(url, 'http://site').pathname);
  const file = join(root, normalize(path));
  const page =
    existsSync(file) && statSync(file).isDirectory()
      ? join(file, 'index.html')
      : file;
  return page.startsWith(root) && existsSync(page) ? page : null;
}

/** As it is on disk; the configuration also shows the application, so that tests can tell what it does. */
function contentOf(file: string): Buffer | string {
  const content = readFileSync(file);
  if (file !== join(root, 'jupyter-lite.json')) {
    return content;
  }
  const site = JSON.parse(content.toString()) as Record<string, object>;
  site['jupyter-config-data'] = {
    ...site['jupyter-config-data'],
    exposeAppInBrowser: true
  };
  return JSON.stringify(site);
}

async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const file = fileOf(request.url ?? '/');
    if (file === null) {
      response.writeHead(404).end();
      return;
    }
    const type = MEDIA_TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type }).end(contentOf(file));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

function watch(context: BrowserContext, url: string): ISite {
  const strayRequests: string[] = [];
  const pageErrors: string[] = [];
  context.on('request', request => {
    const { origin, pathname } = new URL(request.url());
    const isWithin = origin === url || origin === 'null';
    if (!isWithin || pathname.includes('telemetry')) {
      strayRequests.push(`${request.method()} ${request.url()}`);
    }
  });
  context.on('weberror', error => pageErrors.push(String(error.error())));
  return { url, strayRequests, pageErrors };
}

export const test = base.extend<{ site: ISite }>({
  site: async ({ context }, use) => {
    if (!existsSync(root)) {
      throw new Error('There is no site; `make .make/lite` makes it.');
    }
    const server = await serve();
    const { port } = server.address() as AddressInfo;
    await use(watch(context, `http://127.0.0.1:${port}`));
    server.closeAllConnections();
    server.close();
  }
});

/** Two cores may have other work. */
export const expect = playwrightExpect.configure({ timeout: 60_000 });

/** All that our databases in this browser hold: name of the database → its records. */
export async function stored(page: Page): Promise<Record<string, unknown[]>> {
  return page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () =>
          reject(request.error ?? new Error('IndexedDB request failed'));
      });
    const found: Record<string, unknown[]> = {};
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith('jupyter-eventlog')) {
        continue;
      }
      const database = await settled(indexedDB.open(name));
      found[name] = [];
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        found[name].push(...((await settled(objects.getAll())) as unknown[]));
      }
      database.close();
    }
    return found;
  });
}
