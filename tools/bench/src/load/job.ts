/** What lies between a load and the daemon: TLS 1.3, or a compression, deflate at level 1. */
export const LAYERS = ['plain', 'tls', 'snappy', 'deflate'] as const;
export type Layer = (typeof LAYERS)[number];

interface Where {
  readonly host: string;
  readonly port: number;
  readonly topic: string;
}

/** MPUB the same batch again and again until `messages` are acknowledged. */
export interface PublishJob extends Where {
  readonly kind: 'publish';
  readonly layer: Layer;
  readonly messages: number;
  readonly bodyBytes: number;
  readonly batch: number;
  readonly connections: number;
  /** Batches each connection may have sent without an answer. */
  readonly unanswered: number;
}

/** SUB and FIN until `messages` have come. */
export interface ConsumeJob extends Where {
  readonly kind: 'consume';
  readonly layer: Layer;
  readonly channel: string;
  readonly messages: number;
  readonly rdy: number;
  readonly connections: number;
}

/** PUB, wait for OK, PUB again, on each connection, for so long. */
export interface PublishOneJob extends Where {
  readonly kind: 'publish-one';
  readonly bodyBytes: number;
  readonly connections: number;
  readonly durationMs: number;
}

/** PUB at a steady rate and time each message until it is received, for so long. */
export interface LatencyJob extends Where {
  readonly kind: 'latency';
  readonly channel: string;
  readonly bodyBytes: number;
  readonly rdy: number;
  readonly perSecond: number;
  readonly durationMs: number;
}

/** Connections that answer heartbeats, for so long. */
export interface IdleJob extends Where {
  readonly kind: 'idle';
  readonly connections: number;
  readonly durationMs: number;
}

/** Which client library makes the load. */
export type Library = '@nsq/client' | 'nsqjs';

/** Publishes single messages through a library, so many of them unanswered at a time. */
export interface LibraryPublishJob extends Where {
  readonly kind: 'library-publish';
  readonly library: Library;
  readonly messages: number;
  readonly bodyBytes: number;
  readonly unanswered: number;
}

/** Receives and finishes messages through a library. */
export interface LibraryConsumeJob extends Where {
  readonly kind: 'library-consume';
  readonly library: Library;
  readonly channel: string;
  readonly messages: number;
  readonly rdy: number;
}

export type LoadJob = PublishJob | ConsumeJob | PublishOneJob | LatencyJob | IdleJob | LibraryPublishJob | LibraryConsumeJob;

/** Times of single operations, milliseconds. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadResult {
  readonly messages: number;
  /** On the machine's monotonic clock, so that the results of two load processes can be laid side by side. Milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What the load process itself used, from start to end. */
  readonly cpuMicros: number;
  readonly latencyMs?: Spread;
  /** Longest time between two answers while some were due. */
  readonly longestPauseMs?: number;
}

/** From the bench to a load process. */
export type ToLoad = { readonly job: LoadJob } | { readonly go: true };

/** From a load process to the bench. */
export type FromLoad = { readonly ready: true } | { readonly result: LoadResult } | { readonly error: string };
