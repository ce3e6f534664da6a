import type { Manifest } from '../published-package.js';
import { contentProblems, entryFiles } from './contents.js';

const manifest: Manifest = {
  name: '@nsq/a',
  version: '0.1.0',
  bin: { a: './bundle/a.js' },
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
};
const GOOD = [
  'LICENSE',
  'README.md',
  'package.json',
  'bundle/a.js',
  'bundle/a.js.map',
  'bundle/THIRD-PARTY-LICENSES.txt',
  'src/index.ts',
  'dist/index.js',
  'dist/index.js.map',
  'dist/index.d.ts',
  'dist/index.d.ts.map',
];
const bounds = { maxFiles: 20, maxKiB: 20 };

const problems = (names: readonly string[], bytes = 100) => contentProblems(manifest, new Map(names.map((name) => [name, bytes])), bounds);

describe('the files of a package', () => {
  it('are what belongs there', () => {
    expect(problems(GOOD)).toEqual([]);
  });

  it.each([
    'src/index.test.ts',
    'src/fixtures/a.ts',
    'dist/tsconfig.lib.tsbuildinfo',
    'jest.config.cjs',
    'Dockerfile',
    'test/a.ts',
    'bundle/deep/a.js',
    'tsconfig.json',
  ])('are not %s', (name) => {
    expect(problems([...GOOD, name])).toContain(`ships ${name}`);
  });

  it.each(['LICENSE', 'README.md', 'bundle/a.js', 'bundle/THIRD-PARTY-LICENSES.txt', 'dist/index.d.ts'])(
    'are not complete without %s',
    (name) => {
      expect(problems(GOOD.filter((other) => other !== name))).toContain(`lacks ${name}`);
    },
  );

  it('are not left over from a source that is gone', () => {
    expect(problems([...GOOD, 'dist/old.js', 'dist/old.d.ts'])).toEqual(['ships dist/old.*, which has no source']);
  });

  it('may be in a folder that is named for the package', () => {
    const files = new Map([...GOOD, 'assets/page.html'].map((name) => [name, 1]));
    expect(contentProblems(manifest, files, { ...bounds, folders: ['assets/'] })).toEqual([]);
  });

  it('have bounds', () => {
    expect(problems(GOOD, 10_000)).toEqual(['108 KiB, at most 20']);
    expect(contentProblems(manifest, new Map(GOOD.map((name) => [name, 1])), { maxFiles: 9, maxKiB: 1 })).toEqual(['11 files, at most 9']);
  });

  it('include what package.json names', () => {
    expect(entryFiles({ ...manifest, types: './dist/index.d.ts' })).toEqual([
      'bundle/a.js',
      'dist/index.d.ts',
      'dist/index.js',
      'package.json',
    ]);
  });
});
