const SECOND_MS = 1_000;

/**
 * A balance that begins at 1, grows by 1 in each rate-th of a second up to the rate, and pays for records. Time is handed in, in milliseconds that never go
 * back.
 */
export class Throttle {
  readonly intervalMs: number;
  readonly #rate: number;
  readonly #start: number;
  #ticks = 0;
  #balance = 1;

  /** @param rate records per second, 1 at least */
  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#start = now;
    this.intervalMs = SECOND_MS / rate;
  }

  /** How long to wait before the next record. */
  delay(now: number): number {
    this.#advance(now);
    return this.#balance > 0 ? 0 : this.intervalMs;
  }

  /** A record is paid for. */
  spend(now: number): void {
    this.#advance(now);
    this.#balance--;
  }

  #advance(now: number): void {
    const ticks = Math.floor((now - this.#start) / this.intervalMs);
    if (ticks === this.#ticks) return;
    this.#balance = Math.min(this.#rate, this.#balance + ticks - this.#ticks);
    this.#ticks = ticks;
  }
}
