const MIN_CAPACITY = 256;
const NO_BYTES = Buffer.alloc(0);

/**
 * The bytes of something that chunk boundaries cut, until the rest has come. Takes memory for what has come, at most twice that much,
 * never for what was announced; none when it is empty.
 */
export class ByteCollector {
  #buffer = NO_BYTES;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#buffer.length * 2, MIN_CAPACITY));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    bytes.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  /** Everything held and `last` behind it; holds nothing afterwards. A view on `last` when nothing was held. */
  complete(last: Buffer): Buffer {
    if (this.#length === 0) return last;
    this.add(last);
    const whole = this.#buffer.subarray(0, this.#length);
    this.#buffer = NO_BYTES;
    this.#length = 0;
    return whole;
  }
}
