import type { Spread } from './job.js';

const MOST = 4_000_000;

/** Durations in milliseconds; of more than four million the first are kept. */
export class Samples {
  #values = new Float64Array(1024);
  #count = 0;

  add(ms: number): void {
    if (this.#count === MOST) return;
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(Math.min(MOST, this.#count * 2));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = ms;
  }

  /** Zeros when there is nothing. */
  spread(): Spread {
    const sorted = this.#values.subarray(0, this.#count).sort();
    const at = (share: number) => sorted[Math.min(this.#count - 1, Math.ceil(this.#count * share) - 1)] ?? 0;
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
