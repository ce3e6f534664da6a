import { ProtocolError } from './errors.js';

/** The most messages that a body of `maxBodyBytes` could hold: a count and at least five bytes for each. */
export function maxMessageCount(maxBodyBytes: number): number {
  return Math.floor((maxBodyBytes - 4) / 5);
}

/**
 * Walks the messages of an MPUB, size after size, wherever the stream is cut, and checks each size as soon as its four bytes are there.
 * It makes nothing: whoever feeds it keeps the bytes.
 */
export class MpubWalker {
  readonly #maxMsgBytes: number;
  readonly #maxBodyBytes: number;
  #left = 0; // messages whose end has not been passed
  #index = 0;
  #skip = 0; // bytes of the current message still to come
  #sizeBytes = 0; // bytes of a cut size field so far
  #size = 0; // their value
  #total = 0;

  constructor(maxMsgBytes: number, maxBodyBytes: number) {
    this.#maxMsgBytes = maxMsgBytes;
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** Whether the last message has been passed. */
  get done(): boolean {
    return this.#left === 0;
  }

  begin(count: number): void {
    this.#left = count;
    this.#index = 0;
    this.#skip = 0;
    this.#sizeBytes = 0;
    this.#size = 0;
    this.#total = 4;
  }

  /**
   * Takes bytes from `pos` on. Returns where it stopped: behind the last message when `done`, else the end of `buf`.
   * @throws {ProtocolError} for a size that no message may have, and when all together outgrow a body
   */
  walk(buf: Buffer, pos: number): number {
    const end = buf.length;
    let at = pos;
    if (this.#skip > 0) {
      const taken = Math.min(this.#skip, end - at);
      at += taken;
      this.#skip -= taken;
      if (this.#skip > 0) return at;
      this.#left--;
    }
    let left = this.#left;
    while (left > 0) {
      let size: number;
      if (this.#sizeBytes === 0 && end - at >= 4) {
        size = buf.readInt32BE(at);
        at += 4;
      } else {
        while (this.#sizeBytes < 4 && at < end) {
          this.#size = (this.#size << 8) | (buf[at++] ?? 0);
          this.#sizeBytes++;
        }
        if (this.#sizeBytes < 4) break;
        size = this.#size;
        this.#sizeBytes = 0;
        this.#size = 0;
      }
      this.#check(size);
      if (end - at < size) {
        this.#skip = size - (end - at);
        at = end;
        break;
      }
      at += size;
      left--;
    }
    this.#left = left;
    return at;
  }

  /** What is wrong when the stream ends here. */
  cut(): ProtocolError {
    if (this.#skip > 0) return new ProtocolError('E_BAD_MESSAGE', 'MPUB failed to read message body');
    return new ProtocolError('E_BAD_MESSAGE', `MPUB failed to read message(${this.#index}) body size`);
  }

  #check(size: number): void {
    if (size <= 0) throw new ProtocolError('E_BAD_MESSAGE', `MPUB invalid message(${this.#index}) body size ${size}`);
    if (size > this.#maxMsgBytes) throw new ProtocolError('E_BAD_MESSAGE', `MPUB message too big ${size} > ${this.#maxMsgBytes}`);
    // The announced length of the whole body binds nobody, so what really comes is bounded here.
    this.#total += 4 + size;
    if (this.#total > this.#maxBodyBytes) {
      throw new ProtocolError('E_BAD_BODY', `MPUB body too big ${this.#total} > ${this.#maxBodyBytes}`);
    }
    this.#index++;
  }
}
