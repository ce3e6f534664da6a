import { connect, type Socket } from 'node:net';
import type { Transform } from 'node:stream';

const SIZE_BYTES = 4;
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** A client's end of a connection: what arrives is kept until it is asked for. */
export class WireConnection {
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);
  #ended = false;
  #wake = (): void => undefined;

  #decompressor: Transform | null = null;

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.#socket.on('data', (chunk) => {
      if (this.#decompressor === null) this.#receive(chunk);
      else this.#decompressor.write(chunk);
    });
    const ended = () => {
      this.#ended = true;
      this.#wake();
    };
    // A reset is an end too: unread input makes the kernel send one when a server closes.
    this.#socket.on('end', ended).on('error', ended).on('close', ended);
  }

  #receive(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    if (this.#unread.length > MAX_UNREAD_BYTES) this.#socket.destroy();
    this.#wake();
  }

  /** What comes from now on, and what has come unread, is compressed. */
  decompress(decompressor: Transform): void {
    if (this.#decompressor !== null) return;
    this.#decompressor = decompressor;
    const early = this.#unread;
    this.#unread = Buffer.alloc(0);
    decompressor.on('data', (bytes: Buffer) => this.#receive(bytes));
    decompressor.on('error', () => this.#socket.destroy());
    decompressor.write(early);
  }

  get unread(): Buffer {
    return this.#unread;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** No more will be sent; what the server still says can be received. */
  finish(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The next whole reply without taking it, or null when it has not come within `ms` or will not come. */
  async peek(ms: number): Promise<Buffer | null> {
    const whole = () => this.#unread.length >= SIZE_BYTES && this.#unread.length >= SIZE_BYTES + this.#unread.readUInt32BE(0);
    await this.#until(() => whole() || this.#ended, ms);
    return whole() ? Buffer.from(this.#unread.subarray(0, SIZE_BYTES + this.#unread.readUInt32BE(0))) : null;
  }

  /** Takes the bytes that `peek` has shown. */
  take(reply: Buffer): void {
    this.#unread = this.#unread.subarray(reply.length);
  }

  /** Waits for a byte or the end of the stream, at most `ms`; false when neither came. */
  event(ms: number): Promise<boolean> {
    return this.#until(() => this.#ended || this.#unread.length > 0, ms);
  }

  /** Waits for the end of the stream, at most `ms`; false when it did not come. */
  end(ms: number): Promise<boolean> {
    return this.#until(() => this.#ended, ms);
  }

  async #until(condition: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    for (let left = ms; !condition() && left > 0; left = deadline - performance.now()) {
      await new Promise<void>((resolve) => {
        // Timers may fire up to a millisecond early.
        const timer = setTimeout(resolve, Math.ceil(left));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return condition();
  }
}
