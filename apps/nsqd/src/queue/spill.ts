import type { Batch } from './batch.js';
import type { TopicLog } from './topic-log.js';
import type { Window } from './window.js';

/** What a topic keeps in memory at the most. */
export interface WindowLimits {
  /** Messages. */
  readonly memQueueSize: number;
  /** Bytes of messages, whatever their number. */
  readonly maxWindowBytes: number;
}

/**
 * Keeps a topic's window within its limits: what no cursor needs any more is let go, what is needed goes to the log first. A topic without a
 * log keeps what is needed.
 */
export class Spill {
  readonly #window: Window;
  readonly #log: TopicLog | null;
  readonly #limits: WindowLimits;
  readonly #evicted: () => void;
  readonly #moved: (seq: number) => void;
  #handed: Batch | null = null; // the last batch that was given to the log, while writes are under way
  #handedEnd = 0; // sequence number behind it
  #handedBytes = 0; // of all that were given to it and are still in the window
  #writing = 0;
  /** Why the last batch could not be stored; null when it was. */
  failure: Error | null = null;

  /**
   * @param evicted called after batches have left the window
   * @param moved called after batches from a sequence number on have moved in memory
   */
  constructor(window: Window, log: TopicLog | null, limits: WindowLimits, evicted: () => void, moved: (seq: number) => void) {
    this.#window = window;
    this.#log = log;
    this.#limits = limits;
    this.#evicted = evicted;
    this.#moved = moved;
  }

  /** The window holds all that it may. */
  get full(): boolean {
    return this.#window.count >= this.#limits.memQueueSize || this.#window.bytes >= this.#limits.maxWindowBytes;
  }

  /** @param needed sequence number of the first message that some cursor has to pass */
  enforce(needed: number): void {
    const window = this.#window;
    let evicted = false;
    while (window.first.count > 0) {
      const batch = window.first;
      const passed = needed >= batch.seq + batch.count;
      if (!passed && !this.#exceeds(window.count - batch.count, window.bytes - batch.packedBytes)) break;
      if (batch.segment === null && !(passed && this.#writing === 0 && this.#unstored(batch))) break;
      if (batch.seq < this.#handedEnd) this.#handedBytes -= batch.packedBytes;
      window.evict();
      evicted = true;
    }
    if (this.#log !== null && !this.#log.writesThrough) this.#store(this.#log);
    if (evicted) this.#evicted();
  }

  /** Whether the log may go on behind a batch that it never got: nothing before it is needed either. */
  #unstored(batch: Batch): boolean {
    return this.#log === null || this.#log.clear(batch.seq + batch.count);
  }

  /** Whether the window would still be full with so much in it. */
  #exceeds(count: number, bytes: number): boolean {
    return count >= this.#limits.memQueueSize || bytes >= this.#limits.maxWindowBytes;
  }

  /** Hands the log what is too much for the window. */
  #store(log: TopicLog): void {
    const window = this.#window;
    let batch = this.#handed === null ? window.first : this.#handed.next;
    if (batch === null) return;
    let count = window.head - batch.seq;
    let bytes = window.bytes - this.#handedBytes;
    let moved: Batch | null = null;
    for (; batch !== null; batch = batch.next) {
      const length = batch.packedBytes;
      count -= batch.count;
      bytes -= length;
      if (count < this.#limits.memQueueSize && bytes < this.#limits.maxWindowBytes) break;
      if (batch.count === 0 || batch.segment !== null) continue;
      this.#handed = batch;
      this.#handedEnd = batch.seq + batch.count;
      this.#handedBytes += length;
      this.#writing++;
      if (batch.gap > 0) {
        batch.pack();
        moved ??= batch;
      }
      log.append(batch, this.#stored);
    }
    if (moved !== null) this.#moved(moved.seq);
  }

  readonly #stored = (error: Error | null): void => {
    this.failure = error;
    this.#writing--;
    // After a failure everything that was handed over later fails as well; the next `enforce` tries all of it again.
    if (this.#writing > 0) return;
    this.#handed = null;
    this.#handedEnd = 0;
    this.#handedBytes = 0;
    if (error === null) this.enforce(0);
  };
}
