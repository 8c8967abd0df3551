import { readFileSync } from 'fs';
import { join } from 'path';

import { QUIET_COMMANDS } from '../commands/quiet';
import { shippedVocabulary } from '../commands/vocabulary';
import { browserFamily, platformFamily } from '../pipeline/environment';
import { randomId } from '../pipeline/ids';
import { sessionEvent } from '../pipeline/sessionEvents';
import { VERSION } from '../pipeline/version';

const ROOT = join(__dirname, '..', '..');
const read = (...path: string[]): string =>
  readFileSync(join(ROOT, ...path), 'utf8');

describe('the vocabulary', () => {
  const text = read('src', 'commands', 'vocabulary.json');
  const census = JSON.parse(text) as {
    commands: string[];
    arguments: string[];
    choices: string[];
    key_sequences: string[];
    projection: Record<string, Record<string, string | string[]>>;
    bindings: Record<string, string[]>;
  };

  it('is the same in the browser and on the server, byte for byte', () => {
    expect(read('jupyter_eventlog', 'schemas', 'vocabulary.json')).toBe(text);
  });

  it('has no id that is made at run time from names of kernels, files or links', () => {
    expect(
      census.commands.filter(id => !/^[A-Za-z0-9@_./:-]+$/.test(id))
    ).toEqual([]);
    expect(census.commands.filter(id => id.startsWith('help-menu-'))).toEqual(
      []
    );
  });

  it('knows the commands that people use most, our own, and their keys', () => {
    const vocabulary = shippedVocabulary();
    for (const id of [
      'notebook:run-cell-and-select-next',
      'docmanager:save',
      'eventlog:open',
      'jupyter-notebook:open-lab',
      'filebrowser:rename'
    ]) {
      expect(vocabulary.rulesOf(id)).toBeDefined();
    }
    const keys = vocabulary.bindings.get('docmanager:save');
    expect([...(keys ?? [])].sort()).toEqual(['Cmd S', 'Ctrl S']);
    expect(census.commands.length).toBeGreaterThan(400);
  });

  it('whatever the browser may tell, the server allows', () => {
    const rules = Object.values(census.projection);
    const names = new Set(rules.flatMap(rule => Object.keys(rule)));
    const choices = new Set(
      rules.flatMap(rule => Object.values(rule).filter(Array.isArray)).flat()
    );
    expect([...names].sort()).toEqual(census.arguments);
    expect([...choices].sort()).toEqual(census.choices);
    expect([...new Set(Object.values(census.bindings).flat())].sort()).toEqual(
      census.key_sequences
    );
    expect(
      Object.keys(census.projection).every(id => census.commands.includes(id))
    ).toBe(true);
  });

  it.each(['path', 'cwd', 'name', 'search', 'code', 'text', 'query', 'url'])(
    'an argument that can hold personal data is a presence and no more: %s',
    name => {
      const rules = Object.values(census.projection)
        .filter(rule => Object.hasOwn(rule, name))
        .map(rule => rule[name]);
      expect(rules.filter(rule => rule !== 'present')).toEqual([]);
    }
  );

  it('has every quiet command', () => {
    const vocabulary = shippedVocabulary();
    expect([...QUIET_COMMANDS].filter(id => !vocabulary.rulesOf(id))).toEqual(
      []
    );
  });
});

describe('random ids', () => {
  const UUID4 =
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  it('are UUIDs of version 4, also where randomUUID does not exist', () => {
    const plainHttp = {
      getRandomValues: (bytes: Uint8Array) => bytes.fill(255)
    } as unknown as Crypto;
    expect(randomId(plainHttp)).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(randomId()).toMatch(UUID4);
    expect(randomId()).not.toBe(randomId());
  });
});

describe('families of platform and browser', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'linux',
      'firefox',
      0
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
      'windows',
      'chromium',
      0
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      'macos',
      'safari',
      0
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      'ios',
      'safari',
      5
    ],
    [
      'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
      'android',
      'chromium',
      5
    ],
    ['Something else', 'other', 'other', 0]
  ])('%s', (userAgent, platform, browser, maxTouchPoints) => {
    expect(platformFamily({ userAgent, maxTouchPoints })).toBe(platform);
    expect(browserFamily({ userAgent, maxTouchPoints })).toBe(browser);
  });
});

describe('session events', () => {
  it('tell our version as the package has it', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(VERSION).toBe(version);
  });

  it.each(['4.6.6', '4.7.0-beta.1', '7.6.5', '4.6.0a2'])(
    'tell the version of the application: %s',
    version => {
      const event = sessionEvent(
        'start',
        { name: 'JupyterLab', version },
        { userAgent: '' }
      );
      expect(event.data.application_version).toBe(version);
    }
  );

  it("leave out what is not a version, and an application that is not Jupyter's", () => {
    const event = sessionEvent(
      'start',
      { name: "Jane's Lab", version: '1.0-jane@example.org' },
      { userAgent: 'jane' }
    );
    expect(JSON.stringify(event)).not.toMatch(/jane/i);
    expect(event.data.application).toBe('(other)');
  });
});
