import type { Duplex } from 'node:stream';
import { FRAME_HEADER_BYTES, FrameReader, FrameType, HEARTBEAT_FRAME, NOP, isHeartbeat, type IdentifyResponse } from '@nsq/protocol';
import type { Address } from '../address.js';
import { NsqConnectionError, NsqError, NsqServerError } from '../errors.js';
import { Deferred } from '../wait.js';
import type { AuthResponse, Greeting } from './handshake.js';
import { Outbox } from './outbox.js';

/** What a connection tells the one who uses it. None of it is called after the connection has ended. */
export interface ConnectionUser {
  /** The data of a message frame; a view on what was read. */
  onMessage(data: Buffer): void;
  /** The data of a response that is no heartbeat. */
  onResponse(data: Buffer): void;
  /** An error frame. After a fatal one the connection is ended. */
  onError(error: NsqServerError): void;
  /** What is written is sent again, after `outbox.full`. */
  onRoom(): void;
}

/** Times that silence is looked for until it ends a connection. */
const LOOKS_PER_LIMIT = 4;
/** How long nsqd may take to close its side. */
const END_MS = 1_000;
const HEARTBEAT_BYTES = HEARTBEAT_FRAME.length - FRAME_HEADER_BYTES;

/** One connection behind its handshake. */
export class Connection {
  readonly address: Address;
  readonly identify: IdentifyResponse;
  /** Null unless nsqd requires AUTH. */
  readonly auth: AuthResponse | null;
  readonly outbox: Outbox;
  /** When the chunk that is being read came, milliseconds as of `performance.now()`. */
  receivedAt = 0;
  readonly #transport: Duplex;
  readonly #reader: FrameReader;
  readonly #closed = new Deferred<NsqError | null>();
  readonly #watch: NodeJS.Timeout;
  #user: ConnectionUser | null = null;
  #silentLooks = 0;
  #ending = false;
  #ended = false;

  /** It must be given a user at once. */
  constructor(greeting: Greeting, address: Address, silenceTimeout: number, maxFrameBytes: number) {
    this.address = address;
    this.identify = greeting.identify;
    this.auth = greeting.auth;
    this.#transport = greeting.transport;
    this.#reader = new FrameReader(this.#onFrame, maxFrameBytes);
    this.outbox = new Outbox(greeting.transport, () => {
      if (!this.#ended) this.#user?.onRoom();
    });
    this.#watch = setInterval(() => this.#look(silenceTimeout), silenceTimeout / LOOKS_PER_LIMIT);
    this.#watch.unref();
  }

  /** Resolves when it has ended: with null after `end`, else with what ended it. Never rejects. */
  get closed(): Promise<NsqError | null> {
    return this.#closed.promise;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Begins to read. */
  start(user: ConnectionUser): void {
    this.#user = user;
    const transport = this.#transport;
    transport
      .on('data', this.#onData)
      .on('error', (error) => this.#finish(this.#lost(error.message, error)))
      .on('end', () => this.#finish(this.#lost('nsqd closed the connection')))
      .on('close', () => this.#finish(this.#lost('the connection was closed')));
    if (transport.destroyed) this.#finish(this.#lost('the connection was closed'));
    else transport.resume();
  }

  /** Sends what has been written, closes this side and waits for the other, a second at most. */
  async end(): Promise<void> {
    if (!this.#ended && !this.#ending) {
      this.#ending = true;
      this.outbox.flush();
      this.#transport.end();
      const timer = setTimeout(() => this.#finish(null), END_MS);
      void this.#closed.promise.then(() => clearTimeout(timer));
    }
    await this.#closed.promise;
  }

  /** Ends it at once. What has been written may be lost. */
  destroy(error: NsqError): void {
    this.#finish(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#silentLooks = 0;
    this.receivedAt = performance.now();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      // The reader's own: users do not throw.
      this.#finish(new NsqConnectionError('ERR_NSQ_PROTOCOL', (error as Error).message, this.address.text, error));
    }
  };

  readonly #onFrame = (type: number, data: Buffer): void => {
    if (this.#ended) return;
    if (type === FrameType.Message) this.#user?.onMessage(data);
    // Nearly all responses are an OK: their length is looked at first.
    else if (data.length === HEARTBEAT_BYTES && isHeartbeat(type, data)) this.outbox.append(NOP);
    else if (type === FrameType.Response) this.#user?.onResponse(data);
    else if (type === FrameType.Error) {
      const error = new NsqServerError(data.toString(), this.address.text);
      this.#user?.onError(error);
      if (error.fatal) this.#finish(error);
    }
  };

  #look(limitMs: number): void {
    if (++this.#silentLooks > LOOKS_PER_LIMIT) this.#finish(this.#lost(`nothing came for ${limitMs} ms`));
  }

  #lost(why: string, cause?: unknown): NsqConnectionError {
    return new NsqConnectionError('ERR_NSQ_CONNECTION_LOST', why, this.address.text, cause);
  }

  #finish(error: NsqError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#watch);
    this.#transport.destroy();
    this.#closed.resolve(this.#ending ? null : error);
  }
}
