import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { FrameReader, FrameType, MAGIC_V2, decodeMessage, encodeFin, encodeIdentify, encodeReq, encodeTouch } from '@nsq/protocol';
import { tlsAuthority } from '../certificate.js';
import { compressionOf, type Compression } from '../compression.js';
import type { TcpAddress } from '../wire.js';
import { within } from '../exit.js';
import { reset } from '../reset.js';
import type { Random } from '../random.js';
import { takeFrame } from '../take-frame.js';
import { MAX_MSG_BYTES, talkOf } from './grammar.js';
import { compressionIn, requestOf, type Upgrade } from './layer.js';
import { mutateBytes, mutateTalk, pieces } from './mutate.js';
import { Tap } from './tap.js';

const STEP_MS = 10_000;
/** A handshake whose bytes were changed may wait for more on both sides. */
const TAMPERED_MS = 300;
const CLOSE_MS = 15_000;
const authority = tlsAuthority();

/** What the daemon said to an attacker. */
export interface Heard {
  responses: number;
  errors: number;
  messages: number;
}

/**
 * One client that talks as the seed has it: right, wrong, cut anywhere, with layers that it damages or not. Ends when the daemon has
 * closed the connection, or when the attacker has cut it.
 * @throws {Error} when the daemon keeps a connection whose client has ended, or says what cannot be read
 */
export async function attack(address: TcpAddress, upgrade: Upgrade, random: Random): Promise<Heard> {
  const attacker = new Attacker(address, upgrade, random);
  try {
    await attacker.run();
  } finally {
    attacker.socket.destroy();
  }
  if (attacker.broken !== null) throw new Error(`the daemon's ${upgrade} stream cannot be read: ${attacker.broken}`);
  return attacker.heard;
}

class Attacker {
  readonly socket: Socket;
  readonly heard: Heard = { responses: 0, errors: 0, messages: 0 };
  broken: string | null = null;
  readonly #upgrade: Upgrade;
  readonly #random: Random;
  readonly #answers: Random; // how messages are answered: when they come is not the seed's choice
  readonly #closed: Promise<void>;
  readonly #frames: FrameReader;
  #transport: Duplex;
  #compression: Compression | null = null;
  #patienceMs = STEP_MS;
  #readable = true; // the talk does not ask for layers that the attacker has not put in

  constructor({ host, tcpPort }: TcpAddress, upgrade: Upgrade, random: Random) {
    this.#upgrade = upgrade;
    this.#random = random;
    this.#answers = random.fork();
    this.socket = connect({ host, port: tcpPort, noDelay: true, allowHalfOpen: true });
    this.#transport = this.socket;
    this.socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) => this.socket.once('end', resolve).once('close', resolve));
    this.#frames = new FrameReader((type, data) => this.#frame(type, data), 2 * MAX_MSG_BYTES);
  }

  async run(): Promise<void> {
    const random = this.#random;
    const preamble = Buffer.concat([MAGIC_V2, encodeIdentify({ ...requestOf(this.#upgrade), client_id: 'fuzz' })]);
    if (random.chance(0.1)) {
      // Never in order: neither the layers nor the answers are.
      this.#readable = false;
      this.socket.resume();
      await this.#write(mutateBytes(random, Buffer.concat([preamble, mutateTalk(random, talkOf(random))])));
    } else if (await this.#identify(preamble)) {
      await this.#talk();
    }
    await this.#end();
  }

  /** Sends the IDENTIFY and puts in the layers of its answer. False when the connection did not come so far. */
  async #identify(preamble: Buffer): Promise<boolean> {
    if (this.#upgrade === 'plain') {
      this.socket.on('data', this.#hear);
      await this.#write(preamble);
      return true;
    }
    this.socket.write(preamble);
    if ((await takeFrame(this.socket, this.#patienceMs)) === null) return false;
    if (this.#upgrade.startsWith('tls') && !(await this.#secure())) {
      // TLS would end the socket after its handshake only.
      this.#transport = this.socket;
      return false;
    }
    const broken = (error: Error): void => {
      this.broken ??= error.message;
    };
    const name = compressionIn(this.#upgrade);
    if (name === null) {
      this.#transport.on('data', this.#hear);
      return true;
    }
    const compression = compressionOf(name, this.#hear, broken);
    this.#compression = compression;
    // TLS has an OK of its own.
    if (this.#upgrade.startsWith('tls') && (await takeFrame(this.#transport, this.#patienceMs)) === null) return false;
    this.#transport.on('data', (bytes: Buffer) => compression.decode(bytes)).resume();
    return true;
  }

  /** False when the handshake failed, as it does when its bytes were changed. */
  #secure(): Promise<boolean> {
    const random = this.#random.fork();
    const from = random.chance(0.6) ? Infinity : random.between(0, 12);
    if (from !== Infinity) this.#patienceMs = TAMPERED_MS;
    let written = 0;
    const tap = new Tap(this.socket, (bytes) => (written++ < from ? bytes : mutateBytes(random, bytes)));
    tap.on('error', () => undefined);
    const secure = connectTls({ socket: tap, ca: authority, servername: 'localhost' });
    this.#transport = secure;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), this.#patienceMs);
      const settle = (done: boolean): void => {
        clearTimeout(timer);
        resolve(done);
      };
      secure.once('secureConnect', () => settle(true));
      secure.on('error', () => settle(false)).once('close', () => settle(false));
    });
  }

  async #talk(): Promise<void> {
    const random = this.#random;
    const talk = talkOf(random);
    if (this.#upgrade === 'plain') this.#readable = !talk.some(({ bytes }) => bytes.includes('"feature_negotiation":true'));
    let plain = mutateTalk(random, talk);
    if (random.chance(0.4)) plain = mutateBytes(random, plain);
    const compression = this.#compression;
    if (compression === null) {
      await this.#write(plain);
      return;
    }
    const compressed = Buffer.concat(pieces(random, plain).map((piece) => compression.encode(piece)));
    await this.#write(random.chance(0.5) ? mutateBytes(random, compressed) : compressed);
  }

  async #write(bytes: Buffer): Promise<void> {
    for (const piece of pieces(this.#random, bytes)) {
      if (!this.#transport.writable) return;
      this.#transport.write(piece);
      if (this.#random.chance(0.1)) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #end(): Promise<void> {
    const kind = this.#random.next();
    if (kind < 0.15) reset(this.socket);
    else if (kind < 0.25) this.socket.destroy();
    else {
      if (kind < 0.5) await within(CLOSE_MS, '', Promise.race([this.#closed, new Promise((resolve) => setTimeout(resolve, 20))]));
      this.#transport.end();
      this.#transport.resume();
      await within(
        CLOSE_MS,
        `the end of a ${this.#upgrade} connection from port ${this.socket.localPort ?? 0}, whose client has ended`,
        this.#closed,
      );
    }
  }

  readonly #hear = (bytes: Buffer): void => {
    if (!this.#readable) return;
    try {
      this.#frames.push(bytes);
    } catch (error) {
      this.#readable = false;
      this.broken ??= String(error);
    }
  };

  #frame(type: number, data: Buffer): void {
    if (type === FrameType.Response) this.heard.responses++;
    else if (type === FrameType.Error) this.heard.errors++;
    else this.#message(data);
  }

  #message(data: Buffer): void {
    this.heard.messages++;
    const message = decodeMessage(data);
    if (message === undefined) throw new Error('a message without a header');
    const kind = this.#answers.next();
    if (kind > 0.8 || !this.#transport.writable) return;
    const { id } = message;
    const command = kind < 0.5 ? encodeFin(id) : kind < 0.65 ? encodeReq(id, this.#answers.between(0, 50)) : encodeTouch(id);
    this.#transport.write(this.#compression?.encode(command) ?? command);
  }
}
