import { NsqAbortError, NsqTimeoutError, asError } from './errors.js';

/** Waits so long, or shorter when the signal is aborted: then it resolves all the same. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over, { once: true });
  });
}

export interface Limits {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; Infinity or absent for no limit. */
  readonly timeout?: number | undefined;
  /** What is waited for, in the text of the timeout's error. */
  readonly what: string;
}

/**
 * The outcome of `promise`, unless a limit is reached before.
 * @throws {NsqAbortError}
 * @throws {NsqTimeoutError}
 */
export function within<T>(promise: Promise<T>, { signal, timeout = Infinity, what }: Limits): Promise<T> {
  if (signal === undefined && timeout === Infinity) return promise;
  return new Promise<T>((resolve, reject) => {
    const aborted = (): void => settle(() => reject(new NsqAbortError(signal?.reason)));
    const timer =
      timeout === Infinity
        ? undefined
        : setTimeout(() => settle(() => reject(new NsqTimeoutError(`${what}: not within ${timeout} ms`))), timeout);
    const settle = (how: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      how();
    };
    signal?.addEventListener('abort', aborted, { once: true });
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(asError(error))),
    );
    if (signal?.aborted === true) aborted();
  });
}

/** A promise and the functions that settle it. */
export class Deferred<T = void> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
