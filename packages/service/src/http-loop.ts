import { Server as TlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { bindHttp } from './bind.js';
import { createHttpServer } from './http-server.js';
import { formatBoundAddress, type ListenAddress } from './listen-address.js';
import type { Logger } from './logger.js';
import { formatPeer } from './peer.js';
import { boundPort, serve } from './serve.js';

/** What makes an HTTP server an HTTPS server. */
export interface HttpsPolicy {
  /** Certificate, key and the like. */
  readonly serverOptions: TlsOptions;
  /** What is wrong with the certificate of a client that has finished its handshake; it is then closed. */
  clientProblem(client: TLSSocket): string | undefined;
}

export interface HttpLoopOptions {
  readonly logger: Logger;
  /** Makes it HTTPS. */
  readonly tls?: HttpsPolicy;
  /** Refuses every request, and says that HTTPS is on this port. Called for each. */
  readonly tlsRequiredPort?: () => number;
}

/** An HTTP server as one of a daemon's loops. Bound before it runs: requests that come in between wait until then. */
export class HttpLoop {
  readonly #logger: Logger;
  readonly #name: string;
  readonly #server: FastifyInstance;
  #tls: HttpsPolicy | undefined;
  #open: () => void = () => undefined;
  #address = '';
  #closed: Promise<void> | undefined;

  constructor(options: HttpLoopOptions, register: (server: FastifyInstance) => void) {
    const { logger, tls, tlsRequiredPort } = options;
    this.#logger = logger;
    this.#tls = tls;
    this.#name = tls === undefined ? 'HTTP' : 'HTTPS';
    this.#server = createHttpServer({
      logger,
      ...(tls === undefined ? {} : { https: tls.serverOptions }),
      ...(tlsRequiredPort === undefined ? {} : { tlsRequiredPort }),
    });
    if (tls !== undefined) {
      this.#server.server.on('secureConnection', (client: TLSSocket) => {
        const problem = this.#tls?.clientProblem(client);
        if (problem === undefined) return;
        logger.warn(() => `http: TLS handshake error from ${formatPeer(client)}: ${problem}`);
        client.destroy();
      });
    }
    const opened = new Promise<void>((resolve) => {
      this.#open = resolve;
    });
    this.#server.addHook('onRequest', () => opened);
    register(this.#server);
  }

  /** @throws {ListenError} */
  async bind(address: ListenAddress): Promise<void> {
    this.#address = formatBoundAddress(await bindHttp(this.#server, address));
  }

  /** Has new connections use another certificate. Whether clients must have one stays as it was. @throws {Error} it is not HTTPS */
  replaceTls(policy: HttpsPolicy): void {
    const server: unknown = this.#server.server;
    if (!(server instanceof TlsServer)) throw new Error('not an HTTPS server');
    server.setSecureContext(policy.serverOptions);
    this.#tls = policy;
  }

  /** The bound port; 0 when it is not bound, -1 for a unix socket. */
  get port(): number {
    return boundPort(this.#server.server);
  }

  /** Serves until the signal. Rejects when the listener fails. */
  async run(signal: AbortSignal): Promise<void> {
    this.#logger.info(`${this.#name}: listening on ${this.#address}`);
    this.#open();
    const close = (): Promise<void> => this.close();
    await serve({ logger: this.#logger, name: this.#name, address: this.#address, server: this.#server.server, close }, signal);
  }

  /** Closes the listener and every connection, busy ones after their reply. */
  close(): Promise<void> {
    this.#open();
    return (this.#closed ??= Promise.resolve(this.#server.close()));
  }
}
