import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions, ConsumerOptions, ProducerOptions } from '@nsq/client';
import { formatDuration } from '@nsq/options';
import { NSQ_VERSION, ToolError } from '../tool.js';
import type { ClientSettings } from './client-settings.js';

const DEFAULT_DIAL_MS = 1_000;
const DEFAULT_READ_MS = 60_000;
const DEFAULT_HEARTBEAT_MS = 30_000;
const DEFAULT_POLL_MS = 60_000;
const DEFAULT_ATTEMPTS = 5;
const DEFAULT_MULTIPLIER_MS = 1_000;
/** What nsqd has accepted a tool takes: nsqd knows its own limits. */
const MAX_FRAME_BYTES = 2 ** 31 - 5;
const MAX_BODY_BYTES = 2 ** 31 - 1;
/** The client of this repository, after the one that the reference's tools are built on: dashboards look for the latter. */
const LIBRARY = 'go-nsq/1.1.0';
/** A destination that was lost is looked for so often: what waits for it fails or goes on within that time. */
const PRODUCER_RECONNECT = { initialDelay: 50, maxDelay: 1_000 };

/** @throws {ToolError} for options that do not go together, and files that cannot be read */
export function consumerOptions(settings: ClientSettings, tool: string): Omit<ConsumerOptions, 'topic' | 'channel'> {
  const { backoff_strategy: strategy, backoff_multiplier: multiplier = DEFAULT_MULTIPLIER_MS, max_backoff_duration: max } = settings;
  const { sample_rate: sampleRate = 0, msg_timeout: msgTimeout = 0, lookupd_poll_interval: interval = DEFAULT_POLL_MS } = settings;
  const { lookupd_poll_jitter: jitter = 0.3, lookupd_poll_timeout: timeout = 60_000, auth_secret: secret = '' } = settings;
  return {
    ...connectionOptions(settings, tool),
    maxAttempts: settings.max_attempts ?? DEFAULT_ATTEMPTS,
    ...optional('requeueDelay', wholeIfGiven(settings.default_requeue_delay)),
    ...optional('maxRequeueDelay', wholeIfGiven(settings.max_requeue_delay)),
    backoff: {
      strategy: strategy === 'full_jitter' ? 'full-jitter' : 'exponential',
      multiplier: Math.max(1, whole(multiplier)),
      max: multiplier === 0 ? 0 : whole(max ?? 120_000),
    },
    ...(sampleRate === 0 ? {} : { sampleRate }),
    ...(msgTimeout === 0 ? {} : { msgTimeout: whole(msgTimeout) }),
    reconnect: { initialDelay: Math.min(200, whole(interval)), maxDelay: Math.min(10_000, whole(interval)) },
    discovery: {
      interval: whole(interval),
      jitter,
      timeout: Math.max(1, whole(timeout)),
      ...(secret === '' || settings.skip_lookupd_authorization === false ? {} : { token: secret }),
    },
  };
}

/** @throws as `consumerOptions` */
export function producerOptions(settings: ClientSettings, tool: string): ProducerOptions {
  return {
    ...connectionOptions(settings, tool),
    publishTimeout: Math.max(100, whole(settings.read_timeout ?? DEFAULT_READ_MS)),
    reconnect: PRODUCER_RECONNECT,
    maxMessageBytes: MAX_BODY_BYTES,
  };
}

function connectionOptions(settings: ClientSettings, tool: string): ConnectionOptions {
  const { heartbeat_interval: heartbeat = DEFAULT_HEARTBEAT_MS, read_timeout: read = DEFAULT_READ_MS } = settings;
  if (heartbeat > read) {
    throw new ToolError(`HeartbeatInterval ${formatDuration(heartbeat)} must be less than ReadTimeout ${formatDuration(read)}`);
  }
  const { dial_timeout: dial = DEFAULT_DIAL_MS, output_buffer_size: size = 0, output_buffer_timeout: flush = 0 } = settings;
  const { deflate = false, snappy = false, auth_secret: secret = '' } = settings;
  return {
    userAgent: `${tool}/${NSQ_VERSION} ${LIBRARY}`,
    heartbeatInterval: whole(heartbeat),
    silenceTimeout: whole(read),
    ...(dial > 0
      ? { dialTimeout: Math.max(1, whole(dial)), connectTimeout: Math.max(1, whole(dial)) + whole(read) }
      : { connectTimeout: whole(read) }),
    maxFrameBytes: MAX_FRAME_BYTES,
    ...localAddress(settings.local_addr),
    ...optional('clientId', settings.client_id),
    ...optional('hostname', settings.hostname),
    ...(size === 0 ? {} : { outputBufferSize: size }),
    ...(flush === 0 ? {} : { outputBufferTimeout: flush < 0 ? -1 : whole(flush) }),
    ...(deflate ? { deflate: settings.deflate_level ?? true } : {}),
    ...(snappy ? { snappy } : {}),
    ...(secret === '' ? {} : { authSecret: secret }),
    ...(settings.tls_v1 === true ? { tls: tlsOptions(settings) } : {}),
  };
}

function tlsOptions(settings: ClientSettings): Exclude<NonNullable<ConnectionOptions['tls']>, boolean> {
  const { tls_root_ca_file: ca, tls_cert: cert, tls_key: key, tls_min_version: min } = settings;
  const versions = { 'ssl3.0': 'TLSv1', 'tls1.0': 'TLSv1', 'tls1.1': 'TLSv1.1', 'tls1.2': 'TLSv1.2' } as const;
  if ((cert === undefined) !== (key === undefined)) throw new ToolError('tls_cert and tls_key go together: give both');
  return {
    ...optional('ca', readFile(ca)),
    ...optional('cert', readFile(cert)),
    ...optional('key', readFile(key)),
    ...(settings.tls_insecure_skip_verify === true ? { rejectUnauthorized: false } : {}),
    ...(min === undefined ? {} : { minVersion: versions[min] }),
  };
}

function readFile(path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ToolError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function localAddress(given: string | undefined): Pick<ConnectionOptions, 'localAddress' | 'localPort'> {
  if (given === undefined) return {};
  const [, v6, name, port] = /^(?:\[(.+)\]|([^:]*)):(\d+)$/.exec(given) ?? [];
  const host = v6 ?? name;
  if (host === undefined || (host !== '' && isIP(host) === 0))
    throw new ToolError(`local_addr ${given}: write IP:PORT, with port 0 for any`);
  return { ...(host === '' ? {} : { localAddress: host }), localPort: Number(port) };
}

const whole = (ms: number): number => Math.round(ms);
const wholeIfGiven = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : whole(ms));

/** The property, unless it has no value. */
function optional<Key extends string, T>(key: Key, value: T | undefined): { [K in Key]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: T });
}
