import { emptyBatch, type Batch } from './batch.js';
import type { Cursor } from './cursor.js';

/**
 * The newest messages of a topic, in memory: a chain of batches that ends at the topic's head. What is older is in the log, if anybody
 * still needs it.
 *
 *   first -> batch -> batch -> last
 *   ^ start                        ^ head
 */
export class Window {
  #first: Batch;
  #last: Batch;
  #bytes = 0;

  /** @param start sequence number of the message that comes first */
  constructor(start: number) {
    this.#first = emptyBatch(start);
    this.#last = this.#first;
  }

  /** Sequence number of the oldest message in memory, `head` when there is none. */
  get start(): number {
    return this.#first.seq;
  }

  /** Sequence number of the next message. */
  get head(): number {
    return this.#last.seq + this.#last.count;
  }

  get count(): number {
    return this.head - this.start;
  }

  /** Bytes of the messages in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  get first(): Batch {
    return this.#first;
  }

  get last(): Batch {
    return this.#last;
  }

  /** Puts a batch whose `seq` is `head` at the end. */
  append(batch: Batch): void {
    if (this.#last.next !== null) throw new Error('the last batch has a successor');
    this.#last.next = batch;
    this.#last = batch;
    this.#bytes += batch.packedBytes;
    this.#passEmpty();
  }

  /** Ends the chain with an empty batch: who stands there keeps no memory alive. */
  end(): Batch {
    if (this.#last.count > 0) {
      const empty = emptyBatch(this.head);
      this.#last.next = empty;
      this.#last = empty;
    }
    return this.#last;
  }

  /** Lets the oldest batch go; there must be one. */
  evict(): void {
    const { next } = this.#first;
    this.#bytes -= this.#first.packedBytes;
    this.#first = next ?? this.end();
    this.#passEmpty();
  }

  /** Begins anew with nothing, at `start`. */
  reset(start: number): void {
    this.#first = emptyBatch(start);
    this.#last = this.#first;
    this.#bytes = 0;
  }

  /** Puts a cursor in front of the message that it stands for, which must be in the window or the next one to come. */
  attach(cursor: Cursor): void {
    if (cursor.seq === this.head) {
      cursor.standBehind(this.end());
      return;
    }
    let batch = this.#first;
    while (cursor.seq >= batch.seq + batch.count && batch.next !== null) batch = batch.next;
    cursor.standIn(batch);
  }

  #passEmpty(): void {
    while (this.#first.count === 0 && this.#first.next !== null) this.#first = this.#first.next;
  }
}
