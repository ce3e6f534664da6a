import { checkMs } from './options.js';

/** How long to wait before a lost or failed connection is tried again: twice as long each time, at random between half of it and all. */
export interface ReconnectOptions {
  /** Milliseconds before the first new try, at most. @default 200 */
  readonly initialDelay?: number;
  /** Milliseconds that the wait grows to. @default 10_000 */
  readonly maxDelay?: number;
}

const DEFAULT_INITIAL_MS = 200;
const DEFAULT_MAX_MS = 10_000;

export class ReconnectDelays {
  readonly #initial: number;
  readonly #max: number;

  /** @throws {RangeError} */
  constructor(options: ReconnectOptions = {}) {
    this.#initial = checkMs('reconnect.initialDelay', options.initialDelay ?? DEFAULT_INITIAL_MS);
    this.#max = checkMs('reconnect.maxDelay', options.maxDelay ?? Math.max(DEFAULT_MAX_MS, this.#initial), this.#initial);
  }

  /** @param failures tries that failed since a connection last worked, 0 when it has just been lost */
  next(failures: number, random = Math.random): number {
    const ceiling = Math.min(this.#max, this.#initial * 2 ** failures);
    return ceiling * (0.5 + random() / 2);
  }
}
