// The floors of the front end, top to bottom. A file imports from floors below its own only.
// Folders on one floor stand side by side and know nothing of each other.
const floors = [
  ['index\\.ts'],
  ['plugins/'],
  ['panel/'],
  ['commands/', 'activities/', 'sinks/', 'consent/', 'lite/'],
  ['triggers/'],
  ['pipeline/'],
  ['tokens\\.ts'],
  ['schemas\\.ts']
];

const path = names => `^src/(${names.join('|')})`;

const downwardOnly = floors.flatMap((floor, depth) =>
  floor.flatMap(name => {
    const barred = [
      ...floors.slice(0, depth).flat(),
      ...floor.filter(neighbour => neighbour !== name)
    ];
    return barred.length === 0
      ? [] // the top floor
      : {
          name: `${name.replace(/\\|\/$|\.ts$/g, '')} imports downward only`,
          severity: 'error',
          from: { path: path([name]) },
          to: { path: path(barred) }
        };
  })
);

module.exports = {
  forbidden: [
    ...downwardOnly,
    {
      name: 'every file has a floor',
      comment: 'A new folder under src/ needs a place in the list above.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [path(floors.flat()), '^src/__tests__/', '\\.d\\.ts$']
      },
      to: {}
    },
    {
      name: 'every imported file has a floor',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/__tests__/' },
      to: { path: '^src/', pathNot: [path(floors.flat()), '\\.d\\.ts$'] }
    },
    {
      name: 'no circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }
    },
    {
      name: 'only what package.json names',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/__tests__/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown'],
        // A type-only import leaves nothing behind in the bundle.
        dependencyTypesNot: ['type-only']
      }
    },
    {
      name: 'code does not know its tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/__tests__/' },
      to: { path: '^src/__tests__/' }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.test.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types']
    }
  }
};
