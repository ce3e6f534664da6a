import { MAGIC_LOOKUP_V1, MAX_LINE_BYTES, ProtocolError } from '@nsq/protocol';
import { ByteCollector } from './byte-collector.js';

const SIZE_BYTES = 4;
const LF = 10;
const SPACE = 32;
/** The largest body of an IDENTIFY; a real one has a few hundred bytes. */
export const MAX_IDENTIFY_BYTES = 64 * 1024;

const Step = { Magic: 0, Line: 1, Size: 2, Body: 3 } as const;
type Step = (typeof Step)[keyof typeof Step];

/** Takes what the reader has found, in order. What it throws ends the reading and comes out of `push`. */
export interface CommandSink {
  /** The first four bytes, to be checked by the sink. */
  magic(bytes: Buffer): void;
  /** A line, trimmed and split at every single space, byte for byte (latin1). @returns whether a body follows */
  command(words: readonly string[]): boolean;
  /** The body of the command that wanted one. A view: copy it to keep it past the call. */
  body(bytes: Buffer): void;
}

/**
 * The server's side of lookup V1: finds the magic, lines and bodies in a stream, wherever it is cut.
 *
 *   "  V1" { line LF [ int32 length, body ] }
 */
export class CommandReader {
  readonly #sink: CommandSink;
  readonly #held = new ByteCollector();
  #step: Step = Step.Magic;
  #need = MAGIC_LOOKUP_V1.length; // bytes of this step, except for a line

  constructor(sink: CommandSink) {
    this.#sink = sink;
  }

  /** Bytes kept of what is not complete, at most MAX_IDENTIFY_BYTES. */
  get pendingBytes(): number {
    return this.#held.length;
  }

  /** @throws {ProtocolError} for a line or a length out of bounds, and what the sink throws; the reader is of no use after it */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#step === Step.Line ? this.#readLine(chunk, at) : this.#readFixed(chunk, at);
  }

  /** The error of a stream that ends here; undefined when no answer is due, also for a line without its end. */
  end(): ProtocolError | undefined {
    if (this.#step === Step.Size) return new ProtocolError('E_BAD_BODY', 'IDENTIFY failed to read body size');
    return this.#step === Step.Body ? unreadableBody() : undefined;
  }

  #readLine(chunk: Buffer, from: number): number {
    const lf = chunk.indexOf(LF, from);
    const end = lf === -1 ? chunk.length : lf;
    if (this.#held.length + end - from >= MAX_LINE_BYTES) throw new ProtocolError('E_INVALID', 'command line too long');
    const bytes = chunk.subarray(from, end);
    if (lf === -1) {
      this.#held.add(bytes);
      return chunk.length;
    }
    const words = trim(this.#held.complete(bytes)).toString('latin1').split(' ');
    if (this.#sink.command(words)) this.#expect(Step.Size, SIZE_BYTES);
    return lf + 1;
  }

  #readFixed(chunk: Buffer, from: number): number {
    const end = from + this.#need - this.#held.length;
    if (end > chunk.length) {
      this.#held.add(chunk.subarray(from));
      return chunk.length;
    }
    const bytes = this.#held.complete(chunk.subarray(from, end));
    const step = this.#step;
    this.#expect(Step.Line, 0);
    if (step === Step.Magic) this.#sink.magic(bytes);
    else if (step === Step.Size) this.#readSize(bytes.readInt32BE());
    else this.#sink.body(bytes);
    return end;
  }

  #readSize(size: number): void {
    if (size < 0 || size > MAX_IDENTIFY_BYTES) throw unreadableBody();
    if (size === 0) this.#sink.body(Buffer.alloc(0));
    else this.#expect(Step.Body, size);
  }

  #expect(step: Step, need: number): void {
    this.#step = step;
    this.#need = need;
  }
}

function unreadableBody(): ProtocolError {
  return new ProtocolError('E_BAD_BODY', 'IDENTIFY failed to read body');
}

/** Without spaces, tabs and line ends on both sides. */
function trim(line: Buffer): Buffer {
  let from = 0;
  let to = line.length;
  while (from < to && isSpace(line[from] ?? 0)) from++;
  while (to > from && isSpace(line[to - 1] ?? 0)) to--;
  return line.subarray(from, to);
}

function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13);
}
