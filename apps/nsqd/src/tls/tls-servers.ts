import { createServer, type Server } from 'node:tls';
import type { TlsConfig } from './tls-config.js';

/** Servers kept for the next handshakes. */
const MAX_FREE = 16;

/**
 * TLS servers that listen nowhere, one for each handshake under way: a server says that a client is in, and whether its certificate is
 * good, but not on which of the sockets that were handed to it.
 */
export class TlsServers {
  #config: TlsConfig;
  #free: Server[] = [];
  readonly #made = new WeakMap<Server, TlsConfig>();

  constructor(config: TlsConfig) {
    this.#config = config;
  }

  get config(): TlsConfig {
    return this.#config;
  }

  /** For handshakes from now on. */
  replace(config: TlsConfig): void {
    this.#config = config;
    this.#free = [];
  }

  take(): Server {
    return this.#free.pop() ?? this.#create();
  }

  give(server: Server): void {
    if (this.#free.length < MAX_FREE && this.#made.get(server) === this.#config) this.#free.push(server);
  }

  #create(): Server {
    const server = createServer(this.#config.serverOptions);
    this.#made.set(server, this.#config);
    return server;
  }
}
