import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import {
  FrameReader,
  FrameType,
  MAGIC_V2,
  decodeMessage,
  encodeIdentify,
  encodeRdy,
  encodeSub,
  type IdentifyRequest,
  type IdentifyResponse,
  type Message,
} from '@nsq/protocol';
import { type Codec, CompressedSocket } from '@nsq/snappy';
import type { Transport } from '../../src/tcp/transport.js';

/** How long a test waits for what must come. */
export const PATIENCE_MS = 10_000;
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export interface Frame {
  readonly type: number;
  readonly data: Buffer;
}

/** A client that does what it is told, right or wrong. What arrives is kept, frame by frame, until it is asked for. */
export class Client {
  readonly socket: Socket;
  /** Where frames go and come from: the socket, or the topmost layer on it. */
  transport: Transport;
  readonly #frames: Frame[] = [];
  readonly #reader: FrameReader;
  #ended = false;
  #closed = false;
  #wake = (): void => undefined;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    this.transport = this.socket;
    this.#reader = new FrameReader((type, data) => this.#frames.push({ type, data: Buffer.from(data) }), MAX_FRAME_BYTES);
    this.socket.on('data', this.#onData);
    // A reset is an end too: unread input makes the kernel send one when a server closes.
    const ended = (): void => {
      if (this.transport === this.socket || this.socket.errored !== null) this.#end();
    };
    this.socket.on('end', ended).on('error', ended);
    this.socket.on('close', () => {
      this.#closed = true;
      ended();
    });
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#reader.push(chunk);
    this.#wake();
  };

  /** Sends and receives through TLS from now on. Rejects when the handshake fails. */
  async startTls(options: ConnectionOptions): Promise<TLSSocket> {
    this.socket.off('data', this.#onData);
    const secure = connectTls({ socket: this.socket, ...options });
    await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
    secure.on('error', () => undefined);
    this.#through(secure);
    return secure;
  }

  /** Reads frames off the socket itself again. */
  plain(): this {
    this.socket.off('data', this.#onData).on('data', this.#onData).resume();
    return this;
  }

  /** Sends and receives through a compression from now on. */
  compress(codec: Codec): this {
    const below = this.transport;
    below.off('data', this.#onData);
    const damaged = (error: Error): void => {
      this.damage = error;
    };
    this.#through(new CompressedSocket(below, codec, damaged));
    return this;
  }

  damage: Error | null = null;

  #through(transport: Transport): void {
    this.transport = transport;
    transport.on('data', this.#onData);
    const ended = (): void => {
      if (this.transport === transport) this.#end();
    };
    transport.on('end', ended).on('close', ended);
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Frames that have come and not been asked for. */
  get unread(): number {
    return this.#frames.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(...parts: readonly (Buffer | string)[]): this {
    this.transport.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))));
    return this;
  }

  /** The magic, and an IDENTIFY when there is something to say. */
  async hello(identify?: IdentifyRequest): Promise<this> {
    this.send(MAGIC_V2);
    if (identify !== undefined) {
      this.send(encodeIdentify(identify));
      await this.ok();
    }
    return this;
  }

  /** The magic, more commands and an IDENTIFY with feature negotiation; its answer. What follows that is left for the layers it speaks of. */
  async negotiate(
    identify: IdentifyRequest,
    before: Buffer = Buffer.alloc(0),
    behind: Buffer = Buffer.alloc(0),
  ): Promise<IdentifyResponse> {
    this.socket.off('data', this.#onData);
    const answered = this.#receiveAnswer();
    this.send(MAGIC_V2, before, encodeIdentify({ ...identify, feature_negotiation: true }), behind);
    const answer = await answered;
    if (!answer.tls_v1 && !answer.deflate && !answer.snappy) this.socket.on('data', this.#onData).resume();
    return answer;
  }

  #receiveAnswer(): Promise<IdentifyResponse> {
    return new Promise((resolve, reject) => {
      let bytes = Buffer.alloc(0);
      const take = (chunk: Buffer): void => {
        bytes = Buffer.concat([bytes, chunk]);
        const brace = bytes.indexOf('{');
        const end = brace < 8 ? Infinity : brace - 4 + bytes.readUInt32BE(brace - 8);
        if (bytes.length < end) return;
        this.socket.off('data', take).off('close', lost).pause();
        if (bytes.length > end) this.socket.unshift(bytes.subarray(end));
        this.#reader.push(bytes.subarray(0, brace - 8));
        resolve(JSON.parse(bytes.toString('utf8', brace, end)) as IdentifyResponse);
      };
      const lost = (): void => reject(new Error('no answer to IDENTIFY'));
      this.socket.on('data', take).once('close', lost);
    });
  }

  async subscribe(topic: string, channel: string, ready = 0): Promise<this> {
    this.send(encodeSub(topic, channel));
    await this.ok();
    if (ready > 0) this.send(encodeRdy(ready));
    return this;
  }

  /** No more will be sent; what the server still says can be received. */
  finish(): this {
    this.transport.end();
    return this;
  }

  async next(ms = PATIENCE_MS): Promise<Frame> {
    await this.#until(() => this.#frames.length > 0 || this.#ended, ms);
    const frame = this.#frames.shift();
    if (frame === undefined) throw new Error(this.#ended ? 'the connection ended instead of a frame' : `no frame within ${ms} ms`);
    return frame;
  }

  /** The next frame as text, an error with a `!` in front. */
  async text(): Promise<string> {
    return show(await this.next());
  }

  async ok(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      const text = await this.text();
      if (text !== 'OK') throw new Error(`expected OK, got ${text}`);
    }
  }

  async message(): Promise<Message> {
    const { type, data } = await this.next();
    const message = type === FrameType.Message ? decodeMessage(data) : undefined;
    if (message === undefined) throw new Error(`expected a message, got ${data.toString('latin1')}`);
    return message;
  }

  async messages(count: number): Promise<Message[]> {
    const all: Message[] = [];
    while (all.length < count) all.push(await this.message());
    return all;
  }

  /** All frames up to the end of the stream, as `text` shows them. */
  async rest(ms = PATIENCE_MS): Promise<string[]> {
    await this.end(ms);
    return this.#frames.splice(0).map(show);
  }

  /** The server's end of the stream. */
  async end(ms = PATIENCE_MS): Promise<void> {
    if (!(await this.#until(() => this.#ended, ms))) throw new Error(`the connection is still open after ${ms} ms`);
  }

  /** A NOP has no answer: one FIN of nothing shows that everything before it has been carried out. The connection must be subscribed. */
  async settled(): Promise<string[]> {
    this.send('FIN ................\n');
    const before: string[] = [];
    for (;;) {
      const text = await this.text();
      if (text.startsWith('!E_FIN_FAILED FIN ................')) return before;
      before.push(text);
    }
  }

  async destroy(): Promise<void> {
    this.socket.destroy();
    if (!(await this.#until(() => this.#closed, PATIENCE_MS))) throw new Error('the socket does not close');
  }

  async #until(condition: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    for (let left = ms; !condition() && left > 0; left = deadline - performance.now()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.ceil(left));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return condition();
  }
}

function show({ type, data }: Frame): string {
  if (type === FrameType.Message) return `message ${data.toString('latin1', 26)}`;
  return (type === FrameType.Error ? '!' : '') + data.toString('latin1');
}
