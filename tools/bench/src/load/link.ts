import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { compressionOf, takeFrame, tlsAuthority, type Compression } from '@nsq/e2e';
import type { Layer } from './job.js';
import { MAGIC, OK_BYTES, open, sized, type OnBytes } from './wire.js';

const PATIENCE_MS = 10_000;
const DEFLATE_LEVEL = 1;

/** A connection to the daemon, with what lies between. */
export interface Link {
  /** Bytes that `send` takes any number of times, ready for the wire as far as the layer lets them be. */
  prepare(bytes: Buffer): Buffer;
  send(prepared: Buffer): void;
  write(bytes: Buffer | string, written?: () => void): void;
  /** The kernel does not take more for now; `onDrain` calls back when it does. */
  readonly congested: boolean;
  onDrain(go: () => void): void;
  /** Reading was stopped by what `OnBytes` returned. */
  resume(): void;
}

interface Where {
  readonly host: string;
  readonly port: number;
  readonly layer: Layer;
}

/** Connects, identifies, puts the layer in and sends `commands`, which one OK must answer. */
export async function openLink(
  where: Where,
  setup: { readonly identify: object; readonly commands?: string },
  onBytes: OnBytes,
  onEnd: (why: string) => void,
): Promise<Link> {
  if (where.layer === 'plain') return new PlainLink(await open(where, setup, onBytes, onEnd));
  const socket = connectTcp({ host: where.host, port: where.port, noDelay: true });
  socket.once('error', (error) => onEnd(error.message)).once('close', () => onEnd('the daemon closed the connection'));
  const identify = {
    ...setup.identify,
    feature_negotiation: true,
    deflate_level: DEFLATE_LEVEL,
    [where.layer === 'tls' ? 'tls_v1' : where.layer]: true,
  };
  socket.write(Buffer.concat([Buffer.from(`${MAGIC}IDENTIFY\n`), sized(Buffer.from(JSON.stringify(identify)))]));
  const answer = await takeFrame(socket, PATIENCE_MS);
  if (answer?.includes(`"${where.layer === 'tls' ? 'tls_v1' : where.layer}":true`) !== true) {
    socket.destroy();
    throw new Error(`the daemon does not offer ${where.layer}: ${answer ?? 'no answer'}`);
  }
  const link = where.layer === 'tls' ? await tlsLink(socket, onBytes, onEnd) : new CompressedLink(socket, where.layer, onBytes, onEnd);
  await link.ready(setup.commands);
  return link;
}

class PlainLink implements Link {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  prepare(bytes: Buffer): Buffer {
    return bytes;
  }

  send(prepared: Buffer): void {
    this.#socket.write(prepared);
  }

  write(bytes: Buffer | string, written?: () => void): void {
    this.#socket.write(bytes, () => written?.());
  }

  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  onDrain(go: () => void): void {
    this.#socket.on('drain', go);
  }

  resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }
}

/** Counts the OKs that must come first, then hands the bytes on. */
class Answers {
  readonly #onBytes: OnBytes;
  #due = OK_BYTES;
  #arrived = (): void => undefined;

  constructor(onBytes: OnBytes) {
    this.#onBytes = onBytes;
  }

  take(bytes: Buffer): boolean {
    const first = Math.min(this.#due, bytes.length);
    this.#due -= first;
    if (first > 0 && this.#due === 0) this.#arrived();
    return first === bytes.length || this.#onBytes(bytes.subarray(first), bytes.length - first);
  }

  /** Waits for `count` further OKs. */
  due(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#due += count * OK_BYTES;
      this.#arrived = resolve;
      if (this.#due === 0) resolve();
    });
  }
}

class TlsLink extends PlainLink {
  readonly #answers: Answers;

  constructor(secure: Duplex, onBytes: OnBytes) {
    super(secure);
    this.#answers = new Answers(onBytes);
    secure.on('data', (bytes: Buffer) => {
      if (!this.#answers.take(bytes)) secure.pause();
    });
  }

  async ready(commands: string | undefined): Promise<void> {
    if (commands !== undefined) this.write(commands);
    await this.#answers.due(commands === undefined ? 0 : 1);
  }
}

async function tlsLink(socket: Socket, onBytes: OnBytes, onEnd: (why: string) => void): Promise<TlsLink> {
  const secure = connectTls({ socket, ca: tlsAuthority(), servername: 'localhost', minVersion: 'TLSv1.3' });
  await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
  secure.on('error', (error: Error) => onEnd(error.message));
  return new TlsLink(secure, onBytes);
}

class CompressedLink implements Link {
  readonly #socket: Socket;
  readonly #compression: Compression;
  readonly #answers: Answers;

  constructor(socket: Socket, layer: 'snappy' | 'deflate', onBytes: OnBytes, onEnd: (why: string) => void) {
    this.#socket = socket;
    this.#answers = new Answers(onBytes);
    const take = (plain: Buffer): void => {
      if (plain.length > 0 && !this.#answers.take(plain)) socket.pause();
    };
    this.#compression = compressionOf(layer, take, (error) => onEnd(error.message), DEFLATE_LEVEL);
    socket.on('data', (bytes: Buffer) => this.#compression.decode(bytes)).resume();
  }

  async ready(commands: string | undefined): Promise<void> {
    // Something has to begin the stream: what is prepared is sent again and again.
    this.write(`NOP\n${commands ?? ''}`);
    await this.#answers.due(commands === undefined ? 0 : 1);
  }

  prepare(bytes: Buffer): Buffer {
    return this.#compression.encode(bytes);
  }

  send(prepared: Buffer): void {
    this.#socket.write(prepared);
  }

  write(bytes: Buffer | string, written?: () => void): void {
    this.#socket.write(this.#compression.encode(Buffer.from(bytes)), () => written?.());
  }

  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  onDrain(go: () => void): void {
    this.#socket.on('drain', go);
  }

  resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }
}
