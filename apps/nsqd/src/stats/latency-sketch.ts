import type { LatencyStats } from './snapshot.js';

/** Samples that wait to be sorted in together. */
const BUFFERED = 500;

/** How far off the rank of an answer may be, as a part of the count. */
export const EPSILON = 0.01;

/**
 * What the list itself is allowed. Less than `EPSILON`, because its error is not the only one: a query, which answers as the reference's
 * does, oversteps by the width of one entry, and merging adds up the errors of what is merged.
 */
const LIST_EPSILON = EPSILON / 4;

/**
 * Quantiles of a stream in little memory, after Cormode, Korn, Muthukrishnan and Srivastava: a list of samples in rising order, each
 * standing for `width` samples up to itself, with a rank that is uncertain by `delta`. Near the quantiles asked for entries stay narrow,
 * elsewhere they grow wide. A small number of samples is kept whole.
 */
export class LatencySketch {
  /** Above 0 up to 1, in the order in which they are shown. */
  readonly quantiles: readonly number[];
  readonly #values: number[] = [];
  #widths: number[] = [];
  #deltas: number[] = [];
  #total = 0; // sum of the widths
  #buffer: number[] = [];

  constructor(quantiles: readonly number[]) {
    this.quantiles = quantiles;
  }

  /** Samples inserted. */
  get count(): number {
    return this.#total + this.#buffer.length;
  }

  /** Entries kept for these samples. */
  get size(): number {
    return this.#values.length + this.#buffer.length;
  }

  insert(value: number): void {
    this.#buffer.push(value);
    if (this.#buffer.length >= BUFFERED) this.#flush();
  }

  clear(): void {
    this.#values.length = 0;
    this.#widths = [];
    this.#deltas = [];
    this.#total = 0;
    this.#buffer = [];
  }

  /** Takes in all that `other` has seen, which stays as it is. */
  absorb(other: LatencySketch): void {
    this.#flush();
    other.#flush();
    this.#merge(other.#values, other.#widths, other.#deltas);
    this.#compress();
  }

  /** The value at `quantile`, one of `quantiles`; 0 when there are no samples. */
  query(quantile: number): number {
    this.#flush();
    const values = this.#values;
    const last = values.at(-1);
    if (last === undefined) return 0;
    if (quantile === 1) return last;
    const rank = Math.ceil(quantile * this.#total);
    const limit = rank + Math.ceil(this.#bound(rank) / 2);
    // The widths before the previous entry, not including it: one entry further than the rank alone would lead, as in the reference.
    let passed = 0;
    for (let i = 1; i < values.length; i++) {
      if (passed + at(this.#widths, i) + at(this.#deltas, i) > limit) return at(values, i - 1);
      passed += at(this.#widths, i - 1);
    }
    return last;
  }

  stats(): LatencyStats {
    const percentiles = this.quantiles.map((quantile) => ({ quantile, value: this.query(quantile) }));
    return { count: this.count, percentiles };
  }

  /** How much width and uncertainty together an entry at this rank may have. */
  #bound(rank: number): number {
    const total = this.#total;
    let least = Number.MAX_VALUE; // with the maximum as the only quantile nothing else matters
    for (const quantile of this.quantiles) {
      const target = quantile * total;
      // A rank is whole and the target need not be: what rounding adds to it must not count a thousandfold for a quantile of 0.001.
      const bound =
        target <= rank ? (2 * LIST_EPSILON * Math.max(target, rank - 1)) / quantile : (2 * LIST_EPSILON * (total - rank)) / (1 - quantile);
      if (bound < least) least = bound;
    }
    return least;
  }

  #flush(): void {
    if (this.#buffer.length === 0) return;
    const sorted = Float64Array.from(this.#buffer).sort();
    this.#buffer = [];
    this.#merge(sorted, null, null);
    this.#compress();
  }

  /** Sorts in entries that are in rising order. Without widths each stands for itself. */
  #merge(added: ArrayLike<number>, addedWidths: readonly number[] | null, addedDeltas: readonly number[] | null): void {
    if (added.length === 0) return;
    const values = this.#values.splice(0);
    const widths = this.#widths;
    const deltas = this.#deltas;
    this.#widths = [];
    this.#deltas = [];
    let from = 0;
    let rank = 0;
    for (let i = 0; i < added.length; i++) {
      const value = at(added, i);
      const width = addedWidths === null ? 1 : at(addedWidths, i);
      const delta = addedDeltas === null ? 0 : at(addedDeltas, i);
      for (; from < values.length && at(values, from) <= value; from++) {
        this.#push(at(values, from), at(widths, from), at(deltas, from));
        rank += at(widths, from);
      }
      const uncertain = from < values.length ? Math.floor(this.#bound(rank)) - 1 : 0;
      this.#push(value, width, Math.max(delta, uncertain));
      rank += width;
      this.#total += width;
    }
    for (; from < values.length; from++) this.#push(at(values, from), at(widths, from), at(deltas, from));
  }

  #push(value: number, width: number, delta: number): void {
    this.#values.push(value);
    this.#widths.push(width);
    this.#deltas.push(delta);
  }

  /** From the right, folds each entry into its neighbour while that stays narrow enough. */
  #compress(): void {
    const values = this.#values;
    const widths = this.#widths;
    const deltas = this.#deltas;
    let kept = values.length - 1;
    if (kept < 1) return;
    let rank = this.#total - 1 - at(widths, kept);
    for (let i = kept - 1; i >= 0; i--) {
      const width = at(widths, i);
      if (width + at(widths, kept) + at(deltas, kept) <= this.#bound(rank)) {
        widths[kept] = at(widths, kept) + width;
      } else {
        kept--;
        values[kept] = at(values, i);
        widths[kept] = width;
        deltas[kept] = at(deltas, i);
      }
      rank -= width;
    }
    values.splice(0, kept);
    widths.splice(0, kept);
    deltas.splice(0, kept);
  }
}

/** The element of an index that is known to be there. */
function at(list: ArrayLike<number>, index: number): number {
  return list[index] as number;
}
