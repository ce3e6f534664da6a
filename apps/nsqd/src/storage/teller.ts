import type { LogLocation } from '@nsq/commit-log';

type Told = (error: Error | null, location: LogLocation) => void;

/** Tells of writes in their order, each when nothing is missing any more without which a restart would not find it. */
export class Teller {
  readonly #barrier: () => Promise<void> | null;
  #last: Promise<void> | null = null; // until all that has to wait is told
  readonly #held: LogLocation[] = [];

  /** @param barrier what a write that has succeeded waits for; null for nothing */
  constructor(barrier: () => Promise<void> | null) {
    this.#barrier = barrier;
  }

  /** Where the first record lies that is written and not told. */
  get firstHeld(): LogLocation | undefined {
    return this.#held[0];
  }

  tell(error: Error | null, location: LogLocation, told: Told): void {
    if (this.#last === null && (error !== null || this.#barrier() === null)) {
      told(error, location);
      return;
    }
    if (error === null) this.#held.push(location);
    const last = this.#wait(this.#last, error).then(() => {
      if (error === null) this.#held.shift();
      if (this.#last === last) this.#last = null;
      told(error, location);
    });
    this.#last = last;
  }

  async #wait(before: Promise<void> | null, error: Error | null): Promise<void> {
    await before;
    if (error !== null) return;
    // What has come meanwhile counts as well: the message reaches channels that were not there when it was written.
    for (let others = this.#barrier(); others !== null; others = this.#barrier()) await others;
  }
}
