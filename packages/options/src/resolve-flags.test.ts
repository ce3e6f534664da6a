import { boolOption, floatOption, makeOption, resolveFlags, stringListOption, ValueError } from './index.js';
import { stringListType } from './list-types.js';

const table = {
  version: boolOption({ flag: 'version', default: false, help: 'print the version' }),
  topics: stringListOption({ flag: 'topic', default: [], help: 'topic' }),
  share: floatOption({ flag: 'share', default: 1, help: 'share' }),
  even: makeOption(
    {
      ...stringListType,
      fromFlag: (text, previous = []) => {
        if (text.length % 2 === 1) throw new ValueError('odd');
        return [...previous, text];
      },
    },
    { flag: 'even', default: [], help: 'even' },
  ),
};

const resolve = (...argv: string[]) => resolveFlags({ program: 'demo', version: '1.3.0', table, argv });

it('gives the options, defaults for what was not given, and what stands behind the flags', () => {
  expect(resolve()).toEqual({ kind: 'run', options: { version: false, topics: [], share: 1, even: [] }, rest: [] });
  expect(resolve('-topic=a', '--topic', 'b', '--share=.5', '--even=ab', 'c', '-topic=d')).toEqual({
    kind: 'run',
    options: { version: false, topics: ['a', 'b'], share: 0.5, even: ['ab'] },
    rest: ['c', '-topic=d'],
  });
});

it('prints the version on standard output', () => {
  expect(resolve('--version')).toEqual({ kind: 'exit', code: 0, stdout: 'demo v1.3.0\n', stderr: '' });
});

it('prints the usage for --help, on standard error', () => {
  const result = resolve('-h');
  expect(result).toMatchObject({ kind: 'exit', code: 0, stdout: '' });
  expect(result.kind === 'exit' && result.stderr).toMatch(/^Usage of demo:\n[^]*-share float\n +\tshare \(default 1\)\n/);
});

it.each([
  ['--nope', 'flag provided but not defined: -nope'],
  ['--share=x', 'invalid value "x" for flag -share: parse error'],
  ['--even=abc', 'invalid value "abc" for flag -even: odd'],
])('refuses %s with exit code 2 and the usage', (flag, message) => {
  const result = resolve(flag);
  expect(result).toMatchObject({ kind: 'exit', code: 2, stdout: '' });
  expect(result.kind === 'exit' && result.stderr).toContain(`${message}\nUsage of demo:\n`);
});
