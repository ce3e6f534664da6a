import type { FileHandle } from 'node:fs/promises';
import { DiskMessage, MIN_PAYLOAD_BYTES } from './disk-message.js';
import { systemError } from './diskqueue-error.js';

const LENGTH_BYTES = 4;
/** The largest payload taken in spite of the limit, 1 GiB: what one buffer can surely hold. */
const MAX_OVERSIZED_BYTES = 2 ** 30;

/** A data file, open for reading. */
export interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly size: number;
}

export interface RecordLimits {
  /** Bytes to read at once, unless a record is larger. */
  readonly chunkBytes: number;
  /** Above this a payload is oversized. */
  readonly maxPayloadBytes: number;
}

/** How reading a data file ended. */
export interface RecordsEnd {
  readonly damage: { readonly code: 'torn-record' | 'bad-length'; readonly offset: number; readonly length: number } | undefined;
  /** Records above the limit, which were handed out all the same. */
  readonly oversized: number;
  readonly largest: number;
  /** The size of the file. */
  readonly size: number;
}

/**
 * Hands out the records of a file from `offset` to its end, in chunks. What is allocated is bounded by the file's size, whatever a length
 * field claims, and each chunk is memory of its own.
 * @throws {DiskqueueError} `E_READ`
 */
export async function* readRecords(
  file: OpenFile,
  offset: number,
  { chunkBytes, maxPayloadBytes }: RecordLimits,
): AsyncGenerator<DiskMessage[], RecordsEnd> {
  let end = file.size;
  let start = offset; // of the chunk, always at a record
  let need = 0; // of the record at `start`, when it did not fit into a chunk
  let oversized = 0;
  let largest = 0;
  let damage: RecordsEnd['damage'];
  while (start < end && damage === undefined) {
    const wanted = Math.min(Math.max(chunkBytes, need), end - start);
    const chunk = await readAt(file, start, wanted);
    if (chunk.length < wanted) end = start + chunk.length; // somebody cut the file
    const messages: DiskMessage[] = [];
    let at = 0;
    need = 0;
    for (;;) {
      const rest = end - start - at - LENGTH_BYTES; // of the file, for the payload
      if (rest === -LENGTH_BYTES) break;
      if (rest < 0) {
        damage = { code: 'torn-record', offset: start + at, length: 0 };
        break;
      }
      if (chunk.length - at < LENGTH_BYTES) break;
      const length = chunk.readInt32BE(at);
      const isOversized = length > maxPayloadBytes;
      if (length < MIN_PAYLOAD_BYTES || (isOversized && !(await isPlausible(start + at, length, rest)))) {
        damage = { code: 'bad-length', offset: start + at, length };
        break;
      }
      if (length > rest) {
        damage = { code: 'torn-record', offset: start + at, length };
        break;
      }
      const next = at + LENGTH_BYTES + length;
      if (next > chunk.length) {
        need = next - at;
        break;
      }
      if (isOversized) {
        oversized++;
        largest = Math.max(largest, length);
      }
      messages.push(new DiskMessage(chunk.subarray(at + LENGTH_BYTES, next)));
      at = next;
    }
    start += at;
    if (messages.length > 0) yield messages;
  }
  return { damage, oversized, largest, size: end };

  /** Whether a length above the limit is a large message and not damage: it ends where the file ends or another record begins. */
  async function isPlausible(record: number, length: number, rest: number): Promise<boolean> {
    if (length > rest || length > MAX_OVERSIZED_BYTES) return false;
    const behind = rest - length;
    if (behind < LENGTH_BYTES) return true;
    const header = await readAt(file, record + LENGTH_BYTES + length, LENGTH_BYTES);
    if (header.length < LENGTH_BYTES) return true;
    const following = header.readInt32BE(0);
    return following >= MIN_PAYLOAD_BYTES && following <= Math.max(maxPayloadBytes, behind - LENGTH_BYTES);
  }
}

/** Fewer bytes than asked for only at the end of the file. */
async function readAt({ path, handle }: OpenFile, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let have = 0;
  while (have < length) {
    const bytesRead = await readSome(handle, path, buffer, have, offset + have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return buffer.subarray(0, have);
}

async function readSome(handle: FileHandle, path: string, buffer: Buffer, at: number, position: number): Promise<number> {
  try {
    return (await handle.read(buffer, at, buffer.length - at, position)).bytesRead;
  } catch (error) {
    throw systemError('E_READ', path, error);
  }
}
