import { connect, type Socket } from 'node:net';
import { FrameReader, FrameType, MAGIC_V2, encodeIdentify, type IdentifyRequest } from '@nsq/protocol';
import { compressionOf, takeFrame, within, type Compression, type NsqdProcess } from '../src/index.js';

const PATIENCE_MS = 20_000;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** A client that does what it is told, right or wrong. Frames are kept as text, an error with a `!` in front, until they are asked for. */
export class RawClient {
  readonly socket: Socket;
  /** Messages handed to the listener of `answer`. */
  delivered = 0;
  #onMessage: ((id: string) => void) | null = null;
  #compression: Compression | null = null;
  readonly #reader: FrameReader;
  readonly #frames: string[] = [];
  #ended = false;
  #wake = (): void => undefined;

  constructor({ host, tcpPort }: NsqdProcess) {
    this.#reader = new FrameReader((type, data) => {
      if (type === FrameType.Message && this.#onMessage !== null) {
        this.delivered++;
        this.#onMessage(data.toString('latin1', 10, 26));
        return;
      }
      this.#frames.push((type === FrameType.Error ? '!' : '') + data.toString('latin1', type === FrameType.Message ? 26 : 0));
      this.#wake();
    }, MAX_FRAME_BYTES);
    this.socket = connect({ host, port: tcpPort, noDelay: true, allowHalfOpen: true });
    this.socket.on('error', () => undefined);
    this.socket.on('end', this.#end).on('close', this.#end);
    this.socket.on('data', this.#onPlain);
    this.socket.write(MAGIC_V2);
  }

  readonly #onPlain = (bytes: Buffer): void => this.#reader.push(bytes);

  readonly #end = (): void => {
    void (this.#compression?.settled() ?? Promise.resolve()).then(() => {
      this.#ended = true;
      this.#wake();
    });
  };

  /** Sends an IDENTIFY and waits for its answer. */
  identify(request: IdentifyRequest): Promise<string> {
    return this.send(encodeIdentify(request)).next();
  }

  /** Talks through a compression from now on, as far as it says OK. */
  async compress(upgrade: 'snappy' | 'deflate'): Promise<this> {
    this.socket.off('data', this.#onPlain);
    this.send(encodeIdentify({ feature_negotiation: true, heartbeat_interval: -1, [upgrade]: true }));
    const answer = await takeFrame(this.socket, PATIENCE_MS);
    if (answer?.includes(`"${upgrade}":true`) !== true) throw new Error(answer ?? 'no answer');
    const fail = (error: Error): void => {
      this.#frames.push(`damaged: ${error.message}`);
      this.#wake();
    };
    const compression = compressionOf(upgrade, this.#onPlain, fail);
    this.#compression = compression;
    this.socket.on('data', (bytes: Buffer) => compression.decode(bytes)).resume();
    const first = await this.next();
    if (first !== 'OK') throw new Error(first);
    return this;
  }

  send(...parts: readonly (Buffer | string)[]): this {
    const plain = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
    this.socket.write(this.#compression?.encode(plain) ?? plain);
    return this;
  }

  /** Hands the id of each message to `onMessage` instead of keeping it. */
  answer(onMessage: (id: string) => void): void {
    this.#onMessage = onMessage;
  }

  /** What the next commands would be sent as. */
  encode(plain: Buffer): Buffer {
    return this.#compression?.encode(plain) ?? plain;
  }

  /** The next frame, or `end`. */
  async next(): Promise<string> {
    const arrived = (async () => {
      while (this.#frames.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    })();
    await within(PATIENCE_MS, 'a frame', arrived);
    return this.#frames.shift() ?? 'end';
  }

  /** All frames to the end of the stream. */
  async rest(): Promise<string[]> {
    const all: string[] = [];
    for (let frame = await this.next(); frame !== 'end'; frame = await this.next()) all.push(frame);
    return all;
  }
}
