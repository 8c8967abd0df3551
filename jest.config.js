// Dates in tests are those of one place.
process.env.TZ = 'UTC';

const jestJupyterLab = require('@jupyterlab/testutils/lib/jest-config');

// Published as ES modules: babel makes them what jest can load.
const esModules = [
  '@codemirror',
  '@jupyter/',
  '@jupyterlab/',
  '@marijn',
  '@microsoft',
  'color',
  'exenv-es6',
  'lib0',
  'marked',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

const base = jestJupyterLab(__dirname);

module.exports = {
  ...base,
  // A bound for what hangs, not for what is slow.
  testTimeout: 60_000,
  testRegex: 'src/__tests__/.*\\.spec\\.tsx?$',
  modulePathIgnorePatterns: [
    '<rootDir>/jupyter_eventlog/',
    '<rootDir>/examples/',
    '<rootDir>/.venv'
  ],
  transform: {
    ...base.transform,
    '^.+\\.mjs$': 'babel-jest',
    // Types are checked by `tsc`, once; here each file is only translated.
    '^.+\\.tsx?$': [
      'ts-jest',
      {
        tsconfig: {
          allowSyntheticDefaultImports: true,
          esModuleInterop: true,
          isolatedModules: true,
          jsx: 'react',
          module: 'commonjs',
          moduleResolution: 'node10',
          target: 'ES2022'
        }
      }
    ]
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules})).+`],
  reporters: [
    'default',
    [
      'jest-junit',
      { outputDirectory: 'reports', outputName: 'jest.xml', suiteName: 'jest' }
    ]
  ]
};
