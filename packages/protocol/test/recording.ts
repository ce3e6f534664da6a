import { CommandReader } from '../src/command-reader.js';
import { ConnectionState, type CommandLimits, type CommandSink } from '../src/command-sink.js';
import { ProtocolError } from '../src/errors.js';

export const LIMITS: CommandLimits = { maxMsgSize: 1_048_576, maxBodySize: 5_242_880, maxRdyCount: 2500, maxReqTimeout: 3_600_000 };

const id = (hi: number, lo: number, bytes: Buffer, at: number): string => `${bytes.toString('latin1', at, at + 16)} ${hi} ${lo}`;

/** The messages in a range of sizes and bodies. */
export function bodies(bytes: Buffer, from: number, to: number): string[] {
  const found: string[] = [];
  for (let at = from; at < to;) {
    const size = bytes.readInt32BE(at);
    found.push(bytes.toString('hex', at + 4, at + 4 + size));
    at += 4 + size;
  }
  return found;
}

/** A reader whose commands are written down, with the state kept as a server keeps it. */
export class Recording implements CommandSink {
  readonly reader: CommandReader;
  /** Runs inside each sink call. */
  onCommand: () => void = () => undefined;
  // Rendered late, so that memory which changes after the call shows.
  readonly #seen: (() => string)[] = [];

  constructor(limits: Partial<CommandLimits> = {}) {
    this.reader = new CommandReader(this, { ...LIMITS, ...limits });
  }

  get commands(): string[] {
    return this.#seen.map((render) => render());
  }

  #note(render: () => string): void {
    this.#seen.push(render);
    this.onCommand();
  }

  identify(body: Buffer): void {
    this.#note(() => `IDENTIFY ${body.toString('hex')}`);
  }
  auth(secret: Buffer): void {
    this.#note(() => `AUTH ${secret.toString('hex')}`);
  }
  sub(topic: string, channel: string): void {
    this.reader.state = ConnectionState.Subscribed;
    this.#note(() => `SUB ${topic} ${channel}`);
  }
  pub(topic: string, bytes: Buffer, at: number, size: number): void {
    this.#note(() => `PUB ${topic} ${bodies(bytes, at, at + 4 + size).join(' ')}`);
  }
  dpub(topic: string, deferMs: number, bytes: Buffer, at: number, size: number): void {
    this.#note(() => `DPUB ${topic} ${deferMs} ${bodies(bytes, at, at + 4 + size).join(' ')}`);
  }
  mpubBegin(topic: string): void {
    this.#note(() => `MPUB begins ${topic}`);
  }
  mpub(bytes: Buffer, at: number, end: number, count: number): void {
    this.#note(() => `MPUB ${count} ${bodies(bytes, at, end).join(' ')}`);
  }
  rdy(count: number): void {
    this.#note(() => `RDY ${count}`);
  }
  fin(hi: number, lo: number, bytes: Buffer, at: number): void {
    this.#note(() => `FIN ${id(hi, lo, bytes, at)}`);
  }
  req(hi: number, lo: number, delayMs: number, bytes: Buffer, at: number): void {
    this.#note(() => `REQ ${id(hi, lo, bytes, at)} ${delayMs}`);
  }
  touch(hi: number, lo: number, bytes: Buffer, at: number): void {
    this.#note(() => `TOUCH ${id(hi, lo, bytes, at)}`);
  }
  cls(): void {
    this.reader.state = ConnectionState.Closing;
    this.#note(() => 'CLS');
  }
  nop(): void {
    this.#note(() => 'NOP');
  }
}

/** What `push` throws for these chunks, which must be a ProtocolError; `undefined` when nothing. */
export function pushAll(reader: { push(chunk: Buffer): void }, chunks: readonly Buffer[]): ProtocolError | undefined {
  try {
    for (const chunk of chunks) reader.push(chunk);
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

/** Chunks of memory of their own, cut at the given places, taken modulo the length. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return edges.slice(1).map((edge, i) => Buffer.from(bytes.subarray(edges[i], edge)));
}

export function singleBytes(bytes: Buffer): Buffer[] {
  return [...bytes].map((byte) => Buffer.of(byte));
}

/** `4` becomes `00 00 00 04`. */
export function int32(...values: number[]): Buffer {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => out.writeInt32BE(value, 4 * i));
  return out;
}

/** Strings are latin1. */
export function bytesOf(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}
