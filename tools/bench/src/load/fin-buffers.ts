const ID_BYTES = 16;
const ID_AT = 'FIN '.length;
const FIN = Buffer.from(`FIN ${'0'.repeat(ID_BYTES)}\n`);
const MOST_OUTSTANDING = 64;

/** A run of FIN commands of which only the ids change. */
export class FinBuffer {
  readonly bytes: Buffer;
  length = 0;

  constructor(commands: number) {
    this.bytes = Buffer.allocUnsafe(commands * FIN.length);
    for (let at = 0; at < this.bytes.length; at += FIN.length) FIN.copy(this.bytes, at);
  }

  /** Adds the FIN of the message whose id stands at `at`. */
  add(source: Buffer, at: number): void {
    // Sixteen bytes: a loop is several times cheaper than a call of copy().
    const to = this.length + ID_AT;
    for (let i = 0; i < ID_BYTES; i++) this.bytes[to + i] = source[at + i] as number;
    this.length += FIN.length;
  }
}

/** Buffers come back when the socket has sent them, so that there are only as many as are under way. */
export class FinBuffers {
  readonly #free: FinBuffer[] = [];
  readonly #commands: number;
  #outstanding = 0;

  constructor(commands: number) {
    this.#commands = commands;
  }

  /** So many are under way that no more input should be read. */
  get exhausted(): boolean {
    return this.#outstanding >= MOST_OUTSTANDING;
  }

  take(): FinBuffer {
    this.#outstanding++;
    const buffer = this.#free.pop() ?? new FinBuffer(this.#commands);
    buffer.length = 0;
    return buffer;
  }

  giveBack(buffer: FinBuffer): void {
    this.#outstanding--;
    this.#free.push(buffer);
  }
}
