import { print } from '../output/stdout.js';

/** Collects what is printed in one turn of the event loop, and writes it at once. */
export class TailOutput {
  #parts: Uint8Array[] = [];
  #written: Promise<boolean> | null = null;

  /** Resolves when it has been written: false when nobody reads it. */
  write(...parts: readonly Uint8Array[]): Promise<boolean> {
    this.#parts.push(...parts);
    this.#written ??= new Promise((resolve) => {
      setImmediate(() => {
        const bytes = Buffer.concat(this.#parts);
        this.#parts = [];
        this.#written = null;
        resolve(print(bytes));
      });
    });
    return this.#written;
  }
}
