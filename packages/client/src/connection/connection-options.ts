import { hostname } from 'node:os';
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import type { IdentifyRequest } from '@nsq/protocol';
import { checkInteger, checkMs } from '../options.js';
import { VERSION } from '../version.js';

/** What producer and consumer say to each nsqd and ask of it. Durations are milliseconds. */
export interface ConnectionOptions {
  /** Names this client in nsqd's statistics. @default the host name up to its first dot */
  readonly clientId?: string;
  /** @default the host name */
  readonly hostname?: string;
  /** @default `@nsq/client/<version>` */
  readonly userAgent?: string;
  /** From 1000 to nsqd's `--max-heartbeat-interval`. @default 30_000 */
  readonly heartbeatInterval?: number;
  /** Bytes nsqd may collect before it writes, from 64 to its `--max-output-buffer-size`; -1 for none. @default nsqd's own, 16 KiB */
  readonly outputBufferSize?: number;
  /** How long nsqd may hold messages back to write more at once, from 25; -1 for no limit. @default nsqd's own, 250 */
  readonly outputBufferTimeout?: number;
  /** TLS on the same port: true, or what `tls.connect` takes (`ca`, `cert`, `key`, ...). A server without TLS is refused. @default false */
  readonly tls?: boolean | TlsConnectionOptions;
  /** Compress with deflate, at this level from 1 to 9 (true: 6), if nsqd allows it. Not together with `snappy`. @default false */
  readonly deflate?: boolean | number;
  /** Compress with snappy, if nsqd allows it. @default false */
  readonly snappy?: boolean;
  /** The secret for nsqds that require AUTH; it is not sent to others. */
  readonly authSecret?: string;
  /** Where this client runs, for nsqds that prefer near consumers; those of 1.3.0 take no notice. */
  readonly topologyZone?: string;
  /** As `topologyZone`. */
  readonly topologyRegion?: string;
  /** Connecting, TLS, IDENTIFY and AUTH together may take so long. @default 5000 */
  readonly connectTimeout?: number;
  /** The TCP connection alone may take so long. @default connectTimeout */
  readonly dialTimeout?: number;
  /** A connection on which nothing comes for so long counts as lost. @default twice the heartbeatInterval */
  readonly silenceTimeout?: number;
  /** The address of this machine to connect from. @default any */
  readonly localAddress?: string;
  /** The port to connect from, with `localAddress`. @default any */
  readonly localPort?: number;
  /** Largest frame to accept from nsqd, bytes: at least its `--max-msg-size`. A larger one ends the connection. @default 16 MiB */
  readonly maxFrameBytes?: number;
}

/** What only a consumer asks for. */
export interface SubscriberSettings {
  /** Percent of the messages to receive, from 1 to 99. nsqd DROPS the others for this channel. @default all */
  readonly sampleRate?: number;
  /** Milliseconds until nsqd gives an unanswered message to somebody, from 1000 to its `--max-msg-timeout`. @default nsqd's own, 60_000 */
  readonly msgTimeout?: number;
}

/** The same, checked and complete. */
export interface ConnectionSetup {
  readonly identify: IdentifyRequest & { readonly topology_zone?: string; readonly topology_region?: string };
  readonly silenceTimeout: number;
  readonly local: { readonly localAddress?: string; readonly localPort?: number };
  readonly tls: TlsConnectionOptions | null;
  readonly authSecret: string | null;
  readonly connectTimeout: number;
  readonly dialTimeout: number;
  readonly maxFrameBytes: number;
}

const DEFAULT_HEARTBEAT_MS = 30_000;
const DEFAULT_CONNECT_MS = 5_000;
const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024;
const MAX_FRAME_BYTES = 2 ** 31 - 5;

/** @throws {RangeError} for a value out of bounds @throws {TypeError} for two compressions */
export function connectionSetup(options: ConnectionOptions & SubscriberSettings): ConnectionSetup {
  const host = options.hostname ?? hostname();
  const { deflate = false, snappy = false, tls = false } = options;
  if (deflate !== false && snappy) throw new TypeError('deflate and snappy cannot be used together');
  const heartbeatInterval = checkMs('heartbeatInterval', options.heartbeatInterval ?? DEFAULT_HEARTBEAT_MS, 1000);
  const connectTimeout = checkMs('connectTimeout', options.connectTimeout ?? DEFAULT_CONNECT_MS);
  return {
    identify: {
      client_id: options.clientId ?? (host.split('.', 1)[0] as string),
      hostname: host,
      user_agent: options.userAgent ?? `@nsq/client/${VERSION}`,
      feature_negotiation: true,
      heartbeat_interval: heartbeatInterval,
      ...(options.outputBufferSize === undefined ? {} : { output_buffer_size: special('outputBufferSize', options.outputBufferSize, 64) }),
      ...(options.outputBufferTimeout === undefined
        ? {}
        : { output_buffer_timeout: special('outputBufferTimeout', options.outputBufferTimeout, 25) }),
      ...(tls === false ? {} : { tls_v1: true }),
      ...(deflate === false ? {} : { deflate: true }),
      ...(typeof deflate === 'number' ? { deflate_level: checkInteger('deflate', deflate, 1, 9) } : {}),
      ...(snappy ? { snappy: true } : {}),
      ...(options.sampleRate === undefined ? {} : { sample_rate: checkInteger('sampleRate', options.sampleRate, 1, 99, 'percent') }),
      ...(options.msgTimeout === undefined ? {} : { msg_timeout: checkMs('msgTimeout', options.msgTimeout, 1000) }),
      ...(options.topologyZone === undefined ? {} : { topology_zone: options.topologyZone }),
      ...(options.topologyRegion === undefined ? {} : { topology_region: options.topologyRegion }),
    },
    silenceTimeout: checkMs('silenceTimeout', options.silenceTimeout ?? 2 * heartbeatInterval, 100),
    local: {
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      ...(options.localPort === undefined ? {} : { localPort: checkInteger('localPort', options.localPort, 0, 65_535) }),
    },
    tls: tls === false ? null : tls === true ? {} : tls,
    authSecret: options.authSecret ?? null,
    connectTimeout,
    dialTimeout: checkMs('dialTimeout', options.dialTimeout ?? connectTimeout),
    maxFrameBytes: checkInteger('maxFrameBytes', options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES, 1024, MAX_FRAME_BYTES, 'bytes'),
  };
}

function special(option: string, value: number, min: number): number {
  return value === -1 ? value : checkInteger(option, value, min, 2 ** 31 - 1);
}
