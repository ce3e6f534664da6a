import type { Batch } from './batch.js';

/** The first slab of a topic, then each is twice the one before: ten thousand topics with a message each are to take little. */
const MIN_SLAB_BYTES = 1024;
const MAX_SLAB_BYTES = 64 * 1024;
/** Up to this size a batch shares a slab with others. */
const MAX_SHARED_BYTES = MAX_SLAB_BYTES / 8;

/**
 * Where batches go that stay a while: out of socket chunks that hold much else, small ones side by side, so that the memory held is
 * about the bytes that are queued.
 */
export class Slab {
  #bytes: Buffer | null = null;
  #used = 0;

  /** Lets go of the slab under way: nobody needs what is in it. */
  release(): void {
    this.#bytes = null;
    this.#used = 0;
  }

  /** Moves the batch unless it fills most of the memory that it is in. Returns whether it did. */
  adopt(batch: Batch): boolean {
    const length = batch.packedBytes;
    if (batch.bytes === this.#bytes || batch.count === 0) return false;
    if (length > MAX_SHARED_BYTES) {
      if (batch.bytes.buffer.byteLength <= 2 * length) return false;
      batch.moveTo(Buffer.allocUnsafeSlow(length), 0);
      return true;
    }
    if (this.#bytes === null || this.#used + length > this.#bytes.length) {
      const twice = Math.min(2 * (this.#bytes?.length ?? 0), MAX_SLAB_BYTES);
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(twice, length, MIN_SLAB_BYTES));
      this.#used = 0;
    }
    batch.moveTo(this.#bytes, this.#used);
    this.#used += length;
    return true;
  }
}
