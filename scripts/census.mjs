// Takes the census of what a JupyterLab and a Notebook 7 without further extensions register: commands with
// their arguments, choices and keys, plugins that have settings, themes. Only what is in the census is ever
// recorded by name.
//
//   make census          take it and write it
//   make census-check    take it and compare it with what is committed; say what differs
//
//   node scripts/census.mjs [--check] [--env DIR] [--chromium FILE]
//
// DIR is a Python environment with what scripts/census-requirements.txt pins, and nothing else: the commands
// of other extensions would become part of what we ship. The targets of make make it.

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

import { compile, differences } from './census-rules.mjs';
import { launchChromium, root, startJupyter } from './running.mjs';

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    env: { type: 'string', default: join(root, '.make', 'census') },
    chromium: { type: 'string' }
  }
});

const prettier = createRequire(join(root, 'package.json'))('prettier');

const targets = [
  join(root, 'jupyter_eventlog', 'schemas', 'vocabulary.json'),
  join(root, 'src', 'commands', 'vocabulary.json')
];

// Default key bindings differ by platform, and JupyterLab asks the browser for it.
const platforms = ['Linux x86_64', 'MacIntel', 'Win32'];

const applications = [
  { command: 'lab', pages: ['lab/tree/census.ipynb?reset'] },
  {
    command: 'notebook',
    pages: [
      'tree',
      'notebooks/census.ipynb',
      'edit/census.md',
      'consoles/census',
      'terminals/1'
    ]
  }
];

function startServer(command, home) {
  const work = join(home, 'work');
  mkdirSync(work, { recursive: true });
  writeFileSync(
    join(work, 'census.ipynb'),
    JSON.stringify({
      cells: [
        {
          cell_type: 'code',
          execution_count: null,
          id: 'a',
          metadata: {},
          outputs: [],
          source: ''
        }
      ],
      metadata: {
        kernelspec: {
          display_name: 'Python 3',
          language: 'python',
          name: 'python3'
        }
      },
      nbformat: 4,
      nbformat_minor: 5
    })
  );
  writeFileSync(join(work, 'census.md'), '');
  const application = command === 'lab' ? 'LabApp' : 'JupyterNotebookApp';
  return startJupyter({
    bin: join(options.env, 'bin'),
    command,
    home,
    args: [
      '--IdentityProvider.token=',
      `--ServerApp.root_dir=${work}`,
      `--${application}.expose_app_in_browser=True`
    ]
  });
}

/**
 * Runs in the page: everything that the application's registries say. Nothing public tells of the themes to
 * one who is no plugin, hence the look into the application's services.
 */
async function readRegistry() {
  const app = globalThis.jupyterapp;
  await app.restored;
  const { commands } = app;
  const described = {};
  for (const id of commands.listCommands()) {
    let schema = null;
    try {
      schema = (await commands.describedBy(id, {}))?.args ?? null;
    } catch {
      // A description that needs arguments counts as none.
    }
    described[id] = schema;
  }
  const bindings = commands.keyBindings.map(({ command, keys }) => ({
    command,
    keys: [...keys]
  }));
  const settings = await app.serviceManager.settings.list('ids');
  const services = [...app.pluginRegistry._services.keys()];
  const token = services.find(
    ({ name }) => name === '@jupyterlab/apputils:IThemeManager'
  );
  const { themes } = await app.pluginRegistry.resolveRequiredService(token);
  return {
    name: app.name,
    version: app.version,
    described,
    bindings,
    plugins: settings.ids,
    themes: [...themes]
  };
}

async function visit(browser, url, platform) {
  const context = await browser.newContext();
  await context.addInitScript(value => {
    Object.defineProperty(navigator, 'platform', { get: () => value });
  }, platform);
  const page = await context.newPage();
  try {
    await page.goto(url);
    await page.waitForFunction(() => Boolean(globalThis.jupyterapp), null, {
      timeout: 60_000
    });
    // Commands and key bindings go on being added for a while: wait until none came for two seconds.
    await page.waitForFunction(
      () => {
        const { commands } = globalThis.jupyterapp;
        const size =
          commands.listCommands().length + commands.keyBindings.length;
        const seen = (globalThis.censusSeen ??= { size: 0, since: 0 });
        if (seen.size !== size) {
          Object.assign(seen, { size, since: Date.now() });
        }
        return (
          commands.keyBindings.length > 0 && Date.now() - seen.since > 2000
        );
      },
      null,
      { polling: 100, timeout: 60_000 }
    );
    return await page.evaluate(readRegistry);
  } finally {
    await context.close();
  }
}

async function takeCensus() {
  const browser = await launchChromium(options.chromium);
  const home = mkdtempSync(join(tmpdir(), 'census-'));
  const registries = [];
  try {
    for (const { command, pages } of applications) {
      const server = await startServer(command, home);
      try {
        for (const platform of platforms) {
          for (const path of pages) {
            const registry = await visit(browser, server.url + path, platform);
            console.log(
              `${registry.name} ${registry.version} ${platform} ${path}: ` +
                `${Object.keys(registry.described).length} commands, ${registry.bindings.length} key bindings`
            );
            registries.push(registry);
          }
        }
      } finally {
        await server.stop();
      }
    }
  } finally {
    await browser.close();
    rmSync(home, { recursive: true, force: true });
  }
  return registries;
}

async function write(vocabulary) {
  const text = await prettier.format(JSON.stringify(vocabulary), {
    parser: 'json'
  });
  for (const target of targets) {
    writeFileSync(target, text);
  }
  const sizes = Object.entries(vocabulary).map(
    ([name, value]) => `${name}: ${Object.keys(value).length}`
  );
  console.log(sizes.join(', '));
}

function check(vocabulary) {
  const found = targets.flatMap(target => {
    const committed = JSON.parse(readFileSync(target, 'utf8'));
    return differences(committed, vocabulary).map(
      line => `${relative(root, target)}: ${line}`
    );
  });
  if (found.length > 0) {
    console.error(found.join('\n'));
    console.error('The census is not what is committed: `make census`.');
    process.exitCode = 1;
  } else {
    console.log('The census is what is committed.');
  }
}

const vocabulary = compile(await takeCensus());
if (options.check) {
  check(vocabulary);
} else {
  await write(vocabulary);
}
