import { connect, type Socket } from 'node:net';
import {
  FrameReader,
  FrameType,
  MAGIC_V2,
  decodeMessage,
  encodeIdentify,
  encodeRdy,
  encodeSub,
  type IdentifyRequest,
  type Message,
} from '@nsq/protocol';

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
  readonly #frames: Frame[] = [];
  #ended = false;
  #closed = false;
  #wake = (): void => undefined;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    const reader = new FrameReader((type, data) => this.#frames.push({ type, data: Buffer.from(data) }), MAX_FRAME_BYTES);
    this.socket.on('data', (chunk) => {
      reader.push(chunk);
      this.#wake();
    });
    // A reset is an end too: unread input makes the kernel send one when a server closes.
    const ended = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.socket.on('end', ended).on('error', ended);
    this.socket.on('close', () => {
      this.#closed = true;
      ended();
    });
  }

  /** Frames that have come and not been asked for. */
  get unread(): number {
    return this.#frames.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(...parts: readonly (Buffer | string)[]): this {
    this.socket.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))));
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

  async subscribe(topic: string, channel: string, ready = 0): Promise<this> {
    this.send(encodeSub(topic, channel));
    await this.ok();
    if (ready > 0) this.send(encodeRdy(ready));
    return this;
  }

  /** No more will be sent; what the server still says can be received. */
  finish(): this {
    this.socket.end();
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
