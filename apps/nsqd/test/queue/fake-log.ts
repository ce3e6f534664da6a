import { Batch } from '../../src/queue/batch.js';
import type { Message } from '../../src/queue/message.js';
import type { Done, LogCursor, LogSegment, TopicLog } from '../../src/queue/topic-log.js';

const SEGMENT_BATCHES = 3;

/** A log in memory that finishes what it is asked when `work` is called, in order, and fails when it is told to. */
export class FakeLog implements TopicLog {
  readonly writesThrough: boolean;
  end = 0;
  readonly refusal = null;
  failing = false;
  congested = false;
  readonly stored: { batch: Batch; segment: LogSegment }[] = [];
  /** Batches that cannot be read any more, by their first sequence number. */
  readonly lost = new Set<number>();
  readonly #tasks: (() => void)[] = [];
  #segment: LogSegment = { unfinished: 0 };
  #pending = 0;
  #storedEnd = 0;

  constructor(writesThrough = false) {
    this.writesThrough = writesThrough;
  }

  get empty(): boolean {
    return this.stored.length === 0 && this.#pending === 0;
  }

  append(batch: Batch, done: Done): void {
    if (batch.gap > 0) throw new Error('a batch with gaps');
    if (this.empty) this.#storedEnd = batch.seq;
    else if (batch.seq !== this.end) throw new Error(`batch ${batch.seq} does not follow ${this.end}`);
    this.end = batch.seq + batch.count;
    this.#pending++;
    batch.writing = true;
    const written = batch.bytes;
    this.#tasks.push(() => {
      this.#pending--;
      if (batch.bytes !== written) throw new Error(`batch ${batch.seq} has moved while it was being written`);
      batch.writing = false;
      if (this.failing || batch.seq !== this.#storedEnd) {
        this.end = this.#storedEnd;
        done(new Error('no space left on device'));
        return;
      }
      this.#storedEnd = batch.seq + batch.count;
      if (this.stored.length % SEGMENT_BATCHES === 0) this.#segment = { unfinished: 0 };
      batch.segment = this.#segment;
      // What is stored is a copy: the bytes in memory may change or go.
      const bytes = Buffer.alloc(batch.packedBytes);
      const copy = new Batch(
        batch.seq,
        batch.count,
        batch.bytes,
        batch.at,
        batch.end,
        batch.gap,
        batch.idHi,
        batch.idLo,
        batch.timestampHi,
        batch.timestampLo,
      );
      copy.moveTo(bytes, 0);
      this.stored.push({ batch: copy, segment: this.#segment });
      done(null);
    });
  }

  appendDeferred(message: Message, _channels: readonly string[], _dueAt: number, done: Done): void {
    const segment = this.#segment;
    this.#tasks.push(() => {
      if (!this.failing) message.hold(segment);
      done(this.failing ? new Error('no space left on device') : null);
    });
  }

  read(seq: number): LogCursor {
    let at = seq;
    return {
      next: (done) => {
        this.#tasks.push(() => {
          const [first, second] = this.stored.filter(({ batch }) => batch.seq + batch.count > at && !this.lost.has(batch.seq));
          const found = first === undefined ? [] : [first];
          if (first !== undefined && second?.batch.seq === first.batch.seq + first.batch.count) found.push(second);
          const batches = found.map(({ batch, segment }) => {
            const copy = new Batch(
              batch.seq,
              batch.count,
              batch.bytes,
              batch.at,
              batch.end,
              0,
              batch.idHi,
              batch.idLo,
              batch.timestampHi,
              batch.timestampLo,
            );
            copy.segment = segment;
            return copy;
          });
          const last = batches.at(-1);
          if (last !== undefined) at = last.seq + last.count;
          done(null, batches);
        });
      },
      close: () => undefined,
    };
  }

  clear(seq: number): boolean {
    if (this.stored.some(({ segment }) => segment.unfinished > 0)) return false;
    this.stored.length = 0;
    this.end = seq;
    return true;
  }

  touched(): void {}

  whenRelieved(resume: () => void): void {
    resume();
  }

  /** Finishes what it was asked so far. False when there was nothing. */
  work(): boolean {
    const tasks = this.#tasks.splice(0);
    for (const task of tasks) task();
    return tasks.length > 0;
  }
}
