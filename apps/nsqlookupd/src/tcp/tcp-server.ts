import { createServer, type Server, type Socket } from 'node:net';
import { bind, formatBoundAddress, formatPeer, type ListenAddress } from '@nsq/service';
import type { LookupContext } from './commands.js';
import { Connection } from './connection.js';

/** Connections open at a time; one more is closed at once. */
const MAX_CONNECTIONS = 10_000;

/** Accepts nsqds. Bound before it runs: who connects in between is held, unread, until then. */
export class TcpServer {
  readonly #context: LookupContext;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #early: Socket[] | null = [];
  #address = '';

  constructor(context: LookupContext) {
    this.#context = context;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) => {
      if (this.#early === null) this.#accept(socket);
      else this.#early.push(socket);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('drop', () => {
      context.logger.warn(`TCP: more than ${MAX_CONNECTIONS} connections, refusing one`);
    });
  }

  /** @throws {ListenError} */
  async bind(address: ListenAddress): Promise<void> {
    this.#address = formatBoundAddress(await bind(this.#server, address));
  }

  /** The bound port; 0 when it is not bound. */
  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  /** How many connections are open, identified or not. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Serves until the signal; then the listener and all connections are closed. Rejects when the listener fails. */
  async run(signal: AbortSignal): Promise<void> {
    const { logger } = this.#context;
    logger.info(`TCP: listening on ${this.#address}`);
    const early = this.#early ?? [];
    this.#early = null;
    for (const socket of early) this.#accept(socket);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (signal.aborted) resolve();
      });
    } finally {
      logger.info(`TCP: closing ${this.#address}`);
      await this.close();
    }
  }

  /** Closes the listener and every connection. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? new Promise<void>((resolve) => this.#server.close(() => resolve())) : Promise.resolve();
    for (const socket of this.#early ?? []) socket.destroy();
    this.#early = null;
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    if (socket.destroyed) return;
    const connection = new Connection(socket, formatPeer(socket), this.#context, (closed) => this.#connections.delete(closed));
    this.#connections.add(connection);
    this.#context.logger.info(() => `TCP: new client(${connection.remoteAddress})`);
    connection.open();
  }
}
