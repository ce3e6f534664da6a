/**
 * Cuts bytes that come in chunks at a delimiter. Empty records are left out, as NSQ has no empty messages; records above `maxBytes` are left out and counted.
 * No more is held than one record and a chunk.
 */
export class RecordSplitter {
  /** Records that were too long. */
  oversized = 0;
  readonly #delimiter: Buffer;
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #skipping = false; // inside a record that is too long

  constructor(delimiter: Buffer, maxBytes: number) {
    this.#delimiter = delimiter;
    this.#maxBytes = maxBytes;
  }

  /** The records that end in this chunk. They are views on it. */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const records: Buffer[] = [];
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(this.#delimiter, at);
      if (end < 0) break;
      this.#take(bytes.subarray(at, end), records);
      at = end + this.#delimiter.length;
    }
    this.#rest = bytes.subarray(at);
    if (this.#rest.length > this.#maxBytes + this.#delimiter.length) this.#skip();
    return records;
  }

  /** What has no delimiter behind it is a record as well. */
  end(): Buffer[] {
    const records: Buffer[] = [];
    this.#take(this.#rest, records);
    this.#rest = Buffer.alloc(0);
    return records;
  }

  #take(record: Buffer, records: Buffer[]): void {
    if (this.#skipping) this.#skipping = false;
    else if (record.length > this.#maxBytes) this.oversized++;
    else if (record.length > 0) records.push(record);
  }

  /** Forgets what is there of a record that is too long, but for what may be the beginning of the delimiter. */
  #skip(): void {
    if (!this.#skipping) this.oversized++;
    this.#skipping = true;
    this.#rest = Buffer.from(this.#rest.subarray(this.#rest.length - this.#delimiter.length + 1));
  }
}

/** What `--delimiter` stands for: `\n`, `\t`, `\r`, `\0` and `\\` as in a shell's quotes, the rest as it is. */
export function parseDelimiter(text: string): Buffer {
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' };
  return Buffer.from(text.replace(/\\([ntr0\\])/g, (_, letter: string) => escapes[letter] ?? letter));
}
