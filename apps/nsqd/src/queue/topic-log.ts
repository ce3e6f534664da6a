import type { Batch } from './batch.js';
import type { Message } from './message.js';

/** A stretch of the log that can only be freed as a whole. */
export interface LogSegment {
  /** Messages stored there that some channel has delivered or deferred and not finished. */
  unfinished: number;
}

/** Called once, later, never from within the call. */
export type Done = (error: Error | null) => void;

/** Reads a topic's log on and on, from a sequence number. */
export interface LogCursor {
  /**
   * The next batches, each where the one before it ends; none when all that is written has been read. A batch may begin before the first
   * sequence number that was asked for. Sequence numbers that are missing between two calls could not be read, which has been reported.
   */
  next(done: (error: Error | null, batches: readonly Batch[]) => void): void;
  close(): void;
}

/**
 * Where messages of one topic go that leave memory, or that must not depend on it. What is in the log is contiguous; whoever needs one message
 * needs all later ones.
 */
export interface TopicLog {
  /** Publishes are accepted when they are in the log, not before. */
  readonly writesThrough: boolean;
  /** Sequence number of the next batch. */
  readonly end: number;
  /** Nothing is stored. */
  readonly empty: boolean;
  /** Why publishes cannot be accepted at the moment; null when they can. */
  readonly refusal: Error | null;
  /** So much waits to be written that publishers should be held back. */
  readonly congested: boolean;
  /** Calls back, once, when it is not congested any more; at once when it is not. */
  whenRelieved(resume: () => void): void;
  /** Stores a batch whose `seq` is `end` and whose `gap` is 0, and gives it its segment. `bytes` must not change until `done`. */
  append(batch: Batch, done: Done): void;
  /** Stores a message that its channels receive after a delay: `dueAt` of the day for those in `channels`, else a delay that has not begun. */
  appendDeferred(message: Message, channels: readonly string[], dueAt: number, done: Done): void;
  read(seq: number): LogCursor;
  /** Something has changed that the checkpoint of positions should show soon. */
  touched(): void;
  /** Drops all of it, unless a segment still holds unfinished messages; then false. The next batch has `seq`. */
  clear(seq: number): boolean;
}
