import type { Engine } from '../queue/engine.js';
import type { Transport } from './transport.js';

/** Notices that a client takes nothing of what is sent to it. */
export class OutputWatch {
  readonly #engine: Engine;
  #taken = 0; // bytes that the kernel had accepted when this last looked
  #since: number; // when that had last changed, engine milliseconds

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#since = engine.now;
  }

  restart(): void {
    this.#since = this.#engine.now;
  }

  /** Whether output has waited for `limit` milliseconds, 0 for any time, without a byte going out since this was last asked. */
  isStuck(socket: Transport, limit: number): boolean {
    const taken = socket.bytesWritten - socket.writableLength;
    if (socket.writableLength === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#since = this.#engine.now;
      return false;
    }
    return limit > 0 && this.#engine.now - this.#since >= limit - 1;
  }
}
