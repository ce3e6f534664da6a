import type { Duplex } from 'node:stream';

/** Bytes that are collected before they are handed on. */
const SLAB_BYTES = 64 * 1024;
const MAX_FREE_SLABS = 32;
/** What is as large is written where it lies. */
const LARGE_BYTES = SLAB_BYTES / 2;
/** Unsent bytes from which on it counts as full, and below which no longer. */
const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = HIGH_WATER_BYTES / 4;

const freeSlabs: Buffer[] = [];

/** Collects what one turn of the event loop writes, and hands it to the stream at the turn's end, as one write where the stream can. */
export class Outbox {
  /** Where the next byte goes in `bytes`. Valid behind `reserve`. */
  used = 0;
  /** Too much is unsent: what is written nevertheless is kept in memory. */
  full = false;
  readonly #stream: Duplex;
  readonly #onRoom: () => void;
  #slab: Buffer | null = null;
  #turn = false; // a flush is due at the end of this turn

  /** @param onRoom is called when `full` has become false again */
  constructor(stream: Duplex, onRoom: () => void) {
    this.#stream = stream;
    this.#onRoom = onRoom;
  }

  get bytes(): Buffer {
    return this.#slab as Buffer;
  }

  /** Makes room for `length` bytes at `used`, at most 64 KiB. */
  reserve(length: number): void {
    if (this.#slab !== null && this.used + length > SLAB_BYTES) this.#write();
    this.#slab ??= freeSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
    if (!this.#turn) this.#beginTurn();
  }

  /** `data` must not change until it has been sent. */
  append(data: Buffer): void {
    if (data.length >= LARGE_BYTES) {
      this.#write();
      if (!this.#turn) this.#beginTurn();
      this.#hand(data, null);
      return;
    }
    this.reserve(data.length);
    this.used += data.copy(this.bytes, this.used);
  }

  /** Hands over what has been collected now. */
  flush(): void {
    if (!this.#turn) return;
    this.#turn = false;
    this.#write();
    this.#stream.uncork();
  }

  #beginTurn(): void {
    this.#turn = true;
    this.#stream.cork();
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => this.flush();

  #write(): void {
    const slab = this.#slab;
    if (slab === null) return;
    const { used } = this;
    this.#slab = null;
    this.used = 0;
    this.#hand(slab.subarray(0, used), slab);
  }

  #hand(data: Buffer, slab: Buffer | null): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return;
    stream.write(data, () => {
      if (slab !== null && freeSlabs.length < MAX_FREE_SLABS) freeSlabs.push(slab);
      if (!this.full || stream.writableLength > LOW_WATER_BYTES) return;
      this.full = false;
      this.#onRoom();
    });
    if (stream.writableLength > HIGH_WATER_BYTES) this.full = true;
  }
}
