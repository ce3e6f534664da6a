import { exit, NOON, resolve, run, table } from '../test/table.js';
import { resolveOptions } from './index.js';

const defaults = { ...run([]), config: 'demo.cfg' };

function failingRead(error: unknown): string {
  const readFile = (): string => {
    throw error;
  };
  const result = resolveOptions({ program: 'demo', version: '1', table, argv: ['-config', '/nope'], readFile, now: () => NOON });
  return result.kind === 'exit' && result.code === 1 ? result.stderr : 'was accepted';
}

const FATAL = '[demo] 2026/11/22 12:00:00.560785 FATAL:';

it('reads a file only when --config names one', () => {
  const files: string[] = [];
  const readFile = (path: string): string => {
    files.push(path);
    return '';
  };
  for (const argv of [[], ['--config='], ['--config=a.toml']]) resolveOptions({ program: 'demo', version: '1', table, argv, readFile });
  expect(files).toEqual(['a.toml']);
});

it('prefers a flag to the file and the file to the default, and does not merge lists', () => {
  const config = 'id = 5\ntcp_address = "file:1"\nnsqlookupd_tcp_addresses = ["a:1", "b:1"]\nmsg_timeout = "nonsense"';
  expect(run(['-node-id=617', '-lookupd-tcp-address=c:1', '-msg-timeout=1m'], config)).toEqual({
    ...defaults,
    nodeId: 617,
    tcpAddress: 'file:1',
    lookupds: ['c:1'],
  });
});

it.each([
  ['tcp_address = "a:1"', { tcpAddress: 'a:1' }],
  ['id = 77', { nodeId: 77 }],
  ['id = "77"', { nodeId: 77 }],
  ['id = 0x10', { nodeId: 16 }],
  ['deflate = false', { deflate: false }],
  ['deflate = "F"', { deflate: false }],
  ['deflate = 0', { deflate: false }],
  ['mem_stats = 1', { memStats: true }],
  ['msg_timeout = "1m30s"', { msgTimeout: 90_000 }],
  ['msg_timeout = 60', { msgTimeout: 60 }],
  ['nsqlookupd_tcp_addresses = ["a:1,b:2", "c:3"]', { lookupds: ['a:1,b:2', 'c:3'] }],
  ['nsqlookupd_tcp_addresses = "a:1, b:2"', { lookupds: ['a:1', ' b:2'] }],
  ['e2e_percentiles = [0.5, 1.0]', { percentiles: [0.5, 1] }],
  ['e2e_percentiles = [1, 0.9]', { percentiles: [1, 0.9] }],
  ['e2e_percentiles = "0.5, 1"', { percentiles: [0.5, 1] }],
  ['tls_required = true', { tlsRequired: 'yes' }],
  ['tls_required = 1', { tlsRequired: 'yes' }],
  ['tls_required = "tcp-https"', { tlsRequired: 'tcp-https' }],
  ['tls_min_version = "TLS1.2"', { tlsMinVersion: 'tls1.2' }],
  ['tls_min_version = ""', {}],
  ['log_level = "DEBUG"', { logLevel: 'debug' }],
  ['durability = "disk"', { durability: 'disk' }],
])('converts %s', (config, expected) => {
  expect(run([], config)).toEqual({ ...defaults, ...expected });
});

it.each([
  ['msg_timeout = "60"', '60 (1m0s) for field MsgTimeout - time: missing unit in duration "60"'],
  ['msg_timeout = 1.5', '1.5 (1m0s) for field MsgTimeout - invalid time.Duration value type float64'],
  ['msg_timeout = 9223372036855', '9223372036855 (1m0s) for field MsgTimeout - value out of range'],
  ['deflate = "nope"', 'nope (true) for field Deflate - strconv.ParseBool: parsing "nope": invalid syntax'],
  ['deflate = 2', '2 (true) for field Deflate - strconv.ParseBool: parsing "2": invalid syntax'],
  ['deflate = 1.0', '1 (true) for field Deflate - invalid bool value type float64'],
  ['id = "0x10"', '0x10 (617) for field ID - strconv.ParseInt: parsing "0x10": invalid syntax'],
  ['id = true', 'true (617) for field ID - invalid int64 value type bool'],
  ['id = 1.0', '1 (617) for field ID - invalid int64 value type float64'],
  ['id = 9223372036854775808', '9223372036854775808 (617) for field ID - value out of range'],
  ['tcp_address = 5', '5 (0.0.0.0:1) for field TCPAddress - invalid string value type int64'],
  ['tcp_address = {a = [1]}', 'map[a:[1]] (0.0.0.0:1) for field TCPAddress - invalid string value type map[string]interface {}'],
  ['nsqlookupd_tcp_addresses = 5', '5 ([]) for field NSQLookupdTCPAddresses - invalid []string value type int64'],
  ['nsqlookupd_tcp_addresses = ["a", 5]', '[a 5] ([]) for field NSQLookupdTCPAddresses - invalid []string element type int64'],
  ['e2e_percentiles = 1.0', '1 ([]) for field E2EPercentiles - invalid []float64 value type float64'],
  ['e2e_percentiles = ["x"]', '[x] ([]) for field E2EPercentiles - invalid []float64 element type string'],
  ['e2e_percentiles = [nan]', '[NaN] ([]) for field E2EPercentiles - invalid []float64 element type float64'],
  ['durability = "tape"', 'tape (memory) for field Durability - must be one of memory, disk'],
  ['tcp_address = 2026-11-22', '2026-11-22 (0.0.0.0:1) for field TCPAddress - invalid string value type time.Time'],
])('refuses %s with exit code 1', (config, message) => {
  const stderr = `2026/11/22 12:00:00 ERROR: Resolve failed to coerce value ${message}\n`;
  expect(exit([], config)).toEqual({ kind: 'exit', code: 1, stdout: '', stderr });
});

it.each([
  ['tls_required = "maybe"', '-tls-required', 'failed parsing tls_required maybe'],
  ['tls_required = 2', '-tls-required', 'failed parsing tls_required 2'],
  ['tls_min_version = "ssl3.0"', '-tls-min-version=', 'failed parsing tls_min_version ssl3.0'],
  ['tls_min_version = 771', '-tls-min-version=', 'failed parsing tls_min_version 771'],
  ['log_level = "bad"', '-log-level=info', 'failed parsing log_level bad'],
  ['log_level = 2', '-log-level=info', 'failed parsing log_level 2'],
  ['log_level = "bad"\ntls_required = "bad"', '-log-level=info', 'failed parsing tls_required bad'],
])('refuses %s even when %s overrides it', (config, flag, message) => {
  expect(exit([flag], config)).toMatchObject({ code: 1, stderr: `${FATAL} ${message}\n` });
});

it('shows a syntax error with its line, and always the built-in prefix', () => {
  const { code, stderr } = exit(['--log-prefix=x'], 'id = 5\nid = 6');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^\[demo\] 2026\/11\/22 12:00:00\.560785 FATAL: failed to load config file demo\.cfg - toml: line 2: .+\n$/);
});

it.each([
  [Object.assign(new Error('x'), { errno: -2, syscall: 'open' }), 'open /nope: no such file or directory'],
  [Object.assign(new Error('x'), { errno: -13, syscall: 'open' }), 'open /nope: permission denied'],
  [Object.assign(new Error('x'), { errno: -21, syscall: 'read' }), 'read /nope: is a directory'],
  [Object.assign(new Error('x'), { errno: 1e9 }), 'x'],
  [new Error('odd'), 'odd'],
  ['odd', 'odd'],
])('says why a file cannot be read', (error, reason) => {
  expect(failingRead(error)).toBe(`${FATAL} failed to load config file /nope - ${reason}\n`);
});

it('ignores unknown keys, tables and keys of flags that a file cannot set, with a warning', () => {
  const result = resolve([], 'ID = 5\nmsg-timeout = "1s"\nverbose = true\nconfig = "x"\n__proto__ = 1\n[table]\nid = 5\n');
  const unknown = ['ID', 'msg-timeout', 'verbose', 'config', '__proto__', 'table'];
  const warnings = unknown.map((key) => `config file: unknown key "${key}" is ignored`);
  expect(result).toEqual({ kind: 'run', options: defaults, warnings });
});
