import { Duplex } from 'node:stream';
import type { Codec } from './codec.js';

type Done = (error?: Error | null) => void;

/** A compression above a socket: plain bytes here, compressed bytes there. Input that is damaged ends the stream where the damage begins. */
export class CompressedSocket extends Duplex {
  readonly #below: Duplex;
  readonly #codec: Codec;
  #written = 0; // plain bytes whose compressed form the layer below has sent
  #writing: Done | null = null;
  #pieces = 0; // of the write under way that the layer below has not sent
  #compressed = false; // the write under way has no more pieces
  #spent = false; // what comes from below is dropped

  /** @param onDamage is told why the input cannot be read on */
  constructor(below: Duplex, codec: Codec, onDamage: (error: Error) => void) {
    // Its end does not destroy it: the layer below may still have something to send.
    super({ allowHalfOpen: true, autoDestroy: false });
    this.#below = below;
    this.#codec = codec;
    const { compressor, decompressor } = codec;
    compressor.on('data', (piece: Buffer) => this.#send(piece));
    compressor.on('error', (error) => this.destroy(error));
    decompressor.on('data', (plain: Buffer) => {
      if (!this.push(plain)) decompressor.pause();
    });
    decompressor.on('drain', () => below.resume());
    decompressor.on('end', () => this.#endInput());
    decompressor.on('error', (error) => {
      onDamage(error);
      this.#endInput();
    });
    below.on('data', (bytes: Buffer) => {
      if (!this.#spent && !decompressor.write(bytes)) below.pause();
    });
    below.on('end', () => {
      if (!this.#spent) decompressor.end();
    });
    below.on('error', (error) => this.destroy(error));
    // Both sides have ended, but what came last may still be under way here.
    below.on('close', () => {
      if (this.#spent || !decompressor.writableEnded) this.destroy();
    });
    decompressor.pause();
    below.resume();
  }

  /** Plain bytes given to it, sent or not. */
  get bytesWritten(): number {
    return this.#written + this.writableLength;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Nothing more can be read. What still comes is taken and dropped, or the last output could be lost to a reset. */
  #endInput(): void {
    if (this.#spent) return;
    this.#spent = true;
    this.push(null);
    if (this.#below.destroyed) this.destroy();
    else this.#below.resume();
  }

  override _read(): void {
    this.#codec.decompressor.resume();
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#writing = (error) => {
      if (!error) this.#written += data.length;
      done(error);
    };
    this.#compressed = false;
    // In one write, or the end of a flush may come alone: pynsq takes a read that decompresses to nothing for the end of the connection.
    this.#below.cork();
    this.#codec.compressor.write(data, (error) => {
      this.#compressed = true;
      this.#below.uncork();
      this.#sent(error);
    });
  }

  #send(piece: Buffer): void {
    this.#pieces++;
    this.#below.write(piece, (error) => {
      this.#pieces--;
      this.#sent(error);
    });
  }

  #sent(error?: Error | null): void {
    if (!error && (this.#pieces > 0 || !this.#compressed)) return;
    const done = this.#writing;
    this.#writing = null;
    done?.(error);
  }

  override _final(done: Done): void {
    this.#below.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#spent = true;
    this.#codec.compressor.destroy();
    this.#codec.decompressor.destroy();
    this.#below.destroy();
    done(error);
  }
}
