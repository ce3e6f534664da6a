import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { GzipMember } from './gzip-member.js';

export interface OutputFileOptions {
  /** Level of the compression; null for none. */
  readonly gzipLevel: number | null;
  /** The file must not exist; otherwise it is continued. */
  readonly exclusive: boolean;
}

const NEWLINE = Buffer.from('\n');
const MODE = 0o666;
/** Bytes that are collected for one write. */
const WRITE_BYTES = 1024 * 1024;

/** A file of records, a line each. Records are on the disk after `sync`. */
export class OutputFile {
  readonly path: string;
  /** Bytes of its records before compression, those that were there when it was opened included. */
  bytes: number;
  readonly #handle: FileHandle;
  readonly #gzipLevel: number | null;
  readonly #exclusive: boolean;
  #collected: Buffer[] = [];
  #collectedBytes = 0;
  #member: GzipMember | null = null;
  #written = 0;
  #synced = 0;

  private constructor(path: string, handle: FileHandle, size: number, { gzipLevel, exclusive }: OutputFileOptions) {
    this.path = path;
    this.#handle = handle;
    this.bytes = size;
    this.#gzipLevel = gzipLevel;
    this.#exclusive = exclusive;
  }

  /** @throws {Error} with the code `EEXIST` when it must not exist and does */
  static async open(path: string, options: OutputFileOptions): Promise<OutputFile> {
    const { O_CREAT, O_EXCL, O_RDWR, O_APPEND } = constants;
    const handle = await open(path, O_CREAT | O_RDWR | (options.exclusive ? O_EXCL : O_APPEND), MODE);
    try {
      const { size } = await handle.stat();
      const file = new OutputFile(path, handle, size, options);
      if (size > 0 && !options.exclusive) await file.#endLine(size);
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Takes a record. What has been collected is written when there is enough of it. */
  async append(record: Buffer): Promise<void> {
    this.#collected.push(record, NEWLINE);
    this.#collectedBytes += record.length + NEWLINE.length;
    this.bytes += record.length + NEWLINE.length;
    if (this.#collectedBytes >= WRITE_BYTES) await this.flush();
  }

  /** Hands all records to the system, or to the compression. */
  async flush(): Promise<void> {
    if (this.#collected.length === 0) return;
    const bytes = Buffer.concat(this.#collected, this.#collectedBytes);
    this.#collected = [];
    this.#collectedBytes = 0;
    if (this.#gzipLevel === null) {
      await this.#write(bytes);
      return;
    }
    this.#member ??= new GzipMember(this.#gzipLevel);
    await this.#write(await this.#member.write(bytes));
  }

  /** All records are on the disk, and complete when they are compressed. */
  async sync(): Promise<void> {
    await this.flush();
    if (this.#member !== null) {
      const rest = await this.#member.end();
      this.#member = null;
      await this.#write(rest);
    }
    await this.#handle.sync();
    this.#synced = this.#written;
  }

  /** Syncs and closes. */
  async close(): Promise<void> {
    await this.sync();
    await this.#handle.close();
  }

  /** Closes after a failure. In a file that nobody else writes, nothing stays of the records that come again. Never rejects. */
  async abandon(): Promise<void> {
    try {
      if (this.#exclusive) await this.#handle.truncate(this.#synced);
    } catch {
      // The failure that led here has been told.
    } finally {
      await this.#handle.close().catch(() => undefined);
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    await this.#handle.appendFile(bytes);
    this.#written += bytes.length;
  }

  /** Ends a line that a writer which was killed has left unfinished. */
  async #endLine(size: number): Promise<void> {
    const { buffer } = await this.#handle.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer[0] === NEWLINE[0]) return;
    await this.#write(NEWLINE);
    this.bytes += NEWLINE.length;
  }
}
