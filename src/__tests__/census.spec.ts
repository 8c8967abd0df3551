import { compile, differences } from '../../scripts/census-rules.mjs';
import type { IRegistry } from '../../scripts/census-rules.mjs';

const NOTHING: IRegistry = {
  described: {},
  bindings: [],
  plugins: [],
  themes: []
};

describe('what of a registry is shipped', () => {
  it('is no id that was made at run time from a name', () => {
    const { commands, plugins } = compile([
      {
        ...NOTHING,
        described: {
          'docmanager:save': null,
          'help-menu-jane:Jane’s page': null,
          'open Jane’s file': null
        },
        plugins: ['@jupyterlab/toc-extension:registry', 'a plugin of Jane’s']
      }
    ]);
    expect(commands).toEqual(['docmanager:save', 'eventlog:open']);
    expect(plugins).toEqual([
      '@jupyterlab/toc-extension:registry',
      'jupyter-eventlog:consent',
      'jupyter-eventlog:panel'
    ]);
  });

  it('is the value of a flag and of a choice, and of everything else that it was there', () => {
    const { projection } = compile([
      {
        ...NOTHING,
        described: {
          'a:b': {
            properties: {
              flag: { type: 'boolean' },
              choice: { type: 'string', enum: ['one', 'two'] },
              sentence: { type: 'string', enum: ['a whole sentence'] },
              path: { type: 'string' },
              _luminoEvent: { type: 'object' }
            }
          }
        }
      }
    ]);
    expect(projection).toEqual({
      'a:b': {
        flag: 'flag',
        choice: ['one', 'two'],
        sentence: 'present',
        path: 'present'
      }
    });
  });

  it('is only that an argument was there, where two pages disagree about it', () => {
    const page = (declared: object): IRegistry => ({
      ...NOTHING,
      described: { 'a:b': { properties: { x: declared } } }
    });
    const { projection } = compile([
      page({ type: 'boolean' }),
      page({ type: 'string' })
    ]);
    expect(projection).toEqual({ 'a:b': { x: 'present' } });
  });

  it('is each theme that is named by plain words, once', () => {
    const { themes } = compile([
      { ...NOTHING, themes: ['JupyterLab Light', 'JupyterLab Dark'] },
      { ...NOTHING, themes: ['JupyterLab Light', 'Jane’s <b>theme</b>'] }
    ]);
    expect(themes).toEqual(['JupyterLab Dark', 'JupyterLab Light']);
  });
});

describe('the difference of two vocabularies', () => {
  const committed = {
    commands: ['a:b', 'a:c'],
    projection: { 'a:b': { x: 'flag' }, 'a:c': { y: 'present' } }
  };

  it('is nothing where they say the same', () => {
    expect(differences(committed, { ...committed })).toEqual([]);
  });

  it('names what was added and what was removed', () => {
    expect(
      differences(committed, {
        commands: ['a:b', 'a:d'],
        projection: { 'a:b': { x: 'flag', z: 'present' } },
        themes: ['Light']
      })
    ).toEqual([
      '+ commands: a:d',
      '- commands: a:c',
      '- projection of a:b: {"x":"flag"}',
      '+ projection of a:b: {"x":"flag","z":"present"}',
      '- projection of a:c: {"y":"present"}',
      '+ themes: Light'
    ]);
  });
});
