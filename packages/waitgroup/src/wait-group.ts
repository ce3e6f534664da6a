/** A loop of a daemon: runs until `signal` is aborted or its work is done. */
export type Loop = (signal: AbortSignal) => Promise<void> | void;

/** One loop that ended with an error. */
export interface Failure {
  /** What `wrap` was given as name; the function's own name otherwise. */
  readonly name: string;
  readonly error: unknown;
}

export interface WaitGroupOptions {
  /** Stops the group when aborted, with the same reason. */
  readonly signal?: AbortSignal;
}

/** Failures kept for `failures`; one is enough to know what happened, the bound keeps a storm of them from piling up. */
const MAX_FAILURES = 64;

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Runs loops side by side and waits for all of them. The first failure stops the others through `signal`, and `wait()` rejects with it
 * once every loop has ended. Failures that come after it are kept in `failures` and never become unhandled rejections.
 */
export class WaitGroup {
  /** Aborted by `stop()`, by the first failure (the reason is its error) or by the outer signal. */
  readonly signal: AbortSignal;
  /** Resolves as soon as a loop fails, while the others may still be running; stays pending when none does. Never rejects. */
  readonly failed: Promise<Failure>;

  readonly #controller = new AbortController();
  readonly #failures: Failure[] = [];
  #waiters: Waiter[] = [];
  #running = 0;
  #reportFailure: (failure: Failure) => void = () => undefined;

  constructor(options: WaitGroupOptions = {}) {
    const own = this.#controller.signal;
    this.signal = options.signal === undefined ? own : AbortSignal.any([options.signal, own]);
    this.failed = new Promise((resolve) => {
      this.#reportFailure = resolve;
    });
  }

  /** How many loops are running. */
  get running(): number {
    return this.#running;
  }

  /** What went wrong, in order, at most the first 64; the first entry is what `wait()` rejects with. */
  get failures(): readonly Failure[] {
    return this.#failures;
  }

  /**
   * Starts `fn` at once and counts it until it ends. A throw counts like a rejection. Ending with the abort reason of `signal`, as
   * timers and streams do that were given the signal, is a normal end. Once the group has been stopped, `fn` is not started.
   */
  wrap(fn: Loop, name: string = fn.name): void {
    if (this.signal.aborted) return;
    this.#running++;
    // The executor runs at once, and turns a throw into a rejection.
    new Promise<void>((resolve) => resolve(fn(this.signal))).then(
      () => this.#end(),
      (error: unknown) => {
        this.#fail({ name, error });
        this.#end();
      },
    );
  }

  /**
   * Resolves when no loop is running any more, at once when none is. Rejects with the error of the first failure, also after all loops
   * have ended. May be called any number of times; loops wrapped while it waits are waited for as well.
   */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (this.#running === 0) this.#settle();
    });
  }

  /** Tells every loop to stop by aborting `signal`. Does not wait, does nothing the second time, and is no failure. */
  stop(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  #fail(failure: Failure): void {
    if (this.#isAbort(failure.error)) return;
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(failure);
    if (this.#failures.length > 1) return;
    this.#reportFailure(failure);
    this.#controller.abort(failure.error);
  }

  /** Node's own AbortError carries the reason as its cause. */
  #isAbort(error: unknown): boolean {
    if (!this.signal.aborted) return false;
    const reason: unknown = this.signal.reason;
    if (error === reason) return true;
    if (typeof error !== 'object' || error === null) return false;
    const { name, cause } = error as { name?: unknown; cause?: unknown };
    return name === 'AbortError' && cause === reason;
  }

  #end(): void {
    this.#running--;
    if (this.#running === 0) this.#settle();
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    const [first] = this.#failures;
    for (const waiter of waiters) {
      if (first === undefined) waiter.resolve();
      else waiter.reject(first.error);
    }
  }
}
