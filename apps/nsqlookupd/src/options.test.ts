import { hostname } from 'node:os';
import { resolveOptions } from '@nsq/options';
import { defaultNsqlookupdOptions, nsqlookupdOptionTable } from './options.js';

const resolve = (argv: string[], file = '') =>
  resolveOptions({ program: 'nsqlookupd', version: '1.3.0', table: nsqlookupdOptionTable, argv, readFile: () => file });

it('has the defaults of the reference', () => {
  expect(defaultNsqlookupdOptions()).toEqual({
    version: false,
    config: '',
    logLevel: 'info',
    logPrefix: '[nsqlookupd] ',
    verbose: false,
    tcpAddress: '0.0.0.0:4160',
    httpAddress: '0.0.0.0:4161',
    broadcastAddress: hostname(),
    inactiveProducerTimeout: 300_000,
    tombstoneLifetime: 45_000,
  });
});

it('takes every flag', () => {
  const argv = ['tcp-address=:1', 'http-address=:2', 'broadcast-address=b', 'inactive-producer-timeout=1m', 'tombstone-lifetime=1.5s'];
  expect(resolve(argv.map((flag) => `--${flag}`))).toMatchObject({
    kind: 'run',
    options: { tcpAddress: ':1', httpAddress: ':2', broadcastAddress: 'b', inactiveProducerTimeout: 60_000, tombstoneLifetime: 1_500 },
  });
});

it('takes every key of the config file', () => {
  const file = [
    'log_level = "debug"',
    'log_prefix = "x "',
    'tcp_address = ":1"',
    'http_address = ":2"',
    'broadcast_address = "b"',
    'inactive_producer_timeout = "2m"',
    'tombstone_lifetime = 7',
  ].join('\n');
  expect(resolve(['--config=f'], file)).toMatchObject({
    kind: 'run',
    options: {
      ...{ logLevel: 'debug', logPrefix: 'x ', tcpAddress: ':1', httpAddress: ':2', broadcastAddress: 'b' },
      ...{ inactiveProducerTimeout: 120_000, tombstoneLifetime: 7 },
    },
  });
});

it('says its version, and refuses what it does not know', () => {
  expect(resolve(['--version'])).toMatchObject({
    kind: 'exit',
    code: 0,
    stdout: `nsqlookupd v1.3.0 (built w/node${process.versions.node})\n`,
  });
  expect(resolve(['--data-path=x'])).toMatchObject({ kind: 'exit', code: 2 });
});
