import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/lib/**',
      '**/node_modules/**',
      '.venv*/**',
      '.make/**',
      'dist/**',
      'examples/extension/labextensions/**',
      'reports/**',
      'docs/_build/**',
      'jupyter_eventlog/**',
      'ui-tests/test-results/**',
      'ui-tests/playwright-report/**'
    ]
  },
  js.configs.recommended,
  {
    // Tests are code: they are held to the same rules.
    files: ['src/**/*.{ts,tsx}', 'ui-tests/**/*.ts'],
    extends: [
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked
    ],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.test.json', './ui-tests/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        // Jupyter's way: an interface that is a contract begins with I.
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        // A signature may name what it does not use.
        { argsIgnorePattern: '^_' }
      ],
      // A plugin that needs no action on activation is a plugin all the same.
      '@typescript-eslint/no-empty-function': 'off',
      // Answers of a server and of an older JupyterLab may lack what the types promise.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Numbers and booleans read well in a template.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true }
      ],
      // Lumino passes `void` for "no arguments" in its signals.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // An arrow that returns what a callee returns, nothing, is not confusing.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true }
      ],
      'no-console': 'error',
      curly: ['error', 'all'],
      eqeqeq: 'error'
    }
  },
  {
    // Made from the schemas: these interfaces describe data and are no contracts.
    files: ['src/schemas.ts'],
    rules: { '@typescript-eslint/naming-convention': 'off' }
  },
  {
    files: ['src/**/*.tsx'],
    extends: [reactHooks.configs.flat.recommended]
  },
  {
    files: ['ui-tests/**/*.ts'],
    // Playwright asks for `({}, use) =>` where a fixture needs no other.
    rules: { 'no-empty-pattern': 'off' }
  },
  {
    // The one place whose purpose is the console.
    files: ['src/sinks/console.ts'],
    rules: { 'no-console': 'off' }
  },
  {
    // Tools of ours: they run in Node.js, hand functions to a browser, and print.
    files: ['benchmarks/**/*.mjs', 'scripts/**/*.mjs', 'ui-tests/**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['Buffer', 'console', 'fetch', 'process', 'URL'],
          ...['clearTimeout', 'setTimeout', 'performance'],
          ...['document', 'navigator', 'window']
        ].map(name => [name, 'readonly'])
      )
    }
  },
  {
    // Configuration of tools that load CommonJS.
    files: ['*.js', '*.cjs', 'scripts/**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        __dirname: 'readonly',
        module: 'writable',
        process: 'readonly',
        require: 'readonly'
      }
    }
  }
);
