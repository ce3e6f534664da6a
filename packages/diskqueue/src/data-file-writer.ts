import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { DiskMessage } from './disk-message.js';
import { FILE_MODE, randomNumber, temporaryName } from './durable.js';
import { dataFileName } from './queue-files.js';

const LENGTH_BYTES = 4;
const BUFFER_BYTES = 262_144;

/** Writes records into data files 0, 1, ... under temporary names, and renames them all when they are complete. */
export class DataFileWriter {
  readonly #folder: string;
  readonly #queue: string;
  readonly #maxBytesPerFile: number;
  readonly #random = randomNumber();
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #buffered = 0;
  #handle: FileHandle | undefined;
  #renamed = 0;
  #created = 0;
  #pos = 0;
  depth = 0;

  constructor(folder: string, queue: string, maxBytesPerFile: number) {
    this.#folder = folder;
    this.#queue = queue;
    this.#maxBytesPerFile = maxBytesPerFile;
  }

  /** The number of the file that is being written. */
  get file(): number {
    return Math.max(0, this.#created - 1);
  }

  /** Where in that file the next record would go. */
  get pos(): number {
    return this.#pos;
  }

  async write(messages: readonly DiskMessage[]): Promise<void> {
    for (const { payload } of messages) {
      const bytes = LENGTH_BYTES + payload.length;
      if (this.#handle === undefined || (this.#pos > 0 && this.#pos + bytes > this.#maxBytesPerFile)) await this.#openNext();
      if (this.#buffered + bytes > BUFFER_BYTES) await this.#flush();
      this.#buffered = this.#buffer.writeInt32BE(payload.length, this.#buffered);
      if (bytes <= BUFFER_BYTES) {
        this.#buffer.set(payload, this.#buffered);
        this.#buffered += payload.length;
      } else {
        await this.#flush();
        await this.#handle?.writeFile(payload);
      }
      this.#pos += bytes;
      this.depth++;
    }
  }

  /** Gives the files their names, all of them synced before. */
  async finish(): Promise<void> {
    await this.#closeFile();
    for (; this.#renamed < this.#created; this.#renamed++) await rename(this.#temporary(this.#renamed), this.#final(this.#renamed));
  }

  /** Removes every file it made. */
  async discard(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
    for (let n = 0; n < this.#created; n++) {
      await unlink(n < this.#renamed ? this.#final(n) : this.#temporary(n)).catch(() => undefined);
    }
  }

  async #openNext(): Promise<void> {
    await this.#closeFile();
    this.#handle = await open(this.#temporary(this.#created), 'wx', FILE_MODE);
    this.#created++;
    this.#pos = 0;
  }

  async #closeFile(): Promise<void> {
    if (this.#handle === undefined) return;
    await this.#flush();
    await this.#handle.sync();
    await this.#handle.close();
    this.#handle = undefined;
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return;
    await this.#handle?.writeFile(this.#buffer.subarray(0, this.#buffered)); // at the current position, to the last byte
    this.#buffered = 0;
  }

  #final(number: number): string {
    return path.join(this.#folder, dataFileName(this.#queue, number));
  }

  #temporary(number: number): string {
    return temporaryName(this.#final(number), this.#random);
  }
}
