import type { TLSSocket } from 'node:tls';
import { bindHttp, createHttpServer, formatBoundAddress, formatPeer, type ListenAddress, type Logger } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { TlsConfig } from '../tls/tls-config.js';

export interface HttpLoopOptions {
  readonly logger: Logger;
  /** Makes it HTTPS. */
  readonly tls?: TlsConfig;
  /** Refuses every request, and says that HTTPS is on this port. Called for each. */
  readonly tlsRequiredPort?: () => number;
}

/** The HTTP server as one of the daemon's loops. Bound before it runs: requests that come in between wait until the topics are there. */
export class HttpLoop {
  readonly #logger: Logger;
  readonly #name: string;
  readonly #server: FastifyInstance;
  #open: () => void = () => undefined;
  #address = '';
  #closed: Promise<void> | undefined;

  constructor(options: HttpLoopOptions, register: (server: FastifyInstance) => void) {
    const { logger, tls, tlsRequiredPort } = options;
    this.#logger = logger;
    this.#name = tls === undefined ? 'HTTP' : 'HTTPS';
    this.#server = createHttpServer({
      logger,
      ...(tls === undefined ? {} : { https: tls.serverOptions }),
      ...(tlsRequiredPort === undefined ? {} : { tlsRequiredPort }),
    });
    if (tls !== undefined) {
      this.#server.server.on('secureConnection', (client: TLSSocket) => {
        const problem = tls.clientProblem(client);
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

  /** The bound port; -1 for a unix socket. */
  get port(): number {
    const address = this.#server.server.address();
    return address === null || typeof address === 'string' ? -1 : address.port;
  }

  /** Serves until the signal. Rejects when the listener fails. */
  async run(signal: AbortSignal): Promise<void> {
    this.#logger.info(`${this.#name}: listening on ${this.#address}`);
    this.#open();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.server.once('error', reject);
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (signal.aborted) resolve();
      });
    } finally {
      this.#logger.info(`${this.#name}: closing ${this.#address}`);
      await this.close();
    }
  }

  close(): Promise<void> {
    this.#open();
    return (this.#closed ??= Promise.resolve(this.#server.close()));
  }
}
