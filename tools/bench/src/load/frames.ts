const SIZE_BYTES = 4;
const HEADER_BYTES = 8;
const MOST_FRAME_BYTES = 8 * 1024 * 1024;

/** Offset of the id in a message frame: size, type, timestamp, attempts come before it. */
export const ID_AT = 18;
/** Offset of the body in a message frame. */
export const BODY_AT = 34;
export const FRAME_MESSAGE = 2;

/** Gets each frame in place: its type, and from where to where it lies in `bytes`. */
export type OnFrame = (type: number, bytes: Buffer, start: number, end: number) => void;

/** Walks over the frames of a stream without making objects; only a frame that is cut is copied. */
export class FrameWalker {
  readonly #onFrame: OnFrame;
  #cut = Buffer.allocUnsafe(64 * 1024);
  #have = 0;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  walk(bytes: Buffer, length: number): void {
    let at = this.#have > 0 ? this.#completeCut(bytes, length) : 0;
    while (length - at >= HEADER_BYTES) {
      const end = at + frameLength(bytes, at);
      if (end > length) break;
      this.#onFrame(bytes[at + 7] as number, bytes, at, end);
      at = end;
    }
    if (at < length) this.#keep(bytes, at, length);
  }

  /** Adds what the cut frame lacks and hands it on; returns where the next frame begins. */
  #completeCut(bytes: Buffer, length: number): number {
    let at = 0;
    if (this.#have < HEADER_BYTES) at = this.#keep(bytes, 0, Math.min(length, HEADER_BYTES - this.#have));
    if (this.#have < HEADER_BYTES) return at;
    const need = frameLength(this.#cut, 0);
    at = this.#keep(bytes, at, Math.min(length, at + need - this.#have));
    if (this.#have === need) {
      this.#have = 0;
      this.#onFrame(this.#cut[7] as number, this.#cut, 0, need);
    }
    return at;
  }

  #keep(bytes: Buffer, from: number, to: number): number {
    if (this.#have + to - from > this.#cut.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#have + to - from));
      this.#cut.copy(larger, 0, 0, this.#have);
      this.#cut = larger;
    }
    bytes.copy(this.#cut, this.#have, from, to);
    this.#have += to - from;
    return to;
  }
}

function frameLength(bytes: Buffer, at: number): number {
  const size = bytes.readInt32BE(at);
  if (size < SIZE_BYTES || size > MOST_FRAME_BYTES) throw new Error(`a frame of ${size} bytes`);
  return SIZE_BYTES + size;
}
