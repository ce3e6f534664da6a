import { ProtocolError } from './errors.js';
import { Pieces } from './pieces.js';

const SIZE_BYTES = 4; // does not count itself

/** The data is `buf` from `from` to `to`. */
type OnData = (buf: Buffer, from: number, to: number) => void;

/** Splits a stream of sizes (int32) with data behind them. Only what chunk boundaries cut is copied, once. */
export class SizedReader {
  readonly #onData: OnData;
  readonly #what: string;
  readonly #min: number;
  readonly #max: number;
  readonly #pieces = new Pieces();
  #want = 0; // bytes that #pieces must reach

  /** @param what names one of them in error texts @param min smallest size to accept @param max largest */
  constructor(onData: OnData, what: string, min: number, max: number) {
    this.#onData = onData;
    this.#what = what;
    this.#min = min;
    this.#max = max;
  }

  get pendingBytes(): number {
    return this.#pieces.bytes;
  }

  /** @throws {ProtocolError} `E_BAD_MESSAGE` for a size out of bounds */
  push(chunk: Buffer): void {
    let at = 0;
    while (this.#pieces.bytes > 0) {
      const stop = at + this.#want - this.#pieces.bytes;
      if (stop > chunk.length) return this.#pieces.add(at === 0 ? chunk : chunk.subarray(at));
      const joined = this.#pieces.complete(chunk.subarray(at, stop));
      at = stop;
      this.#run(joined, 0);
    }
    this.#run(chunk, at);
  }

  #run(buf: Buffer, start: number): void {
    let at = start;
    this.#want = SIZE_BYTES;
    while (buf.length - at >= SIZE_BYTES) {
      const size = buf.readInt32BE(at);
      if (size < this.#min || size > this.#max) {
        throw new ProtocolError('E_BAD_MESSAGE', `${this.#what} size ${size} out of range ${this.#min}-${this.#max}`);
      }
      const end = at + SIZE_BYTES + size;
      if (end > buf.length) {
        this.#want = end - at;
        break;
      }
      this.#onData(buf, at + SIZE_BYTES, end);
      at = end;
    }
    if (at < buf.length) this.#pieces.add(buf.subarray(at));
  }
}
