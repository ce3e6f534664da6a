import type { Batch } from './batch.js';

/**
 * A place in a topic's stream: in front of the message with sequence number `seq`. It stands in a batch of the window, or of a piece of
 * the log that was read for it, or in none: then the place is a number only, and somebody has to find the batch before messages can be taken.
 */
export class Cursor {
  seq: number;
  batch: Batch | null = null;
  /** Number of the message within its batch; `batch.count` when the batch has been passed. */
  index = 0;
  /** Offset of its size field. */
  at = 0;

  constructor(seq: number) {
    this.seq = seq;
  }

  /** Stands in front of its message in `batch`, which must hold it. */
  standIn(batch: Batch): void {
    this.batch = batch;
    this.index = this.seq - batch.seq;
    this.relocate();
  }

  /** Stands behind everything in `batch`. */
  standBehind(batch: Batch): void {
    this.batch = batch;
    this.index = batch.count;
    this.at = batch.end;
    this.seq = batch.seq + batch.count;
  }

  /** Lets go of the batch. */
  detach(): void {
    this.batch = null;
  }

  moveTo(seq: number): void {
    this.seq = seq;
    this.batch = null;
  }

  /** Goes to the first message of the next batch when this one is passed. False when there is no message at hand. */
  settle(): boolean {
    if (this.batch === null) return false;
    while (this.index === this.batch.count) {
      const next: Batch | null = this.batch.next;
      if (next === null) return false;
      this.batch = next;
      this.index = 0;
      this.at = next.at;
    }
    return true;
  }

  /** Passes `count` messages. */
  skip(count: number): void {
    let left = count;
    while (left > 0 && this.settle()) {
      const batch = this.batch as Batch;
      const inBatch = batch.count - this.index;
      if (left >= inBatch) {
        this.index = batch.count;
        left -= inBatch;
        this.seq += inBatch;
      } else {
        this.at = batch.offsetAfter(this.at);
        this.index++;
        this.seq++;
        left--;
      }
    }
    if (left > 0) this.moveTo(this.seq + left);
  }

  /** The batch has moved in memory: finds the message anew. */
  relocate(): void {
    const { batch } = this;
    if (batch === null) return;
    this.at = batch.at;
    for (let i = 0; i < this.index; i++) this.at = batch.offsetAfter(this.at);
  }
}
