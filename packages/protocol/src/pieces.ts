const SMALL_BYTES = 512;
const GATHER_BYTES = 4096;

/**
 * The bytes of something that chunk boundaries cut, until the rest has come. Pieces are kept as views and copied once, in `complete`;
 * only small ones are gathered before, because a view for each byte of a peer that sends byte by byte takes a hundred times its memory.
 */
export class Pieces {
  #parts: Buffer[] = [];
  #bytes = 0;
  #gathered: Buffer | undefined; // small pieces behind the last of #parts
  #used = 0; // bytes filled in #gathered

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a view on `piece`, or a copy when it is small and not the first. */
  add(piece: Buffer): void {
    if (piece.length === 0) return;
    if (this.#bytes > 0 && piece.length <= SMALL_BYTES) this.#gather(piece);
    else {
      this.#seal();
      this.#parts.push(piece);
    }
    this.#bytes += piece.length;
  }

  /** Everything held and `last` behind it, in one buffer; holds nothing afterwards. */
  complete(last: Buffer): Buffer {
    this.#seal();
    this.#parts.push(last);
    const joined = Buffer.concat(this.#parts, this.#bytes + last.length);
    this.clear();
    return joined;
  }

  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
    this.#gathered = undefined;
    this.#used = 0;
  }

  #gather(piece: Buffer): void {
    if (this.#used + piece.length > GATHER_BYTES) this.#seal();
    this.#gathered ??= Buffer.allocUnsafeSlow(GATHER_BYTES);
    this.#used += piece.copy(this.#gathered, this.#used);
  }

  #seal(): void {
    if (this.#gathered === undefined || this.#used === 0) return;
    const filled = this.#gathered.subarray(0, this.#used);
    // Large and tiny pieces in turn must not pin a nearly empty buffer each.
    if (this.#used * 2 < GATHER_BYTES) this.#parts.push(Buffer.from(filled));
    else {
      this.#parts.push(filled);
      this.#gathered = undefined;
    }
    this.#used = 0;
  }
}
