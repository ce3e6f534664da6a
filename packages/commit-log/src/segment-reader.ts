import { RECORD_HEADER_BYTES, recordBase, recordChecks, recordCount, recordLength } from './record-format.js';
import type { LogFile } from './file-system.js';
import type { LogLocation, Segment } from './segment.js';

/** How much is read at once, unless less is there or a record is larger. */
export const CHUNK_BYTES = 512 * 1024;

export interface LogRecord extends LogLocation {
  /** The first of its sequence numbers. */
  readonly sequence: number;
  readonly count: number;
  /** A slice of what was read with the records around it: copy it to keep it for long. */
  readonly payload: Buffer;
  /** The offset behind the record. */
  readonly end: number;
}

const NOTHING = Buffer.alloc(0);

/** Walks over the valid records of one segment. */
export class SegmentReader {
  readonly #segment: Segment;
  #offset: number;
  #sequence: number;
  #chunk = NOTHING;
  #chunkAt = 0;

  /** @param sequence the base that the record at `offset` must have; -1 for any */
  constructor(segment: Segment, offset: number, sequence: number) {
    this.#segment = segment;
    this.#offset = offset;
    this.#sequence = sequence;
  }

  /** Of the record that comes next. */
  get offset(): number {
    return this.#offset;
  }

  /** The base that the next record must have. */
  get sequence(): number {
    return this.#sequence;
  }

  skipTo(offset: number, sequence: number): void {
    this.#offset = offset;
    this.#sequence = sequence;
  }

  /**
   * The records that come next, of those in front of `end` and with sequence numbers below `endSequence`; at least one, at most `maxBytes`
   * of payload unless the first is larger. Null when there is no valid record at `offset`, which must be in front of `end`.
   */
  async next(end: number, endSequence: number, maxBytes: number): Promise<LogRecord[] | null> {
    if (!(await this.#load(end))) return null;
    const records: LogRecord[] = [];
    const { number, seed } = this.#segment;
    const chunk = this.#chunk;
    for (let bytes = 0; ;) {
      const at = this.#offset - this.#chunkAt;
      if (chunk.length - at < RECORD_HEADER_BYTES || this.#offset + RECORD_HEADER_BYTES > end) break;
      const length = recordLength(chunk, at);
      if (length > chunk.length - at - RECORD_HEADER_BYTES || this.#offset + RECORD_HEADER_BYTES + length > end) break;
      if (records.length > 0 && bytes + length > maxBytes) break;
      const sequence = recordBase(chunk, at);
      const count = recordCount(chunk, at);
      if ((this.#sequence !== -1 && sequence !== this.#sequence) || sequence + count > endSequence) break;
      if (!recordChecks(chunk, at, length, seed)) break;
      const from = at + RECORD_HEADER_BYTES;
      const recordEnd = this.#offset + RECORD_HEADER_BYTES + length;
      records.push({
        segment: number,
        offset: this.#offset,
        sequence,
        count,
        payload: chunk.subarray(from, from + length),
        end: recordEnd,
      });
      this.#offset = recordEnd;
      this.#sequence = sequence + count;
      bytes += length;
    }
    return records.length > 0 ? records : null;
  }

  /** Gets the record at the offset into the chunk, whole; false when its bounds cannot be. */
  async #load(end: number): Promise<boolean> {
    if (end - this.#offset < RECORD_HEADER_BYTES) return false;
    let at = this.#offset - this.#chunkAt;
    if (at < 0 || this.#chunk.length - at < RECORD_HEADER_BYTES) {
      await this.#read(Math.min(CHUNK_BYTES, end - this.#offset));
      at = 0;
      if (this.#chunk.length < RECORD_HEADER_BYTES) return false;
    }
    const bytes = RECORD_HEADER_BYTES + recordLength(this.#chunk, at);
    if (bytes > end - this.#offset) return false;
    if (bytes <= this.#chunk.length - at) return true;
    await this.#read(Math.min(Math.max(CHUNK_BYTES, bytes), end - this.#offset));
    return bytes <= this.#chunk.length;
  }

  async #read(bytes: number): Promise<void> {
    const into = Buffer.allocUnsafeSlow(bytes);
    const offset = this.#offset;
    const got = await this.#segment.file.use((file) => file.read(into, offset));
    this.#chunk = got === bytes ? into : into.subarray(0, got);
    this.#chunkAt = offset;
  }
}

/** What a search for the next valid record found. */
export interface Found {
  /** Of the record; `null` when there is none. */
  readonly offset: number | null;
  readonly sequence: number;
  /** False when the search was given up, because checking all that looks like a record would take too long. */
  readonly sure: boolean;
}

/** Of the bytes searched, how many times as many may be checked before a search is given up. */
const SEARCH_EFFORT = 32;

/**
 * Looks for a valid record in the bytes from `from` to `end`, at any offset, whose base is at least `minSequence` and whose numbers are
 * all below `endSequence`.
 */
export async function findRecord(segment: Segment, from: number, end: number, minSequence: number, endSequence: number): Promise<Found> {
  const window = Buffer.allocUnsafeSlow(Math.max(0, Math.min(2 * CHUNK_BYTES, end - from)));
  let effort = SEARCH_EFFORT * (CHUNK_BYTES + end - from);
  for (let start = from; end - start >= RECORD_HEADER_BYTES;) {
    const at = start;
    const got = await segment.file.use((file) => file.read(window, at));
    const bytes = Math.min(got, end - start);
    for (let i = 0; i + RECORD_HEADER_BYTES <= bytes; i++) {
      const length = recordLength(window, i);
      if (length > end - start - i - RECORD_HEADER_BYTES) continue;
      const sequence = recordBase(window, i);
      if (sequence < minSequence || sequence + recordCount(window, i) > endSequence) continue;
      effort -= RECORD_HEADER_BYTES + length;
      if (effort < 0) return { offset: null, sequence: minSequence, sure: false };
      const whole = i + RECORD_HEADER_BYTES + length <= bytes;
      const valid = whole
        ? recordChecks(window, i, length, segment.seed)
        : await segment.file.use((file) => checkAt(file, start + i, length, segment.seed));
      if (valid) return { offset: start + i, sequence, sure: true };
    }
    if (bytes < window.length || start + bytes >= end) break;
    start += bytes - RECORD_HEADER_BYTES + 1;
  }
  return { offset: null, sequence: minSequence, sure: true };
}

async function checkAt(file: LogFile, offset: number, length: number, seed: number): Promise<boolean> {
  const record = Buffer.allocUnsafeSlow(RECORD_HEADER_BYTES + length);
  return (await file.read(record, offset)) === record.length && recordChecks(record, 0, length, seed);
}
