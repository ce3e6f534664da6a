import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { reset } from './reset.js';

const HOST = '127.0.0.1';
/** What a slow line lets through at a time, and how often. */
const SLOW_BYTES = 16 * 1024;
const SLOW_MS = 2;

/** Where a proxy leads. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

interface Link {
  readonly client: Socket;
  readonly target: Socket;
  readonly slow: boolean;
}

/**
 * A TCP proxy on 127.0.0.1 that does to connections what networks do: it stalls them, cuts them, or lets nobody in. It keeps no more than the
 * two sockets of a connection do; while it stalls, nothing is read.
 */
export class FaultProxy {
  readonly host = HOST;
  /** Where new connections lead. */
  target: ProxyTarget;
  /** Whether new connections are slow: 8 MB a second at best in each direction. */
  slow = false;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #stalled = false;
  #closed = false;
  #accepted = 0;

  private constructor(target: ProxyTarget) {
    this.target = target;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) => this.#accept(client));
  }

  /** Listens on a free port. */
  static async start(target: ProxyTarget): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, HOST, resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** `host:port`. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#links.size;
  }

  /** Connections that have come in since the start, those refused by `cut` too. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Nothing gets through any more, in either direction; connections stay, and new ones are accepted. */
  stall(): void {
    this.#stalled = true;
    this.stallOpen();
  }

  /** The same, for good, for the connections that are open; new ones are served. */
  stallOpen(): void {
    for (const { client, target } of this.#links) {
      client.unpipe().pause();
      target.unpipe().pause();
    }
  }

  /** Ends all connections with a reset, and each new one at once. */
  cut(): void {
    this.#closed = true;
    this.reset();
  }

  /** Ends all connections with a reset; new ones are served. */
  reset(): void {
    for (const { client, target } of this.#links) {
      reset(client);
      reset(target);
    }
  }

  /** The end of `stall` and of `cut`. What was stalled goes on. */
  heal(): void {
    this.#closed = false;
    if (!this.#stalled) return;
    this.#stalled = false;
    for (const link of this.#links) flow(link);
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    this.#accepted++;
    client.on('error', () => undefined);
    if (this.#closed) {
      reset(client);
      return;
    }
    const target = connect({ ...this.target, allowHalfOpen: true, noDelay: true });
    const link = { client, target, slow: this.slow };
    this.#links.add(link);
    target.on('error', () => reset(client));
    client.once('close', () => {
      this.#links.delete(link);
      target.destroy();
    });
    target.once('close', () => client.destroySoon());
    if (!this.#stalled) flow(link);
  }
}

function flow({ client, target, slow }: Link): void {
  for (const [from, to] of [
    [client, target],
    [target, client],
  ] as const) {
    if (slow) from.pipe(drip()).pipe(to);
    else from.pipe(to);
  }
}

/** Lets a little through at a time. */
function drip(): Transform {
  return new Transform({
    highWaterMark: SLOW_BYTES,
    transform(chunk: Buffer, _encoding, done) {
      const send = (rest: Buffer): void => {
        this.push(rest.subarray(0, SLOW_BYTES));
        const left = rest.subarray(SLOW_BYTES);
        setTimeout(() => (left.length === 0 ? done() : send(left)), SLOW_MS);
      };
      send(chunk);
    },
  });
}
