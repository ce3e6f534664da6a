import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { crc32 } from 'node:zlib';

import {
  baseOptions,
  boolOption,
  choiceOption,
  defaultValues,
  durationOption,
  floatListOption,
  formatDuration,
  intOption,
  stringListOption,
  stringOption,
  tlsMinVersionOption,
  tlsRequiredOption,
} from '@nsq/options';
import type { OptionValues, TlsRequired } from '@nsq/options';

import { authUrl } from './auth/auth-query.js';

const MILLISECOND = 1;
const SECOND = 1000 * MILLISECOND;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const MAX_NODE_ID = 1024; // exclusive
const MIN_SCAN_INTERVAL = MILLISECOND; // below it a timer of Node does not wait at all
const MAX_SCAN_INTERVAL = HOUR;

/** The node id of a host that was given none: the same as the reference derives. */
export function nodeIdOf(host: string): number {
  return crc32(createHash('md5').update(host).digest()) % MAX_NODE_ID;
}

/** Every option of nsqd. Durations are milliseconds, sizes bytes. */
export const nsqdOptionTable = {
  ...baseOptions('nsqd'),
  nodeId: intOption({
    flag: 'node-id',
    key: 'id',
    default: () => nodeIdOf(hostname()),
    help: 'part of each message id, unique among the nodes, from 0 to 1023; derived from the host name',
  }),
  workerId: boolOption({ flag: 'worker-id', key: null, default: false, help: 'no effect', deprecated: 'use --node-id=<n>' }),

  tcpAddress: stringOption({
    flag: 'tcp-address',
    default: '0.0.0.0:4150',
    help: '<addr>:<port> for TCP clients, or the path of a unix socket',
  }),
  httpAddress: stringOption({
    flag: 'http-address',
    default: '0.0.0.0:4151',
    help: '<addr>:<port> for HTTP clients, or the path of a unix socket; empty for none',
  }),
  httpsAddress: stringOption({
    flag: 'https-address',
    default: '0.0.0.0:4152',
    help: '<addr>:<port> for HTTPS clients, used with a certificate only; empty for none',
  }),
  broadcastAddress: stringOption({
    flag: 'broadcast-address',
    default: hostname,
    help: 'address to register with nsqlookupd; the host name by default',
  }),
  broadcastTcpPort: intOption({
    flag: 'broadcast-tcp-port',
    default: 0,
    help: 'TCP port to register with nsqlookupd; 0 for the bound one',
  }),
  broadcastHttpPort: intOption({
    flag: 'broadcast-http-port',
    default: 0,
    help: 'HTTP port to register with nsqlookupd; 0 for the bound one',
  }),
  nsqlookupdTcpAddresses: stringListOption({
    flag: 'lookupd-tcp-address',
    key: 'nsqlookupd_tcp_addresses',
    default: () => [],
    help: 'TCP address of an nsqlookupd (may be given several times)',
  }),
  httpClientConnectTimeout: durationOption({
    flag: 'http-client-connect-timeout',
    default: 2 * SECOND,
    help: "limit for connecting, of nsqd's own HTTP requests; 0 for none",
  }),
  httpClientRequestTimeout: durationOption({
    flag: 'http-client-request-timeout',
    default: 5 * SECOND,
    help: "limit for the whole of each of nsqd's own HTTP requests; 0 for none",
  }),

  authHttpAddresses: stringListOption({
    flag: 'auth-http-address',
    key: 'auth_http_addresses',
    default: () => [],
    help: '<addr>:<port> or URL of an auth server (may be given several times); with one, clients must authenticate',
  }),
  authHttpRequestMethod: choiceOption({
    flag: 'auth-http-request-method',
    choices: ['get', 'post'],
    default: 'get',
    help: 'how an auth server is asked: get (a query in the URL) or post (JSON, so that no secret gets into a log of URLs)',
  }),

  dataPath: stringOption({
    flag: 'data-path',
    default: '',
    help: 'existing folder for messages and metadata; the working directory if empty',
  }),
  memQueueSize: intOption({
    flag: 'mem-queue-size',
    default: 10_000,
    help: 'messages to keep in memory for each topic; 0 sends all to disk',
  }),
  maxBytesPerFile: intOption({
    flag: 'max-bytes-per-file',
    default: 100 * 1024 * 1024,
    help: 'bytes in a queue file before the next is begun',
  }),
  syncEvery: intOption({ flag: 'sync-every', default: 2500, help: 'operations on a queue between two fsyncs' }),
  syncTimeout: durationOption({ flag: 'sync-timeout', default: 2 * SECOND, help: 'longest time between two fsyncs of a queue' }),
  durability: choiceOption({
    flag: 'durability',
    choices: ['memory', 'disk', 'fsync'],
    default: 'memory',
    help: 'what an accepted message survives: memory (a clean restart), disk (a killed process), fsync (a power loss)',
  }),

  queueScanInterval: durationOption({
    flag: 'queue-scan-interval',
    default: 100 * MILLISECOND,
    help: 'how often timeouts and deferred messages are looked at',
  }),
  queueScanWorkerPoolMax: intOption({
    flag: 'queue-scan-worker-pool-max',
    default: 4,
    help: 'no effect: the timing wheels are not sampled by workers',
  }),
  queueScanSelectionCount: intOption({
    flag: 'queue-scan-selection-count',
    default: 20,
    help: 'no effect: the timing wheels hold what is due, so no channels are sampled',
  }),

  msgTimeout: durationOption({
    flag: 'msg-timeout',
    default: MINUTE,
    help: 'time a consumer has for a message unless it asks for another',
  }),
  maxMsgTimeout: durationOption({
    flag: 'max-msg-timeout',
    default: 15 * MINUTE,
    help: 'longest message timeout a consumer may ask for or reach with TOUCH',
  }),
  maxMsgSize: intOption({ flag: 'max-msg-size', default: 1024 * 1024, help: 'bytes in the largest message' }),
  maxReqTimeout: durationOption({ flag: 'max-req-timeout', default: HOUR, help: 'longest delay of a requeued or deferred message' }),
  maxBodySize: intOption({ flag: 'max-body-size', default: 5 * 1024 * 1024, help: 'bytes in the largest body of a command' }),

  maxHeartbeatInterval: durationOption({
    flag: 'max-heartbeat-interval',
    default: MINUTE,
    help: 'longest time between heartbeats a client may ask for',
  }),
  maxRdyCount: intOption({ flag: 'max-rdy-count', default: 2500, help: 'highest RDY count a client may ask for' }),
  maxOutputBufferSize: intOption({
    flag: 'max-output-buffer-size',
    default: 64 * 1024,
    help: 'bytes in the largest output buffer a client may ask for',
  }),
  maxOutputBufferTimeout: durationOption({
    flag: 'max-output-buffer-timeout',
    default: 30 * SECOND,
    help: 'longest time between flushes a client may ask for',
  }),
  minOutputBufferTimeout: durationOption({
    flag: 'min-output-buffer-timeout',
    default: 25 * MILLISECOND,
    help: 'shortest time between flushes a client may ask for',
  }),
  outputBufferTimeout: durationOption({
    flag: 'output-buffer-timeout',
    default: 250 * MILLISECOND,
    help: 'longest time between flushes unless a client asks for another',
  }),
  maxChannelConsumers: intOption({ flag: 'max-channel-consumers', default: 0, help: 'consumers on each channel; 0 for any number' }),

  statsdAddress: stringOption({
    flag: 'statsd-address',
    default: '',
    help: '<addr>:<port> of a UDP statsd daemon; empty for none',
  }),
  statsdPrefix: stringOption({
    flag: 'statsd-prefix',
    default: 'nsq.%s',
    help: 'prefix of the keys sent; %s stands for this host',
  }),
  statsdInterval: durationOption({ flag: 'statsd-interval', default: MINUTE, help: 'time between pushes to statsd' }),
  statsdMemStats: boolOption({ flag: 'statsd-mem-stats', default: true, help: 'send memory statistics' }),
  statsdUdpPacketSize: intOption({ flag: 'statsd-udp-packet-size', default: 508, help: 'bytes in a datagram to statsd' }),
  statsdExcludeEphemeral: boolOption({
    flag: 'statsd-exclude-ephemeral',
    default: false,
    help: 'leave ephemeral topics and channels out',
  }),

  e2eProcessingLatencyPercentiles: floatListOption({
    flag: 'e2e-processing-latency-percentile',
    key: 'e2e_processing_latency_percentiles',
    default: () => [],
    help: 'percentiles to keep, as fractions above 0 up to 1 (comma-separated, may be given several times)',
  }),
  e2eProcessingLatencyWindowTime: durationOption({
    flag: 'e2e-processing-latency-window-time',
    default: 10 * MINUTE,
    help: 'how far back the percentiles look',
  }),

  tlsCert: stringOption({ flag: 'tls-cert', default: '', help: 'path to a PEM certificate chain' }),
  tlsKey: stringOption({ flag: 'tls-key', default: '', help: 'path to its PEM private key' }),
  tlsClientAuthPolicy: stringOption({
    flag: 'tls-client-auth-policy',
    default: '',
    help: 'client certificates: require or require-verify; empty to ask for none',
  }),
  tlsRootCaFile: stringOption({
    flag: 'tls-root-ca-file',
    default: '',
    help: 'path to PEM certificates of authorities to trust',
  }),
  tlsRequired: tlsRequiredOption({
    flag: 'tls-required',
    default: 'no',
    help: 'who must use TLS: true (all), false (nobody) or tcp-https (TCP clients)',
  }),
  tlsMinVersion: tlsMinVersionOption({
    flag: 'tls-min-version',
    default: 'tls1.0',
    help: 'lowest TLS version: tls1.0, tls1.1, tls1.2 or tls1.3',
  }),

  deflate: boolOption({ flag: 'deflate', default: true, help: 'let clients negotiate deflate' }),
  maxDeflateLevel: intOption({
    flag: 'max-deflate-level',
    default: 6,
    help: 'highest deflate level a client may ask for, from 1 to 9',
  }),
  snappy: boolOption({ flag: 'snappy', default: true, help: 'let clients negotiate snappy' }),
};

/** The resolved options of nsqd. Durations are milliseconds and may exceed what a timer of Node can wait (2^31-1). */
export type NsqdOptions = OptionValues<typeof nsqdOptionTable>;

/** What nsqd runs with when nothing is configured; a fresh object each time. */
export function defaultNsqdOptions(): NsqdOptions {
  return defaultValues(nsqdOptionTable);
}

/** Who must use TLS once the client certificate policy is taken into account: any policy makes TLS required. */
export function effectiveTlsRequired(options: NsqdOptions): TlsRequired {
  return options.tlsRequired === 'no' && options.tlsClientAuthPolicy !== '' ? 'yes' : options.tlsRequired;
}

function isAuthAddress(address: string): boolean {
  const url = authUrl(address);
  return address !== '' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** What is wrong with the files that TLS needs, as reasons not to start. */
export interface TlsProblems {
  readonly problem?: string;
  readonly clientProblem?: string;
}

/**
 * The start-up checks, in their order.
 * @param tls what came of reading the TLS files
 * @returns the reason not to start, without `failed to instantiate nsqd - `, or undefined.
 */
export function checkNsqdOptions(options: NsqdOptions, tls: TlsProblems = {}): string | undefined {
  const { maxDeflateLevel, nodeId, memQueueSize, syncTimeout, queueScanInterval, statsdInterval } = options;
  if (maxDeflateLevel < 1 || maxDeflateLevel > 9) return '--max-deflate-level must be [1,9]';
  if (nodeId < 0 || nodeId >= MAX_NODE_ID) return `--node-id must be [0,${MAX_NODE_ID})`;
  if (tls.problem !== undefined) return tls.problem;
  const hasCertificate = options.tlsCert !== '' || options.tlsKey !== '';
  if (effectiveTlsRequired(options) !== 'no' && !hasCertificate) return 'cannot require TLS client connections without TLS key and cert';
  if (tls.clientProblem !== undefined) return tls.clientProblem;
  const authAddress = options.authHttpAddresses.find((address) => !isAuthAddress(address));
  if (authAddress !== undefined) return `--auth-http-address must be <addr>:<port> or an http or https URL, not ${authAddress}`;
  const percentile = options.e2eProcessingLatencyPercentiles.find((value) => !(value > 0 && value <= 1));
  if (percentile !== undefined) return `invalid E2E processing latency percentile: ${percentile}`;
  // The reference starts with these and crashes, hangs or floods later.
  if (memQueueSize < 0) return `--mem-queue-size must be 0 or more messages, not ${memQueueSize}`;
  if (syncTimeout <= 0) return `--sync-timeout must be more than 0s, not ${formatDuration(syncTimeout)}`;
  if (options.statsdAddress !== '' && statsdInterval <= SECOND) {
    return `--statsd-interval must be more than ${formatDuration(SECOND)}, not ${formatDuration(statsdInterval)}`;
  }
  const { e2eProcessingLatencyPercentiles, e2eProcessingLatencyWindowTime } = options;
  if (e2eProcessingLatencyPercentiles.length > 0 && e2eProcessingLatencyWindowTime <= 0) {
    return `--e2e-processing-latency-window-time must be more than 0s, not ${formatDuration(e2eProcessingLatencyWindowTime)}`;
  }
  if (queueScanInterval < MIN_SCAN_INTERVAL || queueScanInterval > MAX_SCAN_INTERVAL) {
    const bounds = `${formatDuration(MIN_SCAN_INTERVAL)} to ${formatDuration(MAX_SCAN_INTERVAL)}`;
    return `--queue-scan-interval must be ${bounds}, not ${formatDuration(queueScanInterval)}`;
  }
  return undefined;
}
