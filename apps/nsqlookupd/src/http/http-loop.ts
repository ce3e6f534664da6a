import { bindHttp, createHttpServer, formatBoundAddress, type ListenAddress, type Logger } from '@nsq/service';
import type { FastifyInstance } from 'fastify';

/** The HTTP server as one of the daemon's loops. Bound before it runs: requests that come in between wait until it does. */
export class HttpLoop {
  readonly #logger: Logger;
  readonly #server: FastifyInstance;
  #open: () => void = () => undefined;
  #address = '';
  #closed: Promise<void> | undefined;

  constructor(logger: Logger, register: (server: FastifyInstance) => void) {
    this.#logger = logger;
    this.#server = createHttpServer({ logger });
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

  /** The bound port; 0 when it is not bound. */
  get port(): number {
    const address = this.#server.server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  /** Serves until the signal. Rejects when the listener fails. */
  async run(signal: AbortSignal): Promise<void> {
    this.#logger.info(`HTTP: listening on ${this.#address}`);
    this.#open();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.server.once('error', reject);
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (signal.aborted) resolve();
      });
    } finally {
      this.#logger.info(`HTTP: closing ${this.#address}`);
      await this.close();
    }
  }

  close(): Promise<void> {
    this.#open();
    return (this.#closed ??= Promise.resolve(this.#server.close()));
  }
}
