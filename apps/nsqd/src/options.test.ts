import { findByKey, renderOption, resolveOptions } from '@nsq/options';
import type { Resolution } from '@nsq/options';

import { checkNsqdOptions, defaultNsqdOptions, nodeIdOf, nsqdOptionTable } from './options.js';
import type { NsqdOptions } from './options.js';

function resolve(argv: readonly string[], config = ''): Resolution<typeof nsqdOptionTable> {
  const args = config === '' ? argv : ['--config=nsqd.cfg', ...argv];
  return resolveOptions({ program: 'nsqd', version: '1.3.0', table: nsqdOptionTable, argv: args, readFile: () => config });
}

function run(argv: readonly string[], config = ''): NsqdOptions {
  const result = resolve(argv, config);
  if (result.kind !== 'run') throw new Error(result.stderr);
  return result.options;
}

function shown(options: NsqdOptions, key: string): string | undefined {
  const found = findByKey(nsqdOptionTable, key);
  return found && renderOption(found.option, options[found.name]).body;
}

// Key and /config form of every option of 1.3.0 whose default does not depend on the host.
const DEFAULTS: readonly (readonly [string, string])[] = [
  ['log_level', '2'],
  ['log_prefix', '[nsqd] '],
  ['tcp_address', '0.0.0.0:4150'],
  ['http_address', '0.0.0.0:4151'],
  ['https_address', '0.0.0.0:4152'],
  ['broadcast_tcp_port', '0'],
  ['broadcast_http_port', '0'],
  ['nsqlookupd_tcp_addresses', '[]'],
  ['http_client_connect_timeout', '2000000000'],
  ['http_client_request_timeout', '5000000000'],
  ['auth_http_addresses', '[]'],
  ['data_path', ''],
  ['mem_queue_size', '10000'],
  ['max_bytes_per_file', '104857600'],
  ['sync_every', '2500'],
  ['sync_timeout', '2000000000'],
  ['queue_scan_worker_pool_max', '4'],
  ['queue_scan_selection_count', '20'],
  ['msg_timeout', '60000000000'],
  ['max_msg_timeout', '900000000000'],
  ['max_msg_size', '1048576'],
  ['max_req_timeout', '3600000000000'],
  ['max_body_size', '5242880'],
  ['max_heartbeat_interval', '60000000000'],
  ['max_rdy_count', '2500'],
  ['max_output_buffer_size', '65536'],
  ['max_output_buffer_timeout', '30000000000'],
  ['min_output_buffer_timeout', '25000000'],
  ['output_buffer_timeout', '250000000'],
  ['max_channel_consumers', '0'],
  ['statsd_address', ''],
  ['statsd_prefix', 'nsq.%s'],
  ['statsd_interval', '60000000000'],
  ['statsd_mem_stats', 'true'],
  ['statsd_udp_packet_size', '508'],
  ['statsd_exclude_ephemeral', 'false'],
  ['e2e_processing_latency_percentiles', '[]'],
  ['e2e_processing_latency_window_time', '600000000000'],
  ['tls_cert', ''],
  ['tls_key', ''],
  ['tls_client_auth_policy', ''],
  ['tls_root_ca_file', ''],
  ['tls_required', '0'],
  ['tls_min_version', '769'],
  ['deflate', 'true'],
  ['max_deflate_level', '6'],
  ['snappy', 'true'],
];

it.each(DEFAULTS)('shows the default of %s as the reference does', (key, body) => {
  expect(shown(run([]), key)).toBe(body);
});

it('has the keys of the reference, one of a later version and two of its own, and no others', () => {
  const keys = Object.values(nsqdOptionTable).flatMap(({ key }) => (key === null ? [] : [key]));
  const expected = [
    ...DEFAULTS.map(([key]) => key),
    'id',
    'broadcast_address',
    'auth_http_request_method',
    'durability',
    'queue_scan_interval',
  ];
  expect(keys.sort()).toEqual(expected.sort());
});

it('gives no flag twice', () => {
  const flags = Object.values(nsqdOptionTable).map(({ flag }) => flag);
  expect(new Set(flags).size).toBe(flags.length);
});

it.each(['topology-region', 'topology-zone', 'enable-experiment', 'max-defer-timeout'])(
  'does not know --%s, which came after 1.3.0',
  (flag) => {
    const result = resolve([`--${flag}=x`]);
    expect(result).toMatchObject({ kind: 'exit', code: 2 });
    expect(result.kind === 'exit' && result.stderr).toMatch(`flag provided but not defined: -${flag}\n`);
  },
);

it.each([
  ['vm', 617],
  ['localhost', 16],
  ['host-1', 738],
])('derives the node id of host %s as the reference does', (host, id) => {
  expect(nodeIdOf(host)).toBe(id);
});

it('hands out defaults that can be changed without touching the next ones', () => {
  const first = defaultNsqdOptions();
  first.logLevel = 'debug';
  expect(defaultNsqdOptions()).toMatchObject({ logLevel: 'info', durability: 'memory', queueScanInterval: 100 });
  expect(defaultNsqdOptions().nsqlookupdTcpAddresses).not.toBe(first.nsqlookupdTcpAddresses);
});

it('loads a config file with the values of the sample that the reference ships', () => {
  const options = run(
    [],
    `log_level = "info"
    tcp_address = "0.0.0.0:4150"
    nsqlookupd_tcp_addresses = [
        "127.0.0.1:4160"
    ]
    max_msg_size = 1024768
    max_body_size = 5123840
    max_output_buffer_timeout = "1s"
    e2e_processing_latency_percentiles = [
      1.0,
      0.99,
      0.95
    ]
    tls_required = false
    tls_min_version = ""
    deflate = true`,
  );
  expect(options).toEqual({
    ...defaultNsqdOptions(),
    config: 'nsqd.cfg',
    nsqlookupdTcpAddresses: ['127.0.0.1:4160'],
    maxMsgSize: 1024768,
    maxBodySize: 5123840,
    maxOutputBufferTimeout: 1000,
    e2eProcessingLatencyPercentiles: [1, 0.99, 0.95],
  });
});

it('ignores keys made of flag names where the reference has others', () => {
  const options = run([], 'node_id = 5\nlookupd_tcp_address = ["a:1"]\nauth_http_address = ["b:1"]\nworker_id = true\n');
  expect(options).toEqual({ ...defaultNsqdOptions(), config: 'nsqd.cfg' });
});

it('drops every flag behind `-worker-id 5`, and warns', () => {
  const result = resolve(['-worker-id', '5', '--max-rdy-count=9']);
  expect(result).toMatchObject({ kind: 'run', options: { workerId: true, maxRdyCount: 2500 } });
  expect(result.kind === 'run' && result.warnings).toContain('arguments from "5" on are ignored');
});

it.each([
  ['--verbose', 'is deprecated'],
  ['--worker-id', 'is deprecated'],
])('warns of %s, which %s', (flag, reason) => {
  const result = resolve([flag]);
  expect(result.kind === 'run' && result.warnings).toEqual([expect.stringContaining(`${flag} ${reason}`)]);
});

it('warns of no option that has its effect', () => {
  const result = resolve([
    '--auth-http-address=a:1',
    '--http-client-connect-timeout=1s',
    '--lookupd-tcp-address=a:1',
    '--tls-cert=c.pem',
    '--durability=fsync',
    '--max-rdy-count=1',
    '--statsd-address=h:1',
  ]);
  expect(result.kind === 'run' && result.warnings).toEqual([]);
});

it('accepts the defaults', () => {
  expect(checkNsqdOptions(defaultNsqdOptions())).toBeUndefined();
});

it.each<[string[], string | undefined]>([
  [['--max-deflate-level=0'], '--max-deflate-level must be [1,9]'],
  [['--max-deflate-level=10', '--node-id=1024'], '--max-deflate-level must be [1,9]'],
  [['--node-id=-1'], '--node-id must be [0,1024)'],
  [['--node-id=1024'], '--node-id must be [0,1024)'],
  [['--node-id=1023'], undefined],
  [['--tls-required'], 'cannot require TLS client connections without TLS key and cert'],
  [['--tls-required=tcp-https'], 'cannot require TLS client connections without TLS key and cert'],
  [['--tls-client-auth-policy=require'], 'cannot require TLS client connections without TLS key and cert'],
  [['--tls-client-auth-policy=require', '--tls-cert=c.pem', '--tls-key=k.pem'], undefined],
  [['--e2e-processing-latency-percentile=1.1'], 'invalid E2E processing latency percentile: 1.1'],
  [['--e2e-processing-latency-percentile=1,0'], 'invalid E2E processing latency percentile: 0'],
  [['--e2e-processing-latency-percentile=1,0.5'], undefined],
  [
    ['--e2e-processing-latency-percentile=1', '--e2e-processing-latency-window-time=0'],
    '--e2e-processing-latency-window-time must be more than 0s, not 0s',
  ],
  [['--e2e-processing-latency-window-time=0'], undefined],
  [['--auth-http-address=a:1', '--auth-http-address=https://a.example/x', '--auth-http-address=a.example'], undefined],
  [['--auth-http-address=a:1', '--auth-http-address='], '--auth-http-address must be <addr>:<port> or an http or https URL, not '],
  [['--auth-http-address=ftp://a'], '--auth-http-address must be <addr>:<port> or an http or https URL, not ftp://a'],
  [['--auth-http-address=a:x'], '--auth-http-address must be <addr>:<port> or an http or https URL, not a:x'],
  [['--mem-queue-size=-1'], '--mem-queue-size must be 0 or more messages, not -1'],
  [['--mem-queue-size=0'], undefined],
  [['--sync-timeout=0'], '--sync-timeout must be more than 0s, not 0s'],
  [['--statsd-interval=1s'], undefined],
  [['--statsd-interval=1s', '--statsd-address=h:1'], '--statsd-interval must be more than 1s, not 1s'],
  [['--queue-scan-interval=999us'], '--queue-scan-interval must be 1ms to 1h0m0s, not 999µs'],
  [['--queue-scan-interval=2h'], '--queue-scan-interval must be 1ms to 1h0m0s, not 2h0m0s'],
])('checks %p before start', (argv, message) => {
  expect(checkNsqdOptions(run(argv))).toBe(message);
});
