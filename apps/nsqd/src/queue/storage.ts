import type { Batch } from './batch.js';

/** A message as it is stored on its own: one that was delivered or deferred and not finished. */
export interface StoredMessage {
  readonly idHi: number;
  readonly idLo: number;
  readonly timestampHi: number;
  readonly timestampLo: number;
  readonly attempts: number;
  readonly body: Buffer;
  /** When it may be delivered, milliseconds since the Unix epoch; 0 for at once. */
  readonly dueAt: number;
}

export interface StoredChannel {
  readonly name: string;
  /** How many of the topic's stored messages it has passed. */
  readonly position: number;
  readonly unfinished: readonly StoredMessage[];
}

/** All that must not be lost of a topic. Sequence numbers count from the first message of `batches`. */
export interface StoredTopic {
  readonly batches: readonly Batch[];
  /** How many of the stored messages belong to the channels. */
  readonly dispatched: number;
  /** Deferred publishes that no channel has received; `dueAt` is their delay in milliseconds, which has not begun. */
  readonly deferred: readonly StoredMessage[];
  readonly channels: readonly StoredChannel[];
}

/** Where topics survive a stop. */
export interface Storage {
  /** What was stored under a topic's name, `undefined` when nothing was. @throws when it is there but cannot be read */
  load(topic: string): Promise<StoredTopic | undefined>;
  /** Replaces what is stored for a topic; durable once resolved. */
  save(topic: string, content: StoredTopic): Promise<void>;
  /** Forgets a topic. */
  remove(topic: string): Promise<void>;
}
