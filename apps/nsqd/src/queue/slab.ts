import type { Batch } from './batch.js';

const SLAB_BYTES = 64 * 1024;
/** Up to this size a batch shares a slab with others. */
const MAX_SHARED_BYTES = SLAB_BYTES / 8;

/**
 * Where batches go that stay a while: out of socket chunks that hold much else, small ones side by side, so that the memory held is
 * about the bytes that are queued.
 */
export class Slab {
  #bytes: Buffer | null = null;
  #used = 0;

  /** Moves the batch unless it fills most of the memory that it is in. Returns whether it did. */
  adopt(batch: Batch): boolean {
    const length = batch.packedBytes;
    if (batch.bytes === this.#bytes || batch.count === 0) return false;
    if (length > MAX_SHARED_BYTES) {
      if (batch.bytes.buffer.byteLength <= 2 * length) return false;
      batch.moveTo(Buffer.allocUnsafeSlow(length), 0);
      return true;
    }
    if (this.#bytes === null || this.#used + length > SLAB_BYTES) {
      this.#bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    batch.moveTo(this.#bytes, this.#used);
    this.#used += length;
    return true;
  }
}
