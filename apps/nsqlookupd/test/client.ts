import { connect, type Socket } from 'node:net';
import { LookupReplyReader, encodeLookupIdentify, type LookupPeerInfo } from '@nsq/protocol';

/** How long a test waits for what must come. */
export const PATIENCE_MS = 10_000;
const MAGIC = '  V1';

/** What a client of a test says of itself. */
export function peerInfo(differs: Partial<LookupPeerInfo> = {}): LookupPeerInfo {
  return { broadcast_address: 'n1.example', hostname: 'h1', http_port: 4151, tcp_port: 4150, version: '1.3.0', ...differs };
}

/** A client that does what it is told, right or wrong. What arrives is kept, reply by reply, until it is asked for. */
export class Client {
  readonly socket: Socket;
  readonly #replies: string[] = [];
  #ended = false;
  #closed = false;
  #wake = (): void => undefined;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    const reader = new LookupReplyReader((data) => this.#replies.push(data.toString('latin1')));
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

  /** Its own end of the connection, as the daemon sees it. */
  get address(): string {
    return `127.0.0.1:${this.socket.localPort ?? 0}`;
  }

  get unread(): number {
    return this.#replies.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(...parts: readonly (Buffer | string)[]): this {
    this.socket.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))));
    return this;
  }

  /** The magic and IDENTIFY; the reply to it. */
  async hello(differs: Partial<LookupPeerInfo> = {}): Promise<string> {
    this.send(MAGIC, encodeLookupIdentify(peerInfo(differs)));
    return this.next();
  }

  /** Sends a command line and gives the reply to it. */
  ask(line: string): Promise<string> {
    return this.send(`${line}\n`).next();
  }

  /** No more will be sent; what the daemon still says can be received. */
  finish(): this {
    this.socket.end();
    return this;
  }

  async next(ms = PATIENCE_MS): Promise<string> {
    await this.#until(() => this.#replies.length > 0 || this.#ended, ms);
    const reply = this.#replies.shift();
    if (reply === undefined) throw new Error(this.#ended ? 'the connection ended instead of a reply' : `no reply within ${ms} ms`);
    return reply;
  }

  /** Waits until so many replies have come in all. */
  async count(replies: number): Promise<void> {
    if (!(await this.#until(() => this.#replies.length >= replies || this.#ended, PATIENCE_MS)) || this.#replies.length < replies) {
      throw new Error(`${this.#replies.length} replies instead of ${replies}`);
    }
  }

  /** All replies up to the end of the stream. */
  async rest(): Promise<string[]> {
    if (!(await this.#until(() => this.#ended, PATIENCE_MS))) throw new Error(`the connection is still open after ${PATIENCE_MS} ms`);
    return this.#replies.splice(0);
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
