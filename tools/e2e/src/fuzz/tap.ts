import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** A socket whose outgoing bytes may be changed under way: what TLS wrote is not what arrives. */
export class Tap extends Duplex {
  readonly #socket: Socket;
  readonly #change: (bytes: Buffer) => Buffer;

  constructor(socket: Socket, change: (bytes: Buffer) => Buffer) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#change = change;
    socket.on('data', (bytes: Buffer) => {
      if (!this.destroyed && !this.push(bytes)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const changed = this.#change(bytes);
    if (this.#socket.writable && changed.length > 0) this.#socket.write(changed);
    done();
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.end();
    this.#socket.resume();
    done(error);
  }
}
