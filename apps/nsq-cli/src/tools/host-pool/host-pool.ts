/** Chooses which of several addresses is used next, by its index. */
export interface HostPool {
  next(): number;
  /** @param ms how long it took */
  succeeded(index: number, ms: number): void;
  failed(index: number): void;
}

/** In turn, beginning with the second, whatever becomes of it. */
export class RoundRobin implements HostPool {
  readonly #count: number;
  #last = 0;

  constructor(count: number) {
    this.#count = count;
  }

  next(): number {
    this.#last = (this.#last + 1) % this.#count;
    return this.#last;
  }

  succeeded(): void {
    // Health is not looked at.
  }

  failed(): void {
    // Health is not looked at.
  }
}
