import { emptyBatch, type Batch } from './batch.js';
import type { Cursor } from './cursor.js';
import type { LogCursor, TopicLog } from './topic-log.js';

/** How long a read that failed is not tried again, engine milliseconds. */
const RETRY_MS = 1000;

/** Brings what has left the window back from the log, for one cursor: a piece at a time, the next one while the last is delivered. */
export class Backlog {
  /** A read has failed: before this time, engine milliseconds, `fill` does not try again. */
  retryAt = 0;
  readonly #log: TopicLog;
  readonly #cursor: Cursor;
  readonly #arrived: () => void;
  readonly #failed: () => void;
  #reader: LogCursor | null = null;
  #next: readonly Batch[] | null = null; // read, not yet handed out
  #position = 0; // sequence number behind what has been read
  #wanted = 0; // how far the log reached, at least, when it was read last
  #reading = false;
  #closed = false;

  /**
   * @param arrived called when `fill` has something that it had not
   * @param failed called when nothing comes before somebody calls `fill` again, at `retryAt`
   */
  constructor(log: TopicLog, cursor: Cursor, arrived: () => void, failed: () => void) {
    this.#log = log;
    this.#cursor = cursor;
    this.#arrived = arrived;
    this.#failed = failed;
  }

  /**
   * Puts the cursor, which stands on the number `seq` below `end`, in front of its message. False when that has to be read first:
   * `arrived` is called then. The cursor jumps over what could not be read.
   */
  fill(end: number, now: number): boolean {
    const { seq } = this.#cursor;
    const batches = this.#next;
    if (batches !== null) {
      this.#next = null;
      if (this.#enter(batches, end)) {
        if (this.#position < end) this.#read(end, now);
        return true;
      }
    }
    if (this.#position !== seq && !this.#reading) this.#stop();
    this.#read(end, now);
    return false;
  }

  /** Forgets what was read. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    this.#reader?.close();
    this.#reader = null;
    this.#next = null;
  }

  /** Chains the batches up and puts the cursor into them. False when its message is not there. */
  #enter(batches: readonly Batch[], end: number): boolean {
    const cursor = this.#cursor;
    const first = batches.find((batch) => batch.seq + batch.count > cursor.seq);
    if (first === undefined) {
      // Nothing more is stored: what is missing up to the window is lost.
      if (batches.length === 0 && this.#position === cursor.seq) cursor.moveTo(this.#wanted);
      return false;
    }
    if (first.seq > cursor.seq) {
      cursor.moveTo(Math.min(first.seq, end));
      if (cursor.seq === end) return false;
    }
    const before = emptyBatch(first.seq);
    let last: Batch = before;
    for (const batch of batches.slice(batches.indexOf(first))) {
      last.next = batch;
      last = batch;
    }
    cursor.standIn(first);
    return true;
  }

  #read(end: number, now: number): void {
    if (this.#reading || this.#next !== null || now < this.retryAt) return;
    if (this.#reader === null) {
      this.#reader = this.#log.read(this.#cursor.seq);
      this.#position = this.#cursor.seq;
    }
    const reader = this.#reader;
    this.#wanted = end;
    this.#reading = true;
    reader.next((error, batches) => {
      this.#reading = false;
      if (this.#closed || this.#reader !== reader) return;
      if (error !== null) {
        this.retryAt = now + RETRY_MS;
        this.#stop();
        this.#failed();
        return;
      }
      this.#next = batches;
      const last = batches.at(-1);
      if (last !== undefined) this.#position = last.seq + last.count;
      this.#arrived();
    });
  }
}
