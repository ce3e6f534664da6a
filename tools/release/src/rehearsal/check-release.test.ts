import { rangeProblems } from './check-release.js';
import { afterBreaking } from './steps/releases.js';
import { useOf } from './steps/types.js';

describe('a release', () => {
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
