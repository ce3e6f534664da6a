import type { Writable } from 'node:stream';

/** Writes all of it, or fails: the promise waits until the stream has handed it on, so that a slow reader slows down whoever writes. */
export class OutputStream {
  readonly #stream: Writable;
  #failure: Error | null = null;

  constructor(stream: Writable) {
    this.#stream = stream;
    // A closed pipe is told here too, and would end the process.
    stream.on('error', (error) => (this.#failure ??= error));
  }

  write(bytes: Buffer | string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) reject(this.#failure);
      else this.#stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
}
