import type { Writable } from 'node:stream';

/** Bytes that are collected before they are written, and what one write hands to the kernel. */
const SLAB_BYTES = 64 * 1024;
/** Pooled memory that is kept for later. */
const MAX_FREE_SLABS = 64;
/** Unsent bytes from which on a consumer gets no messages. */
const HIGH_WATER_BYTES = 256 * 1024;
/** A body from this size on is written where it lies. */
export const LARGE_BODY_BYTES = SLAB_BYTES / 2;

interface Slab {
  readonly bytes: Buffer;
  readonly view: DataView;
}

const free: Slab[] = [];

function takeSlab(): Slab {
  const slab = free.pop();
  if (slab !== undefined) return slab;
  const bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
  return { bytes, view: new DataView(bytes.buffer) };
}

function giveSlab(slab: Slab): void {
  if (free.length < MAX_FREE_SLABS) free.push(slab);
}

/**
 * Collects what goes out on one connection, and writes it when it is much or when the turn ends. A connection with nothing to write
 * holds no buffer.
 */
export class Output {
  /** The kernel does not take more for now. */
  full = false;
  /** Offset in `bytes` and `view` where the next frame goes. Valid after `reserve`. */
  used = 0;
  #socket: Writable;
  #slab: Slab | null = null;
  #held = false; // what has been collected follows the write under way

  constructor(socket: Writable) {
    this.#socket = socket;
  }

  /** Goes on with another socket. Nothing may be collected. */
  redirect(socket: Writable): void {
    this.#socket = socket;
    this.#held = false;
    this.full = false;
  }

  get bytes(): Buffer {
    return (this.#slab as Slab).bytes;
  }

  get view(): DataView {
    return (this.#slab as Slab).view;
  }

  /** Makes room for `length` contiguous bytes, at most SLAB_BYTES, at `used`. */
  reserve(length: number): void {
    if (this.used + length > SLAB_BYTES) this.flush();
    this.#slab ??= takeSlab();
  }

  append(data: Buffer): void {
    if (data.length >= LARGE_BODY_BYTES) {
      this.flush();
      this.#write(data);
      return;
    }
    this.reserve(data.length);
    this.used += data.copy(this.bytes, this.used);
  }

  /** Writes what has been collected. */
  flush(): void {
    const slab = this.#slab;
    if (slab === null) return;
    const length = this.used;
    this.#slab = null;
    this.used = 0;
    if (length === 0 || this.#socket.destroyed) {
      giveSlab(slab);
      return;
    }
    this.#socket.write(slab.bytes.subarray(0, length), () => {
      giveSlab(slab);
      this.#written();
    });
    this.full = this.#socket.writableLength > HIGH_WATER_BYTES;
  }

  /**
   * Writes what has been collected, or has it follow the write under way when the kernel does not take more: small writes that wait
   * would keep a slab each, a thousand times their own bytes.
   */
  flushInTurn(): void {
    if (this.#socket.writableLength === 0) this.flush();
    else this.#held = this.used > 0;
  }

  #write(data: Buffer): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(data, () => this.#written());
    this.full = this.#socket.writableLength > HIGH_WATER_BYTES;
  }

  #written(): void {
    if (!this.#held) return;
    this.#held = false;
    this.flushInTurn();
  }
}
