import { once } from 'node:events';
import { createGzip, type Gzip } from 'node:zlib';

/** One member of a gzip file: what was written between two syncs. */
export class GzipMember {
  readonly #gzip: Gzip;
  #ready: Buffer[] = [];

  constructor(level: number) {
    this.#gzip = createGzip({ level });
    // An error is the outcome of the write or end that met it.
    this.#gzip.on('data', (chunk: Buffer) => this.#ready.push(chunk)).on('error', () => undefined);
  }

  /** Compresses more, and gives what can be written now. */
  async write(bytes: Buffer): Promise<Buffer> {
    await new Promise<void>((resolve, reject) => this.#gzip.write(bytes, (error) => (error ? reject(error) : resolve())));
    return this.#take();
  }

  /** Gives the rest. */
  async end(): Promise<Buffer> {
    const ended = once(this.#gzip, 'end');
    this.#gzip.end();
    await ended;
    return this.#take();
  }

  #take(): Buffer {
    const ready = Buffer.concat(this.#ready);
    this.#ready = [];
    return ready;
  }
}
