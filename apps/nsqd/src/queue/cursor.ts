import { Batch } from './batch.js';

/** A place in a topic's chain of batches: in front of the message with sequence number `seq`. */
export class Cursor {
  batch: Batch;
  /** Number of the message within its batch; `batch.count` when the batch has been passed. */
  index: number;
  /** Offset of its size field. */
  at: number;
  seq: number;

  /** Stands behind everything in `batch`. */
  constructor(batch: Batch) {
    this.batch = batch;
    this.index = batch.count;
    this.at = batch.end;
    this.seq = batch.seq + batch.count;
  }

  copyFrom(other: Cursor): void {
    this.batch = other.batch;
    this.index = other.index;
    this.at = other.at;
    this.seq = other.seq;
  }

  /** Goes to the first message of the next batch when this one is passed. False when there is no message ahead. */
  settle(): boolean {
    while (this.index === this.batch.count) {
      const next = this.batch.next;
      if (next === null) return false;
      this.batch = next;
      this.index = 0;
      this.at = next.at;
    }
    return true;
  }

  /** Passes `count` messages, which must exist. */
  skip(count: number): void {
    let left = count;
    while (left > 0 && this.settle()) {
      const inBatch = this.batch.count - this.index;
      if (left >= inBatch) {
        this.index = this.batch.count;
        left -= inBatch;
        this.seq += inBatch;
      } else {
        this.at = this.batch.offsetAfter(this.at);
        this.index++;
        this.seq++;
        left--;
      }
    }
  }

  /** The batch has moved in memory: finds the message anew. */
  relocate(): void {
    this.at = this.batch.at;
    for (let i = 0; i < this.index; i++) this.at = this.batch.offsetAfter(this.at);
  }
}
