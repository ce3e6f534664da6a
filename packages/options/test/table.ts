import {
  baseOptions,
  boolOption,
  choiceOption,
  durationOption,
  floatListOption,
  intOption,
  resolveOptions,
  stringListOption,
  stringOption,
  tlsMinVersionOption,
  tlsRequiredOption,
} from '../src/index.js';
import type { OptionValues, Resolution } from '../src/index.js';

/** One option of each type. */
export const table = {
  ...baseOptions('demo'),
  nodeId: intOption({ flag: 'node-id', key: 'id', default: () => 617, help: 'node' }),
  tcpAddress: stringOption({ flag: 'tcp-address', default: '0.0.0.0:1', help: 'address' }),
  dataPath: stringOption({ flag: 'data-path', default: '', help: 'folder' }),
  deflate: boolOption({ flag: 'deflate', default: true, help: 'compress', later: 'compression' }),
  memStats: boolOption({ flag: 'mem-stats', default: false, help: 'memory' }),
  msgTimeout: durationOption({ flag: 'msg-timeout', default: 60_000, help: 'timeout' }),
  lookupds: stringListOption({ flag: 'lookupd-tcp-address', key: 'nsqlookupd_tcp_addresses', default: [], help: 'lookupd' }),
  percentiles: floatListOption({ flag: 'e2e-percentile', key: 'e2e_percentiles', default: [], help: 'percentiles' }),
  tlsRequired: tlsRequiredOption({ flag: 'tls-required', default: 'no', help: 'tls' }),
  tlsMinVersion: tlsMinVersionOption({ flag: 'tls-min-version', default: 'tls1.0', help: 'lowest tls' }),
  durability: choiceOption({ flag: 'durability', choices: ['memory', 'disk'], default: 'memory', help: 'durability' }),
  codeOnly: intOption({ flag: null, default: 7, help: 'set by code only' }),
  secret: boolOption({ flag: 'secret', key: null, default: false, help: 'not shown', hidden: true }),
};

export type DemoOptions = OptionValues<typeof table>;

/** Noon, local time, on 22 November 2026, with 785 µs. */
export const NOON = new Date(2026, 10, 22, 12, 0, 0, 560).getTime() + 0.785;

/** Resolves with `config` as the content of any config file. */
export function resolve(argv: readonly string[], config?: string): Resolution<typeof table> {
  return resolveOptions({
    program: 'demo',
    version: '1.3.0',
    runtime: 'node20.20.2',
    table,
    argv: config === undefined ? argv : ['--config=demo.cfg', ...argv],
    readFile: () => config ?? '',
    now: () => NOON,
  });
}

/** The options of a command line that must be accepted. */
export function run(argv: readonly string[], config?: string): DemoOptions {
  const result = resolve(argv, config);
  if (result.kind !== 'run') throw new Error(result.stderr);
  return result.options;
}

/** The exit of a command line that must be refused. */
export function exit(argv: readonly string[], config?: string): Extract<Resolution<typeof table>, { kind: 'exit' }> {
  const result = resolve(argv, config);
  if (result.kind !== 'exit') throw new Error('was accepted');
  return result;
}
