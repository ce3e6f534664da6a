import type { LoadResult } from './job.js';

/** A load whose connections stand: calling it runs it to its end. */
export type Load = () => Promise<Omit<LoadResult, 'cpuMicros'>>;

/** How a load ends, told by its sockets: the first word counts. */
export class Outcome {
  readonly #promise: Promise<void>;
  #resolve = (): void => undefined;
  #reject: ((error: Error) => void) | null = null;

  constructor() {
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A connection may fail before anybody waits.
    this.#promise.catch(() => undefined);
  }

  done(): void {
    this.#resolve();
  }

  fail(why: string): void {
    this.#reject?.(new Error(why));
  }

  /** Settles with the first `done` or `fail`. */
  wait(): Promise<void> {
    return this.#promise;
  }
}
