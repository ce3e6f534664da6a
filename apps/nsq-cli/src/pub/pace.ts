import { pause } from '../interrupt.js';

/** Longest time that may be caught up on, so that a pause of the input is not followed by a burst. Milliseconds. */
const MAX_BEHIND_MS = 100;

/** Lets no more through than a number of messages a second. */
export class Pace {
  readonly #perSecond: number;
  #next = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** How many may go at once: about a tenth of a second's worth. */
  get batch(): number {
    return Math.max(1, Math.floor(this.#perSecond / 10));
  }

  /** Waits until so many more may go, or the signal is aborted. */
  async wait(count: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#next = Math.max(this.#next, now - MAX_BEHIND_MS);
    if (this.#next > now) await pause(this.#next - now, signal);
    this.#next += (count * 1000) / this.#perSecond;
  }
}
