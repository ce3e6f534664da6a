import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { allOf, contextFilter, DEFAULT_PORTS, flagsProblem, imageOf, lastOf, workspaceFile } from '../src/index.js';

const daemons = ['nsqd', 'nsqlookupd'] as const;
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(workspaceFile(`apps/${name}/package.json`), 'utf8')) as { version: string; bin: Record<string, string> };

describe.each(daemons)('the image of %s', (name) => {
  const image = imageOf(name);

  it('is built and run on the same base, of an exact version', () => {
    expect(image.buildStage.base).toBe(image.runtimeStage.base);
    expect(image.buildStage.base).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
  });

  it('installs from the lock file and bundles this daemon', () => {
    const run = lastOf(image.buildStage, 'RUN') ?? '';
    expect(run).toMatch(/\bnpm ci --ignore-scripts\b/);
    expect(run).toContain(`npx nx bundle @nsq/${name}`);
  });

  it('runs the file that the build stage makes, and brings the licences', () => {
    const [interpreter, program = '', ...more] = image.entrypoint;
    expect([interpreter, more]).toEqual(['node', []]);
    const folder = lastOf(image.buildStage, 'WORKDIR') ?? '';
    const [copy, ...others] = allOf(image.runtimeStage, 'COPY');
    expect(others).toEqual([]);
    const words = (copy ?? '').split(/\s+/);
    expect(words[0]).toBe(`--from=${image.buildStage.name}`);
    expect(words).toContain(`${folder}/LICENSE`);
    expect(words).toContain(`${folder}/apps/${name}/bundle/`);
    expect(words.at(-1)).toBe(`${path.dirname(program)}/`);
    expect(path.basename(program)).toBe(path.basename(manifestOf(name).bin[name] ?? ''));
    for (const file of [path.basename(program), 'THIRD-PARTY-LICENSES.txt']) {
      expect(existsSync(workspaceFile(`apps/${name}/bundle/${file}`))).toBe(true);
    }
  });

  it('exposes the ports that the daemon listens on', () => {
    expect([...image.ports]).toEqual(DEFAULT_PORTS[name]);
  });

  it('has a user of its own, by number, who owns the data folder', () => {
    expect([image.uid, image.gid]).toEqual([10001, 10001]);
    const made = lastOf(image.runtimeStage, 'RUN') ?? '';
    expect(made).toContain(`groupadd --gid ${image.gid} nsq`);
    expect(made).toContain(`useradd --uid ${image.uid} --gid nsq`);
    for (const volume of image.volumes) expect(made).toMatch(new RegExp(`install -d -o nsq -g nsq .*${volume}\\b`));
    expect([...image.volumes]).toEqual(name === 'nsqd' ? [image.workingFolder] : []);
  });

  it('has the version of the package', () => {
    expect(allOf(image.runtimeStage, 'LABEL').join(' ')).toContain(`image.version="${manifestOf(name).version}"`);
  });
});

it('sends to the build what a bundle is made of, and neither outputs nor tests', () => {
  const sent = contextFilter(readFileSync(workspaceFile('.dockerignore'), 'utf8'));
  const needed = ['package-lock.json', '.npmrc', 'LICENSE', 'tools/bundle.mjs', 'tools/third-party-licences.mjs', 'tools/e2e/package.json'];
  expect([...needed, 'apps/nsqd/src/main.ts', 'packages/protocol/package.json'].filter((file) => !sent(file))).toEqual([]);
  const useless = [
    '.git/config',
    'node_modules/a/b.js',
    'apps/nsqd/node_modules/a',
    'apps/nsqd/bundle/nsqd.js',
    'data/nsqd.dat',
    '.nx/cache/a',
  ];
  expect([...useless, 'apps/nsqd/src/options.test.ts', 'tools/deploy/.build/x'].filter(sent)).toEqual([]);
});

it('refuses a flag that a daemon does not have', () => {
  expect(flagsProblem('nsqd', ['--data-path=/data'])).toBeNull();
  expect(flagsProblem('nsqd', ['--no-such-flag'])).toContain('no-such-flag');
});
