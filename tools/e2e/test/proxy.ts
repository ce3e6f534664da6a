import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a slow line lets through at a time, and how often. */
const SLOW_BYTES = 16 * 1024;
const SLOW_MS = 2;

/** A TCP line to a daemon that can be cut, stalled and slowed down. */
export class Proxy {
  /** Where new connections go. */
  targetPort: number;
  /** Connections so far. */
  connections = 0;
  #slow = false;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server: Server;

  private constructor(targetPort: number) {
    this.targetPort = targetPort;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(targetPort: number): Promise<Proxy> {
    const proxy = new Proxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets all connections. New ones are taken. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Nothing passes on the connections there are, while they stay open. New ones work. */
  stall(): void {
    for (const [near, far] of this.#pairs) {
      near.pause().removeAllListeners('data');
      far.pause().removeAllListeners('data');
    }
  }

  /** New connections are slow, 8 MB a second at best in each direction. */
  set slow(on: boolean) {
    this.#slow = on;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #accept(near: Socket): void {
    this.connections++;
    const far = connect({ host: '127.0.0.1', port: this.targetPort, noDelay: true });
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('end', () => to.end());
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
      this.#pipe(from, to);
    }
  }

  #pipe(from: Socket, to: Socket): void {
    from.on('data', (chunk) => {
      if (this.#slow) {
        from.pause();
        drip(chunk, to, () => from.resume());
      } else if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
  }
}

function drip(chunk: Buffer, to: Socket, done: () => void): void {
  if (chunk.length === 0 || to.destroyed) {
    done();
    return;
  }
  to.write(chunk.subarray(0, SLOW_BYTES), () => setTimeout(() => drip(chunk.subarray(SLOW_BYTES), to, done), SLOW_MS));
}
