import { createRequire } from 'node:module';
import path from 'node:path';
import { commonVersion, publishedPackages } from '../published-package.js';
import { rangeProblems, shownProblems } from './check-release.js';
import { afterBreaking } from './steps/releases.js';
import { useOf } from './steps/types.js';

const ROOT = path.resolve(__dirname, '../../../..');

describe('a release', () => {
  it('shows its version wherever a version of the packages is shown', () => {
    const version = commonVersion(publishedPackages(ROOT));
    expect(shownProblems(ROOT, version)).toEqual([]);
    expect(shownProblems(ROOT, '99.0.0')).toContain(`packages/client/src/version.ts shows ${version}, not 99.0.0`);
  });

  it('moves the versions of our images, and no others', () => {
    const { withVersion } = createRequire(__filename)('../../version-actions.cjs') as {
      readonly withVersion: (text: string, version: string) => string;
    };
    const text = 'nsqd:0.1.0 nsqlookupd:1.0.0-rc.1 newTag: 0.1.0 image.version="0.1.0" nsqio/nsq:v1.3.0 node:24.1.0-slim 127.0.0.1:4150';
    expect(withVersion(text, '2.0.0')).toBe(
      'nsqd:2.0.0 nsqlookupd:2.0.0 newTag: 2.0.0 image.version="2.0.0" nsqio/nsq:v1.3.0 node:24.1.0-slim 127.0.0.1:4150',
    );
  });

  it('has ranges that are its version', () => {
    const packages = [
      { folder: 'packages/a', manifest: { name: '@nsq/a', version: '0.2.0', dependencies: { fastify: '5.0.0', '@nsq/b': '^0.2.0' } } },
      { folder: 'packages/b', manifest: { name: '@nsq/b', version: '0.2.0', dependencies: { '@nsq/a': '^0.1.0' } } },
    ];
    expect(rangeProblems(packages)).toEqual(['@nsq/b 0.2.0 depends on @nsq/a ^0.1.0']);
  });

  it.each([
    ['0.1.9', '0.2.0'],
    ['1.2.3', '2.0.0'],
    ['0.3.0-rc.1', '0.4.0'],
  ])('behind %s and a breaking change is %s', (before, after) => {
    expect(afterBreaking(before)).toBe(after);
  });
});

describe('a file that takes every name', () => {
  it('takes types as types', () => {
    expect(useOf({ specifier: '@nsq/a/b', values: ['x'], types: ['Y'] })).toBe("export { x, type Y } from '@nsq/a/b';\n");
  });
});
