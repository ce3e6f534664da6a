import { LatencySketch } from './latency-sketch.js';

/**
 * How long a channel's messages took lately. Two sketches cover half the window each; a reading merges them, so it looks back between
 * half and the whole of it.
 */
export class LatencyWindow {
  readonly #quantiles: readonly number[];
  readonly #half: number;
  #current: LatencySketch;
  #previous: LatencySketch;
  #turnedAt: number;

  /**
   * @param quantiles above 0 up to 1, in the order in which they are shown
   * @param windowMs more than 0
   * @param now milliseconds of the clock by which the other methods are called
   */
  constructor(quantiles: readonly number[], windowMs: number, now: number) {
    this.#quantiles = quantiles;
    this.#half = windowMs / 2;
    this.#current = new LatencySketch(quantiles);
    this.#previous = new LatencySketch(quantiles);
    this.#turnedAt = now;
  }

  /** Takes a sample. */
  record(nanoseconds: number, now: number): void {
    if (now - this.#turnedAt > this.#half) this.#turn(now);
    this.#current.insert(nanoseconds);
  }

  /** All samples of the window, in a sketch of the caller's own. */
  read(now: number): LatencySketch {
    if (now - this.#turnedAt > this.#half) this.#turn(now);
    const merged = new LatencySketch(this.#quantiles);
    merged.absorb(this.#previous);
    merged.absorb(this.#current);
    return merged;
  }

  /** Moves on by as many halves as have passed. */
  #turn(now: number): void {
    const halves = Math.max(1, Math.ceil((now - this.#turnedAt) / this.#half) - 1);
    this.#turnedAt += halves * this.#half;
    const oldest = this.#previous;
    oldest.clear();
    this.#previous = this.#current;
    this.#current = oldest;
    if (halves > 1) this.#previous.clear();
  }
}
