import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import jsonc from 'jsonc-eslint-parser';
import tseslint from 'typescript-eslint';

// Which project may import which: the last column of the table in docs/architecture.md.
const mayImport = {
  waitgroup: [],
  protocol: [],
  snappy: [],
  metadata: [],
  'commit-log': [],
  diskqueue: [],
  options: [],
  service: ['options', 'waitgroup'],
  client: ['protocol', 'snappy'],
  nsqd: ['waitgroup', 'protocol', 'snappy', 'metadata', 'commit-log', 'diskqueue', 'options', 'service'],
  nsqlookupd: ['protocol', 'options', 'service', 'waitgroup'],
  nsqadmin: ['client', 'options', 'service', 'waitgroup'],
  'nsq-cli': ['client', 'options', 'nsqd', 'nsqlookupd', 'nsqadmin'],
};

const depConstraints = [
  ...Object.entries(mayImport).map(([project, allowed]) => ({
    sourceTag: `scope:${project}`,
    onlyDependOnLibsWithTags: allowed.map((name) => `scope:${name}`),
  })),
  { sourceTag: 'scope:tools', onlyDependOnLibsWithTags: ['*'] },
];

const testFiles = ['{projectRoot}/**/*.test.ts', '{projectRoot}/test/**/*', '{projectRoot}/jest.config.cjs'];

export default defineConfig(
  { ignores: ['**/dist', '**/bundle', '**/out-tsc', '**/coverage', '**/test-results', '**/*.cjs', '.nx', '**/node_modules', '**/.build'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: true, depConstraints }],
    },
  },
  {
    files: ['packages/*/package.json', 'apps/*/package.json'],
    languageOptions: { parser: jsonc },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': ['error', { ignoredFiles: testFiles }],
    },
  },
  {
    // Its programs are started, nothing of it is imported.
    files: ['apps/nsq-cli/package.json'],
    rules: { '@nx/dependency-checks': ['error', { ignoredFiles: testFiles, ignoredDependencies: ['@nsq/nsqlookupd'] }] },
  },
);
