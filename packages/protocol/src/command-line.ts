import { ProtocolError } from './errors.js';
import { isValidName } from './names.js';
import { quote } from './quote.js';

const SPACE = 32;

/** One command line, split at every single space. Parameters stay bytes until somebody needs text. */
export class CommandLine {
  readonly bytes: Buffer;
  /** Start of each parameter; its end is one before the next start. */
  readonly #starts: number[];
  readonly #end: number;

  /** @param from first byte @param to the byte behind the last, line end excluded */
  constructor(bytes: Buffer, from: number, to: number) {
    this.bytes = bytes;
    this.#end = to;
    this.#starts = [from];
    for (let i = from; i < to; i++) if (bytes[i] === SPACE) this.#starts.push(i + 1);
  }

  /** Number of parameters behind the command's name. */
  get argCount(): number {
    return this.#starts.length - 1;
  }

  /** First byte of parameter `n`, 0 being the name. */
  start(n: number): number {
    return this.#starts[n] ?? this.#end;
  }

  /** The byte behind parameter `n`. */
  end(n: number): number {
    const next = this.#starts[n + 1];
    return next === undefined ? this.#end : next - 1;
  }

  raw(n: number): Buffer {
    return this.bytes.subarray(this.start(n), this.end(n));
  }

  text(n: number): string {
    return this.bytes.toString('latin1', this.start(n), this.end(n));
  }

  /** @throws {ProtocolError} `E_INVALID` when there are fewer parameters */
  need(count: number, word: 'parameters' | 'params'): void {
    if (this.argCount < count) throw new ProtocolError('E_INVALID', `${this.text(0)} insufficient number of ${word}`);
  }

  /** @throws {ProtocolError} `E_BAD_TOPIC` */
  topic(n: number): string {
    const name = this.text(n);
    if (isValidName(name)) return name;
    const command = this.text(0);
    // The code stands twice in the reference's answer to MPUB, and clients may look for it.
    const twice = command === 'MPUB' ? 'E_BAD_TOPIC ' : '';
    throw new ProtocolError('E_BAD_TOPIC', `${twice}${command} topic name ${quote(this.raw(n))} is not valid`);
  }

  /** @throws {ProtocolError} `E_BAD_CHANNEL` */
  channel(n: number): string {
    const name = this.text(n);
    if (isValidName(name)) return name;
    throw new ProtocolError('E_BAD_CHANNEL', `${this.text(0)} channel name ${quote(this.raw(n))} is not valid`);
  }

  /** The description of an error that ends with a parameter as it came. */
  withRaw(text: string, n: number): Buffer {
    return Buffer.concat([Buffer.from(text), this.raw(n)]);
  }
}
