import { crc32 } from 'node:zlib';
import { RECORD_HEADER_BYTES, recordCrc, writeRecordCrc, writeRecordHeader } from './record-format.js';
import type { Entry } from './append-queue.js';

const ARENA_BYTES = 64 * 1024;
/** Arenas kept for the next batch, of any log. */
const MAX_SPARE_ARENAS = 16;
/** Payloads up to this size are copied behind their header: cheaper than a CRC call and an element of the writev for each piece. */
const COPY_BYTES = 2048;

const spareArenas: Buffer[] = [];

/** The bytes of the records of one write. Headers and small payloads stand in shared arenas, larger payloads are taken as they are. */
export class RecordBatch {
  readonly pieces: Buffer[] = [];
  readonly #arenas: Buffer[] = [];
  #arena: Buffer;
  /** What of the arena is in use, and from where on it is not among the pieces yet. */
  #at = 0;
  #from = 0;

  constructor() {
    this.#arena = this.#takeArena();
  }

  add(entry: Entry, seed: number): void {
    const copied = entry.payloadBytes <= COPY_BYTES ? entry.payloadBytes : 0;
    if (this.#at + RECORD_HEADER_BYTES + copied > ARENA_BYTES) {
      this.#flush();
      this.#arena = this.#takeArena();
      this.#at = this.#from = 0;
    }
    const arena = this.#arena;
    const at = this.#at;
    writeRecordHeader(arena, at, entry.payloadBytes, entry.base, entry.count);
    this.#at += RECORD_HEADER_BYTES;
    if (copied === entry.payloadBytes) {
      for (const piece of entry.pieces) {
        arena.set(piece, this.#at);
        this.#at += piece.length;
      }
      writeRecordCrc(arena, at, recordCrc(arena, at, copied, seed));
      return;
    }
    this.#flush();
    let crc = recordCrc(arena, at, 0, seed);
    for (const piece of entry.pieces) {
      crc = crc32(piece, crc);
      this.pieces.push(piece);
    }
    writeRecordCrc(arena, at, crc);
  }

  /** Call when all is added. */
  end(): readonly Buffer[] {
    this.#flush();
    return this.pieces;
  }

  /** Call when the write is over. */
  release(): void {
    for (const arena of this.#arenas) if (spareArenas.length < MAX_SPARE_ARENAS) spareArenas.push(arena);
  }

  #flush(): void {
    if (this.#at > this.#from) this.pieces.push(this.#arena.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }

  #takeArena(): Buffer {
    const arena = spareArenas.pop() ?? Buffer.allocUnsafeSlow(ARENA_BYTES);
    this.#arenas.push(arena);
    return arena;
  }
}
