/** Those that wait for something to change. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Something has changed. */
  wake(): void {
    for (const woken of this.#waiting) woken();
  }

  /** Resolves at the next change, or when the signal is aborted. False when the time was up first; milliseconds. */
  next(timeout: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(true);
    return new Promise((resolve) => {
      const over = (woken: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', woke);
        this.#waiting.delete(woke);
        resolve(woken);
      };
      const woke = (): void => over(true);
      const timer = setTimeout(() => over(false), timeout);
      signal.addEventListener('abort', woke, { once: true });
      this.#waiting.add(woke);
    });
  }
}
