import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { entryPoints } from './rehearsal/entry-points.js';
import { commonVersion, publishedPackages } from './published-package.js';

const ROOT = path.resolve(__dirname, '../../..');
const packages = publishedPackages(ROOT);

describe('the published packages', () => {
  it('have one version', () => {
    expect(commonVersion(packages)).toMatch(/^\d+\.\d+\.\d+/);
    const [first] = packages;
    if (first === undefined) throw new Error('there are none');
    const other = { folder: 'packages/other', manifest: { name: '@nsq/other', version: '9.9.9' } };
    expect(() => commonVersion([first, other])).toThrow('more than one version');
  });

  it('are those that tools/release/packages.json has bounds for', () => {
    const bounds = JSON.parse(readFileSync(path.join(ROOT, 'tools/release/packages.json'), 'utf8')) as object;
    expect(Object.keys(bounds).sort()).toEqual(packages.map(({ manifest }) => manifest.name));
  });

  it.each(packages)('$folder tells who and what it is', ({ folder, manifest }) => {
    expect(manifest).toMatchObject({ license: 'MIT', engines: { node: '>=20.19' }, publishConfig: { access: 'public' } });
    for (const key of ['description', 'keywords', 'author', 'files']) expect(manifest).toHaveProperty(key);
    for (const file of ['README.md', 'LICENSE']) expect(existsSync(path.join(ROOT, folder, file))).toBe(true);
  });

  it('export names that can be read off their sources', async () => {
    const entries = await entryPoints(ROOT, packages);
    expect(entries.map(({ specifier }) => specifier)).toContain('@nsq/commit-log/testing');
    expect(entries.filter(({ values, types }) => values.length + types.length === 0)).toEqual([]);
  });
});
