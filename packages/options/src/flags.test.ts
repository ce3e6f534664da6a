import fc from 'fast-check';

import { exit, resolve, run, table } from '../test/table.js';

const defaults = run([]);

it('takes one dash or two, and the value after = or as the next argument', () => {
  for (const argv of [['-node-id=5'], ['--node-id=5'], ['-node-id', '5'], ['--node-id', '5']]) expect(run(argv).nodeId).toBe(5);
  expect(run(['--tcp-address=']).tcpAddress).toBe('');
  expect(run(['--tcp-address=a=b']).tcpAddress).toBe('a=b');
  expect(run(['--tcp-address', '-node-id=5'])).toEqual({ ...defaults, tcpAddress: '-node-id=5' });
});

it('lets the last of several scalars win, and adds up lists', () => {
  expect(run(['-node-id=1', '-node-id=2']).nodeId).toBe(2);
  expect(run(['-lookupd-tcp-address=a:1,b:2', '-lookupd-tcp-address', 'c:3']).lookupds).toEqual(['a:1,b:2', 'c:3']);
  expect(run(['-e2e-percentile=0.5,1', '-e2e-percentile=.9']).percentiles).toEqual([1, 0.9, 0.5]);
});

it.each(['1', 't', 'T', 'true', 'TRUE', 'True'])('takes %s for true', (word) => {
  expect(run([`-mem-stats=${word}`]).memStats).toBe(true);
});

it.each(['0', 'f', 'F', 'false', 'FALSE', 'False'])('takes %s for false', (word) => {
  expect(run([`-deflate=${word}`]).deflate).toBe(false);
});

it('sets a bare boolean flag and stops at the argument behind it', () => {
  const result = resolve(['-mem-stats', 'false', '-node-id=5']);
  expect(result).toEqual({
    kind: 'run',
    options: { ...defaults, memStats: true },
    warnings: ['arguments from "false" on are ignored'],
  });
});

it.each([[['-', '-nope']], [['--', '-nope']], [['word', '-nope']], [['', '-nope']]])('ignores what stands behind the flags: %p', (argv) => {
  expect(resolve(argv)).toMatchObject({ kind: 'run', options: defaults });
});

it('reads words in any letter case', () => {
  const options = run(['-log-level=WARN', '-tls-required=TCP-https', '-tls-min-version=TLS1.3']);
  expect(options).toMatchObject({ logLevel: 'warn', tlsRequired: 'tcp-https', tlsMinVersion: 'tls1.3' });
  expect(run(['-tls-required']).tlsRequired).toBe('yes');
  expect(run(['-tls-min-version=']).tlsMinVersion).toBe('tls1.0');
});

it.each([
  [['-nope'], 'flag provided but not defined: -nope'],
  [['--Node-id=5'], 'flag provided but not defined: -Node-id'],
  [['--node=5'], 'flag provided but not defined: -node'],
  [['-codeOnly=5'], 'flag provided but not defined: -codeOnly'],
  [['-constructor'], 'flag provided but not defined: -constructor'],
  [['-log-level'], 'flag needs an argument: -log-level'],
  [['-node-id=abc'], 'invalid value "abc" for flag -node-id: parse error'],
  [['-node-id='], 'invalid value "" for flag -node-id: parse error'],
  [['-node-id=99999999999999999999'], 'invalid value "99999999999999999999" for flag -node-id: value out of range'],
  [['-msg-timeout=60'], 'invalid value "60" for flag -msg-timeout: parse error'],
  [['-deflate=maybe'], 'invalid boolean value "maybe" for -deflate: parse error'],
  [['-tls-required=foo'], 'invalid boolean value "foo" for -tls-required: strconv.ParseBool: parsing "foo": invalid syntax'],
  [['-log-level=warning'], 'invalid value "warning" for flag -log-level: invalid log level \'warning\' (debug, info, warn, error, fatal)'],
  [['-tls-min-version=ssl3.0'], 'invalid value "ssl3.0" for flag -tls-min-version: unknown tlsVersionOption "ssl3.0"'],
  [['-durability=tape'], 'invalid value "tape" for flag -durability: must be one of memory, disk'],
  [['---x'], 'bad flag syntax: ---x'],
  [['-=x'], 'bad flag syntax: -=x'],
  [['--=x'], 'bad flag syntax: --=x'],
  [['-node-id=a"\n\x01é'], 'invalid value "a\\"\\n\\x01é" for flag -node-id: parse error'],
])('refuses %p with exit code 2 and the help', (argv, message) => {
  const { code, stdout, stderr } = exit(argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.startsWith(`${message}\nUsage of demo:\n`)).toBe(true);
});

it('refuses a bad element of a float list with exit code 1 and no help', () => {
  const stderr = '2026/11/22 12:00:00 Could not parse: abc\n';
  expect(exit(['-e2e-percentile=1,abc', '-nope'])).toEqual({ kind: 'exit', code: 1, stdout: '', stderr });
});

it('prints the version to stdout, without opening the config file', () => {
  const stdout = 'demo v1.3.0 (built w/node20.20.2)\n';
  expect(exit(['--version'], '=bad')).toEqual({ kind: 'exit', code: 0, stdout, stderr: '' });
  expect(resolve(['--version=false'])).toMatchObject({ kind: 'run' });
});

it.each([['-h'], ['-help'], ['--help'], ['--help=x']])('prints the help to stderr for %s', (flag) => {
  const { code, stdout, stderr } = exit([flag, '-nope']);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/^Usage of demo:\n/);
});

it('lets a flag error win over --version on either side, and over a later --help', () => {
  expect([exit(['--version', '-nope']).code, exit(['-nope', '--version']).code, exit(['-nope', '-h']).code]).toEqual([2, 2, 2]);
});

it('never throws, whatever the arguments and the config file', () => {
  const flag = fc.constantFrom(...Object.values(table).flatMap((option) => (option.flag === null ? [] : [option.flag])));
  const value = fc.oneof(fc.string(), fc.constantFrom('0', '1', 'true', '1s', '-1', '0x1f', 'tls1.2', 'debug', '1,0.5'));
  const argument = fc.oneof(
    fc.string({ unit: 'binary' }),
    flag.map((name) => `--${name}`),
    fc.tuple(fc.constantFrom('-', '--', '---'), flag, value).map(([dashes, name, text]) => `${dashes}${name}=${text}`),
  );
  const key = fc.constantFrom('id', 'deflate', 'msg_timeout', 'e2e_percentiles', 'tls_required', 'log_level', '__proto__', 'x', '[');
  const setting = fc.tuple(key, fc.oneof(fc.json(), fc.string())).map(([name, text]) => `${name} = ${text}`);
  fc.assert(
    fc.property(fc.array(argument), fc.option(fc.array(setting)), (argv, settings) => {
      const result = resolve(argv, settings?.join('\n'));
      if (result.kind === 'run') expect(Object.keys(result.options)).toEqual(Object.keys(table));
      else expect(result.code === 0 || result.stderr !== '').toBe(true);
    }),
  );
});
