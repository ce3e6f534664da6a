import { Transform, type TransformCallback } from 'node:stream';
import type { Codec } from './codec.js';
import { SnappyDecoder, SnappyEncoder } from './snappy-frames.js';

class SnappyCompressor extends Transform {
  readonly #encoder = new SnappyEncoder();

  override _transform(data: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    done(null, this.#encoder.encode(data));
  }
}

/** Stops between chunks while nobody takes their content: a short input can hold many times its length. */
class SnappyDecompressor extends Transform {
  readonly #decoder = new SnappyDecoder();
  #done: TransformCallback | null = null; // of the input under way
  #going = false;

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#decoder.push(bytes);
    this.#done = done;
    this.#go();
  }

  override _read(size: number): void {
    if (this.#done === null) super._read(size);
    else this.#go();
  }

  #go(): void {
    if (this.#going) return;
    this.#going = true;
    const error = this.#pushAll();
    this.#going = false;
    if (error === undefined) return;
    const done = this.#done;
    this.#done = null;
    done?.(error);
  }

  /** What ended the input, null when it is read; undefined when there is more of it. */
  #pushAll(): Error | null | undefined {
    try {
      for (let content = this.#decoder.next(); content !== null; content = this.#decoder.next()) {
        if (!this.push(content)) return undefined;
      }
      return null;
    } catch (error) {
      return error as Error;
    }
  }
}

/** Snappy's framing format in both directions. */
export function snappyCodec(): Codec {
  return { name: 'snappy', compressor: new SnappyCompressor(), decompressor: new SnappyDecompressor() };
}
