import type { Channel } from '../queue/channel.js';

/** What a client is doing; the numbers are those of /stats. */
export const ClientState = { New: 0, Disconnected: 1, Connected: 2, Subscribed: 3, Closing: 4 } as const;
export type ClientState = (typeof ClientState)[keyof typeof ClientState];

/** Messages that a client has published to one topic. */
export interface PubCount {
  readonly topic: string;
  readonly count: number;
}

/** One TCP connection, consumer or producer or both, at the moment it was asked. */
export interface ClientStats {
  /** The channel it consumes; null when it does not subscribe. */
  readonly channel: Channel | null;
  /** From IDENTIFY; before it the peer's IP address, `''` on a unix socket. */
  readonly clientId: string;
  /** From IDENTIFY; before it as `clientId`. */
  readonly hostname: string;
  /** `ip:port`, `[v6]:port`, or `@` for a unix socket. */
  readonly remoteAddress: string;
  readonly state: ClientState;
  readonly readyCount: number;
  readonly inFlightCount: number;
  /** Messages sent to it, redeliveries included. */
  readonly messageCount: number;
  readonly finishCount: number;
  readonly requeueCount: number;
  /** Unix seconds, whole. */
  readonly connectTs: number;
  /** Percent of the messages it wants; 0 for all. */
  readonly sampleRate: number;
  readonly deflate: boolean;
  readonly snappy: boolean;
  readonly userAgent: string;
  /** AUTH was answered with at least one authorization. */
  readonly authed: boolean;
  readonly authIdentity: string;
  readonly authIdentityUrl: string;
  /** One entry for each topic it has published to; a client with none is not a producer. */
  readonly pubCounts: readonly PubCount[];
  readonly tls: boolean;
  /** The reference's name of the suite, `''` without TLS. */
  readonly tlsCipherSuite: string;
  /** `TLS1.0` to `TLS1.3`, `''` without TLS. */
  readonly tlsVersion: string;
  readonly tlsNegotiatedProtocol: string;
  readonly tlsNegotiatedProtocolIsMutual: boolean;
}
