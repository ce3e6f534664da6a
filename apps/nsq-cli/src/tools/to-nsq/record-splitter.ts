const DEFAULT_MAX_BYTES = 128 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Splits a stream into records at a delimiter. Empty ones are among them, as they count for a rate. */
export class RecordSplitter {
  readonly #delimiter: number;
  readonly #maxBytes: number;
  #parts: Buffer[] = []; // the record that is not complete yet
  #bytes = 0;

  /** @param delimiter one byte */
  constructor(delimiter: number, maxBytes = DEFAULT_MAX_BYTES) {
    this.#delimiter = delimiter;
    this.#maxBytes = maxBytes;
  }

  /** @throws {RangeError} when a record is longer than it may be */
  *push(chunk: Buffer): Generator<Buffer, void> {
    let from = 0;
    for (let at = chunk.indexOf(this.#delimiter); at >= 0; at = chunk.indexOf(this.#delimiter, from)) {
      const part = chunk.subarray(from, at);
      from = at + 1;
      yield this.#take(part);
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  /** What stands behind the last delimiter: null when nothing does. A final newline is left out: it belongs to the tool that wrote the input. */
  end(): Buffer | null {
    const rest = this.#take(Buffer.alloc(0));
    const record = this.#delimiter !== NEWLINE && rest.at(-1) === NEWLINE ? rest.subarray(0, -1) : rest;
    return record.length === 0 ? null : record;
  }

  #take(last: Buffer): Buffer {
    if (this.#parts.length === 0) return last;
    const record = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#bytes = 0;
    return record;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) throw new RangeError(`a record of more than ${this.#maxBytes} bytes: is --delimiter right?`);
    this.#parts.push(part);
  }
}
