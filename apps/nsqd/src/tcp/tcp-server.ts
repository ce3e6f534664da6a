import { createServer, type Server, type Socket } from 'node:net';
import { bind, formatBoundAddress, formatPeer, type ListenAddress } from '@nsq/service';
import { Connection, type ConnectionContext } from './connection.js';

/** Accepts clients. Bound before it runs: who connects in between is held, unread, until the topics are there. */
export class TcpServer {
  readonly #context: ConnectionContext;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #early: Socket[] | null = [];
  #nextId = 1;
  #address = '';

  constructor(context: ConnectionContext) {
    this.#context = context;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) => {
      if (this.#early === null) this.#accept(socket);
      else this.#early.push(socket);
    });
  }

  /** @throws {ListenError} */
  async bind(address: ListenAddress): Promise<void> {
    this.#address = formatBoundAddress(await bind(this.#server, address));
  }

  /** The bound port; -1 for a unix socket. */
  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? -1 : address.port;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get connections(): Iterable<Connection> {
    return this.#connections;
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

  /** Closes the listener and every connection, those without a command yet too. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? new Promise<void>((resolve) => this.#server.close(() => resolve())) : Promise.resolve();
    for (const socket of this.#early ?? []) socket.destroy();
    this.#early = null;
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    if (socket.destroyed) return;
    const connection = new Connection(this.#nextId++, socket, formatPeer(socket), this.#context, (closed) => this.#closed(closed));
    this.#connections.add(connection);
    this.#context.logger.info(() => `TCP: new client(${connection.remoteAddress})`);
    connection.open();
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#context.logger.info(() => `PROTOCOL(V2): [${connection.remoteAddress}] exiting`);
  }
}
