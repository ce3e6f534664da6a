import { createServer, type Server, type Socket } from 'node:net';
import { bind } from './bind.js';
import { formatBoundAddress, type ListenAddress } from './listen-address.js';
import type { Logger } from './logger.js';
import { formatPeer } from './peer.js';
import { boundPort, serve } from './serve.js';

/** A client, from the moment it is accepted to its end. */
export interface TcpConnection {
  /** Begins to read: the socket is paused until then. */
  open(): void;
  /** Closes, at once or as soon as what must be sent is sent. */
  destroy(): void;
}

/**
 * Makes the connection of one client.
 * @param socket paused, and stays half open when the client has said all
 * @param peer its address, as logs show it
 * @param gone must be called when the connection is over
 */
export type Accept<C extends TcpConnection> = (socket: Socket, peer: string, gone: (connection: C) => void) => C;

export interface TcpLoopOptions {
  readonly logger: Logger;
  /** Connections open at a time; one more is closed at once, with a warning. @default no bound */
  readonly maxConnections?: number;
}

/** A TCP server as one of a daemon's loops. Bound before it runs: who connects in between is held, unread, until then. */
export class TcpLoop<C extends TcpConnection> {
  readonly #logger: Logger;
  readonly #connect: Accept<C>;
  readonly #server: Server;
  readonly #connections = new Set<C>();
  #early: Socket[] | null = [];
  #address = '';

  constructor(options: TcpLoopOptions, accept: Accept<C>) {
    const { logger, maxConnections } = options;
    this.#logger = logger;
    this.#connect = accept;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) => {
      if (this.#early === null) this.#accept(socket);
      else this.#early.push(socket);
    });
    if (maxConnections === undefined) return;
    this.#server.maxConnections = maxConnections;
    this.#server.on('drop', () => logger.warn(`TCP: more than ${maxConnections} connections, refusing one`));
  }

  /** @throws {ListenError} */
  async bind(address: ListenAddress): Promise<void> {
    this.#address = formatBoundAddress(await bind(this.#server, address));
  }

  /** The bound port; 0 when it is not bound, -1 for a unix socket. */
  get port(): number {
    return boundPort(this.#server);
  }

  /** Those that are open. */
  get connections(): ReadonlySet<C> {
    return this.#connections;
  }

  /** Serves until the signal; then the listener and all connections are closed. Rejects when the listener fails. */
  async run(signal: AbortSignal): Promise<void> {
    this.#logger.info(`TCP: listening on ${this.#address}`);
    const early = this.#early ?? [];
    this.#early = null;
    for (const socket of early) this.#accept(socket);
    const close = (): Promise<void> => this.close();
    await serve({ logger: this.#logger, name: 'TCP', address: this.#address, server: this.#server, close }, signal);
  }

  /** Closes the listener and every connection, those that have said nothing yet too. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? new Promise<void>((resolve) => this.#server.close(() => resolve())) : Promise.resolve();
    for (const socket of this.#early ?? []) socket.destroy();
    this.#early = null;
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    if (socket.destroyed) return;
    const peer = formatPeer(socket);
    const connection = this.#connect(socket, peer, (gone) => this.#connections.delete(gone));
    this.#connections.add(connection);
    this.#logger.info(() => `TCP: new client(${peer})`);
    connection.open();
  }
}
