/**
 * Which changes are in the metadata file, and who waits for that. Changes are numbered; a write that succeeds shows all that were made before
 * it began.
 */
export class ChangeRecord {
  #made = 0;
  #written = 0;
  readonly #numbers = new WeakMap<object, number>();
  #waiting: ((failure: Error | null) => void)[] = [];

  /** Something has changed. @param made what is new by that */
  changed(made?: object): void {
    this.#made++;
    if (made !== undefined) this.#numbers.set(made, this.#made);
  }

  /** A write of the state of now begins. Returns the number to end it with. */
  begin(): number {
    return this.#made;
  }

  /** The write that `begin` gave this number to has succeeded. */
  wrote(number: number): void {
    this.#written = Math.max(this.#written, number);
    this.#wake(null);
  }

  failed(error: Error): void {
    this.#wake(error);
  }

  /** Null when `made`, or without it every change of until now, is written. Otherwise settles when it is, or rejects with why a write failed. */
  until(made?: object): Promise<void> | null {
    const number = made === undefined ? this.#made : (this.#numbers.get(made) ?? 0);
    return number <= this.#written ? null : this.#reach(number);
  }

  async #reach(number: number): Promise<void> {
    while (number > this.#written) {
      const failure = await new Promise<Error | null>((resolve) => this.#waiting.push(resolve));
      if (failure !== null && number > this.#written) throw failure;
    }
  }

  #wake(failure: Error | null): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(failure);
  }
}
