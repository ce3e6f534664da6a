import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const FLUSH_BYTES = 1024 * 1024;
const CRC_BYTES = 4;

/** A snapshot that cannot be trusted; the file is left as it is. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** Collects pieces into large writes and keeps the checksum. */
export class SnapshotWriter {
  readonly #handle: FileHandle;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #crc = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(piece: Buffer): Promise<void> {
    if (piece.length === 0) return; // crc32 of nothing may forget what came before
    this.#crc = crc32(piece, this.#crc);
    await this.#add(piece);
  }

  /** The piece behind four bytes of its length. */
  async writeSized(piece: Buffer): Promise<void> {
    const size = Buffer.allocUnsafe(4);
    size.writeUInt32BE(piece.length, 0);
    await this.write(size);
    await this.write(piece);
  }

  /** Writes the checksum and what is left. */
  async end(): Promise<void> {
    const crc = Buffer.allocUnsafe(CRC_BYTES);
    crc.writeUInt32BE(this.#crc, 0);
    await this.#add(crc);
    await this.#flush();
  }

  async #add(piece: Buffer): Promise<void> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= FLUSH_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    const all = Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    for (let at = 0; at < all.length;) at += (await this.#handle.write(all, at)).bytesWritten;
  }
}

/** Reads a snapshot whose checksum is right. */
export class SnapshotReader {
  readonly #file: string;
  readonly #content: Buffer;
  readonly #end: number;
  #at: number;

  /** @throws {SnapshotError} when the content is not what was written */
  constructor(file: string, content: Buffer, magic: Buffer) {
    this.#file = file;
    this.#content = content;
    this.#end = content.length - CRC_BYTES;
    this.#at = magic.length;
    if (this.#end < this.#at || !content.subarray(0, this.#at).equals(magic))
      throw new SnapshotError(`${file} is not a snapshot of a topic`);
    if (crc32(content.subarray(0, this.#end)) !== content.readUInt32BE(this.#end)) {
      throw new SnapshotError(`${file} is damaged: its checksum does not fit its content`);
    }
  }

  take(bytes: number): Buffer {
    const end = this.#at + bytes;
    if (end > this.#end) throw new SnapshotError(`${this.#file} ends in the middle of a record`);
    const piece = this.#content.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }

  sized(): Buffer {
    return this.take(this.take(4).readUInt32BE(0));
  }
}
