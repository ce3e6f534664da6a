/** Sequence numbers from `from` up to, not including, `to` that were dropped. */
export interface Hole {
  readonly from: number;
  readonly to: number;
}

/** What was dropped from a topic while some channel had not come that far: cursors jump over it. Few, and in order. */
export class Holes {
  #holes: Hole[] = [];

  /** As they are now: a checkpoint that is being written keeps what it has got. */
  get all(): readonly Hole[] {
    return this.#holes;
  }

  get none(): boolean {
    return this.#holes.length === 0;
  }

  add(hole: Hole): void {
    if (hole.to > hole.from) this.#holes = [...this.#holes, hole];
  }

  /** The first sequence number from `seq` on that was not dropped. */
  skip(seq: number): number {
    let at = seq;
    for (const { from, to } of this.#holes) if (at >= from && at < to) at = to;
    return at;
  }

  /** Where the next hole behind `seq` begins; Infinity when there is none. */
  next(seq: number): number {
    let next = Infinity;
    for (const { from } of this.#holes) if (from > seq) next = Math.min(next, from);
    return next;
  }

  /** How many were dropped from `from` up to, not including, `to`. */
  countBetween(from: number, to: number): number {
    let count = 0;
    for (const hole of this.#holes) count += Math.max(0, Math.min(to, hole.to) - Math.max(from, hole.from));
    return count;
  }

  /** Forgets what lies before `seq`. */
  forgetBefore(seq: number): void {
    if (this.#holes.length > 0) this.#holes = this.#holes.filter(({ to }) => to > seq);
  }
}
