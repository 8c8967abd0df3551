// A JupyterLab of its own for each test, with the protections that real servers have: a token, cookies
// and the XSRF check. (Galata's stock settings switch all of them off.)

import { spawn } from 'child_process';
import type { ChildProcess } from 'child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'fs';
import { createServer } from 'net';
import type { AddressInfo } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';

import { test as galata } from '@jupyterlab/galata';

const repository = join(__dirname, '..');
const venvJupyter = join(repository, '.venv', 'bin', 'jupyter');
/** The one under test; EVENTLOG_JUPYTER names another, such as that of the oldest JupyterLab. */
const jupyter =
  process.env.EVENTLOG_JUPYTER ??
  (existsSync(venvJupyter) ? venvJupyter : 'jupyter');

/** A running JupyterLab and the places where it keeps things. */
export interface ILab {
  readonly url: string;
  readonly token: string;
  /** Everything that the server may write lies below it. */
  readonly home: string;
  /** The notebooks' directory. */
  readonly root: string;
  /** Where the ledger is put, if there comes to be one. */
  readonly ledger: string;
  /** The file of the sink `archive`, if the configuration declares it. */
  readonly archive: string;
  /** All that the server printed. */
  log(): string;
  /** Stop the server and start it again at the same place, with other lines of configuration. */
  restart(eventlog: string): Promise<void>;
}

/** JupyterLab would ask whether to fetch news; our notice stands beside no other question. */
const NO_NEWS = {
  'settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings': {
    fetchNews: 'false'
  }
};

/** Configuration of a deployment that offers sharing with one JSONL file. */
export const SHARING = `
c.EventLogApp.contact = "it-services@example.edu"
c.EventLogApp.purposes = {
    "usage": {
        "title": "How JupyterLab is used", "policy": "opt-in", "legal_basis": "consent",
        "controller": "Example University", "retention": "90d", "time_resolution": "1min",
        "not_used_for": ["grading", "attendance"],
    },
}
c.EventLogApp.allowed_schemas = {
    "https://events.jupyter.org/jupyter_eventlog/command/v1": {
        "purpose": "usage", "allowed_categories": ["category.jupyter.org/unrestricted"],
        "protect": {"duration_ms": "bucket"},
    },
}
c.EventLogApp.sinks = [
    {"name": "archive", "type": "jsonl", "purposes": ["usage"], "path": HOME + "/archive/events.jsonl",
     "recipient": "IT Services, Example University", "retention": "30d", "can_erase": True},
]
`;

function serverConfig(home: string, token: string, own: string): string {
  return `
import os
import jupyterlab.galata
HOME = ${JSON.stringify(home)}
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.ServerApp.root_dir = HOME + "/root"
c.IdentityProvider.token = ${JSON.stringify(token)}
c.LabApp.expose_app_in_browser = True
c.JupyterNotebookApp.expose_app_in_browser = True
c.LabServerApp.extra_labextensions_path = os.path.dirname(jupyterlab.galata.__file__)
${own}
`;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 180_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) {
      throw new Error(`JupyterLab ended with code ${child.exitCode}`);
    }
    const answered = await fetch(`${url}/login`).then(
      response => response.ok,
      () => false
    );
    if (answered) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`JupyterLab did not answer at ${url}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exit;
    clearTimeout(deadline);
  }
}

/** Galata's test, with a real server per test instead of galata's mocks. */
export const test = galata.extend<{
  eventlog: string;
  settings: Record<string, unknown>;
  lab: ILab;
}>({
  /** Lines of jupyter_server_config.py; HOME is the test's directory. Empty: an untouched install. */
  eventlog: ['', { option: true }],
  /** Files that are written below JUPYTERLAB_SETTINGS_DIR and the like before the start: path → JSON. */
  settings: [{}, { option: true }],

  lab: async ({ eventlog, settings }, use, testInfo) => {
    const home = mkdtempSync(join(tmpdir(), 'eventlog-ui-'));
    const token = 'a-token-for-this-test-only';
    for (const directory of [
      'root',
      'config',
      'data',
      'runtime',
      'settings',
      'workspaces',
      'archive',
      'app-settings'
    ]) {
      mkdirSync(join(home, directory));
    }
    for (const [path, content] of Object.entries({ ...NO_NEWS, ...settings })) {
      mkdirSync(join(home, path, '..'), { recursive: true });
      writeFileSync(join(home, path), JSON.stringify(content));
    }
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const logFile = join(home, 'server.log');
    const start = (own: string): ChildProcess => {
      writeFileSync(
        join(home, 'config', 'jupyter_server_config.py'),
        serverConfig(home, token, own)
      );
      const started = spawn(
        jupyter,
        ['lab', `--port=${port}`, '--ServerApp.port_retries=0'],
        {
          cwd: home,
          env: {
            ...process.env,
            JUPYTER_CONFIG_DIR: join(home, 'config'),
            JUPYTER_DATA_DIR: join(home, 'data'),
            JUPYTER_RUNTIME_DIR: join(home, 'runtime'),
            JUPYTERLAB_SETTINGS_DIR: join(home, 'settings'),
            JUPYTERLAB_WORKSPACES_DIR: join(home, 'workspaces')
          }
        }
      );
      const log = createWriteStream(logFile, { flags: 'a' });
      started.stdout.pipe(log);
      started.stderr.pipe(log);
      return started;
    };
    let child = start(eventlog);
    try {
      await answers(url, child);
      await use({
        url,
        token,
        home,
        root: join(home, 'root'),
        ledger: join(home, 'data', 'eventlog'),
        archive: join(home, 'archive', 'events.jsonl'),
        log: () => readFileSync(logFile, 'utf8'),
        restart: async own => {
          await ended(child);
          child = start(own);
          await answers(url, child);
        }
      });
    } finally {
      await ended(child);
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server.log', { path: logFile });
      }
      rmSync(home, { recursive: true, force: true });
    }
  },

  baseURL: async ({ lab }, use) => use(lab.url),
  // What galata would keep in memory is the real thing here.
  mockConfig: false,
  mockSettings: false,
  mockState: false,
  mockUser: false,
  autoGoto: false,
  // They end with the server; to watch for them, galata would stand between the page and the server.
  kernels: async ({}, use) => use(null),
  sessions: async ({}, use) => use(null),
  terminals: async ({}, use) => use(null),
  // Each test has workspaces of its own, and what JupyterLab remembers is part of what is tested.
  resetWorkspace: false,
  // Galata would make it through the contents API, without a token.
  tmpPath: async ({}, use) => use('')
});

export { expect } from '@jupyterlab/galata';
