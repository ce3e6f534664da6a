import { createServer, type Server } from 'node:tls';
import type { TlsConfig } from './tls-config.js';

/** Servers kept for the next handshakes. */
const MAX_FREE = 16;

/**
 * TLS servers that listen nowhere, one for each handshake under way: a server says that a client is in, and whether its certificate is
 * good, but not on which of the sockets that were handed to it.
 */
export class TlsServers {
  readonly config: TlsConfig;
  readonly #free: Server[] = [];

  constructor(config: TlsConfig) {
    this.config = config;
  }

  take(): Server {
    return this.#free.pop() ?? createServer(this.config.serverOptions);
  }

  give(server: Server): void {
    if (this.#free.length < MAX_FREE) this.#free.push(server);
  }
}
