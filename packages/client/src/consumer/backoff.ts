import { checkMs } from '../options.js';

/** What a consumer does when handlers fail: it takes less, then tries with single messages, then takes all again. Milliseconds. */
export interface BackoffOptions {
  /** Level n waits `multiplier` × 2^n. @default 1000 */
  readonly multiplier?: number;
  /** The longest wait; 0 for no backoff at all. @default 120_000 */
  readonly max?: number;
  /** `full-jitter`: at random between 0 and what `exponential` waits. @default exponential */
  readonly strategy?: 'exponential' | 'full-jitter';
}

/** Waiting: nothing is taken. Testing: one message at a time, over all connections. */
export const BackoffState = { None: 'none', Waiting: 'waiting', Testing: 'testing' } as const;
export type BackoffState = (typeof BackoffState)[keyof typeof BackoffState];

const DEFAULT_MULTIPLIER_MS = 1_000;
const DEFAULT_MAX_MS = 120_000;

/**
 * The reference client's backoff.
 *
 *             failure                    time is up
 *    none ───────────────▶ waiting ─────────────────────▶ testing
 *      ▲                      ▲  failure: one level deeper   │
 *      │                      └──────────────────────────────┤
 *      └───────── success at level 1, else one level less and waiting
 *
 * While it waits, the outcomes of messages that were under way change nothing: many failures at once are one.
 */
export class Backoff {
  state: BackoffState = BackoffState.None;
  level = 0;
  readonly #multiplier: number;
  readonly #max: number;
  readonly #jitter: boolean;
  readonly #onChange: (delay: number) => void;
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange is called when the state has changed, with the time that is waited now @throws {RangeError} */
  constructor(options: BackoffOptions, onChange: (delay: number) => void, random = Math.random) {
    this.#multiplier = checkMs('backoff.multiplier', options.multiplier ?? DEFAULT_MULTIPLIER_MS);
    this.#max = checkMs('backoff.max', options.max ?? DEFAULT_MAX_MS, 0);
    this.#jitter = options.strategy === 'full-jitter';
    this.#onChange = onChange;
    this.#random = random;
  }

  /** How many messages may be in flight. */
  limit(maxInFlight: number): number {
    if (this.state === BackoffState.None) return maxInFlight;
    return this.state === BackoffState.Testing ? Math.min(1, maxInFlight) : 0;
  }

  succeeded(): void {
    if (this.state !== BackoffState.Testing) return;
    if (--this.level > 0) this.#wait();
    else this.#enter(BackoffState.None, 0);
  }

  failed(): void {
    if (this.#max === 0 || this.state === BackoffState.Waiting) return;
    if (this.level === 0 || this.#delay(this.level + 1) <= this.#max) this.level++;
    this.#wait();
  }

  /** A message was given back for a reason that says nothing of the next one: a test goes on after another wait. */
  neither(): void {
    if (this.state === BackoffState.Testing) this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.state = BackoffState.None;
    this.level = 0;
  }

  #delay(level: number): number {
    return this.#multiplier * 2 ** level;
  }

  #wait(): void {
    const longest = Math.min(this.#delay(this.level), this.#max);
    const delay = this.#jitter ? Math.ceil(this.#random() * longest) : longest;
    this.#timer = setTimeout(() => this.#enter(BackoffState.Testing, 0), delay);
    this.#enter(BackoffState.Waiting, delay);
  }

  #enter(state: BackoffState, delay: number): void {
    this.state = state;
    this.#onChange(delay);
  }
}
