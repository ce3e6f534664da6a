import { run, table } from '../test/table.js';
import { defaultValues, findByKey, LogLevel, renderOption, resolveOptions, versionLine } from './index.js';
import { usageText } from './usage.js';

function render(argv: readonly string[], key: string): unknown {
  const found = findByKey(table, key);
  return found && renderOption(found.option, run(argv)[found.name]);
}

it.each([
  ['tcp_address', [], false, '0.0.0.0:1'],
  ['data_path', [], false, ''],
  ['log_prefix', [], false, '[demo] '],
  ['durability', [], false, 'memory'],
  ['id', [], true, '617'],
  ['deflate', [], true, 'true'],
  ['msg_timeout', [], true, '60000000000'],
  ['msg_timeout', ['-msg-timeout=-1.5us'], true, '-1500'],
  ['msg_timeout', ['-msg-timeout=2562047h'], true, '9223369200000000000'],
  ['nsqlookupd_tcp_addresses', [], true, '[]'],
  ['nsqlookupd_tcp_addresses', ['-lookupd-tcp-address=a:1'], true, '["a:1"]'],
  ['e2e_percentiles', ['-e2e-percentile=0.95,1.0,0.99'], true, '[1,0.99,0.95]'],
  ['log_level', ['-log-level=fatal'], true, '5'],
  ['tls_required', ['-tls-required=tcp-https'], true, '1'],
  ['tls_min_version', ['-tls-min-version=tls1.3'], true, '772'],
])('renders %s after %p', (key, argv, json, body) => {
  expect(render(argv, key)).toEqual({ json, body });
});

it.each(['version', 'config', 'verbose', 'node_id', 'code_only', 'toString', ''])('finds no option under the key %p', (key) => {
  expect(findByKey(table, key)).toBeUndefined();
});

it('gives the same defaults with and without a command line', () => {
  expect(defaultValues(table)).toEqual(run([]));
});

it('describes each flag in name order, with type, notes and default', () => {
  expect(usageText('demo', table)).toBe(`Usage of demo:
  -config string
    \tpath to a TOML config file
  -data-path string
    \tfolder
  -deflate
    \tcompress [accepted, without effect until compression is in] (default true)
  -durability string
    \tdurability (default "memory")
  -e2e-percentile value
    \tpercentiles
  -log-level value
    \tlowest level to log: debug, info, warn, error or fatal (default info)
  -log-prefix string
    \ttext put before each log line, as it is (default "[demo] ")
  -lookupd-tcp-address value
    \tlookupd
  -mem-stats
    \tmemory
  -msg-timeout duration
    \ttimeout (default 1m0s)
  -node-id int
    \tnode (default 617)
  -tcp-address string
    \taddress (default "0.0.0.0:1")
  -tls-min-version value
    \tlowest tls (default tls1.0)
  -tls-required
    \ttls
  -verbose
    \tno effect [deprecated: use --log-level]
  -version
    \tprint the version and exit
`);
});

it('warns of deprecated options and of those that wait for a feature, when they are set to something else', () => {
  const argv = ['-verbose', '-deflate=false', '-mem-stats'];
  const result = resolveOptions({ program: 'demo', version: '1', table, argv, readFile: () => '' });
  expect(result.kind === 'run' && result.warnings).toEqual([
    '--verbose is deprecated: use --log-level',
    '--deflate has no effect until compression is in',
  ]);
  expect(resolveOptions({ program: 'demo', version: '1', table, argv: ['-deflate'], readFile: () => '' })).toMatchObject({ warnings: [] });
});

it('names Node as the runtime unless told otherwise', () => {
  expect(versionLine('nsqd', '1.3.0')).toBe(`nsqd v1.3.0 (built w/node${process.versions.node})`);
});

it('numbers the log levels as /config/log_level does', () => {
  expect(Object.entries(LogLevel).map(([word, value]) => `${word}=${value}`)).toEqual([
    'debug=1',
    'info=2',
    'warn=3',
    'error=4',
    'fatal=5',
  ]);
});
