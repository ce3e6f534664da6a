import type { LogSegment } from '../queue/topic-log.js';

/** A segment file as the engine sees it. */
export interface SegmentUse extends LogSegment {
  readonly number: number;
}

/** Which segments of a log hold messages that are not finished. */
export class Segments {
  readonly #uses = new Map<number, SegmentUse>();

  /** The one object that stands for a segment. */
  use(number: number): SegmentUse {
    let use = this.#uses.get(number);
    if (use === undefined) {
      use = { number, unfinished: 0 };
      this.#uses.set(number, use);
    }
    return use;
  }

  /** The lowest segment with unfinished messages; Infinity when none has any. */
  get firstUsed(): number {
    let first = Infinity;
    for (const { number, unfinished } of this.#uses.values()) if (unfinished > 0 && number < first) first = number;
    return first;
  }

  /** Segments with unfinished messages. */
  *used(): Generator<SegmentUse> {
    for (const use of this.#uses.values()) if (use.unfinished > 0) yield use;
  }

  /** Forgets what lies below `number`; nothing unfinished may be there. */
  forgetBefore(number: number): void {
    for (const key of this.#uses.keys()) if (key < number) this.#uses.delete(key);
  }
}
