import { HttpLoop, ListenError, parseListenAddress, TcpLoop, type ListenAddress } from '@nsq/service';
import type { WaitGroup } from '@nsq/waitgroup';
import type { FastifyInstance } from 'fastify';
import { effectiveTlsRequired } from './options.js';
import { Connection, type ConnectionContext } from './tcp/connection.js';
import type { TlsConfig } from './tls/tls-config.js';
import { TlsServers } from './tls/tls-servers.js';

/** The listeners for TCP, HTTP and HTTPS, as far as the options ask for them, and the connections that come in. */
export class Servers {
  readonly #context: ConnectionContext;
  readonly #tlsServers: TlsServers | null;
  readonly #tcp: TcpLoop<Connection>;
  readonly #http: HttpLoop | undefined;
  readonly #https: HttpLoop | undefined;
  #nextId = 1;

  /**
   * @param tls undefined without a certificate
   * @param register adds the routes
   */
  constructor(
    context: Omit<ConnectionContext, 'tls' | 'tlsRequired'>,
    tls: TlsConfig | undefined,
    register: (server: FastifyInstance) => void,
  ) {
    const { logger, options } = context;
    const tlsRequired = effectiveTlsRequired(options);
    this.#tlsServers = tls === undefined ? null : new TlsServers(tls);
    this.#context = { ...context, tls: this.#tlsServers, tlsRequired: tlsRequired !== 'no' };
    this.#tcp = new TcpLoop({ logger }, (socket, peer, gone) => {
      return new Connection(this.#nextId++, socket, peer, this.#context, (connection) => {
        gone(connection);
        logger.info(() => `PROTOCOL(V2): [${peer}] exiting`);
      });
    });
    const guard = tlsRequired === 'yes' ? { tlsRequiredPort: () => this.httpsPort } : {};
    this.#http = options.httpAddress === '' ? undefined : new HttpLoop({ logger, ...guard }, register);
    this.#https = tls === undefined || options.httpsAddress === '' ? undefined : new HttpLoop({ logger, tls }, register);
  }

  /** Nothing is accepted yet. @throws {ListenError} */
  async bind(): Promise<void> {
    const { options } = this.#context;
    await this.#tcp.bind(parseListenAddress(options.tcpAddress));
    await this.#http?.bind(parseListenAddress(options.httpAddress));
    await this.#https?.bind(httpsAddress(options.httpsAddress));
  }

  /** Has each served as a loop of the group. */
  run(group: WaitGroup): void {
    group.wrap((signal) => this.#tcp.run(signal), 'tcpServer');
    const [http, https] = [this.#http, this.#https];
    if (http !== undefined) group.wrap((signal) => http.run(signal), 'httpServer');
    if (https !== undefined) group.wrap((signal) => https.run(signal), 'httpsServer');
  }

  async close(): Promise<void> {
    await Promise.all([this.#tcp.close(), this.#http?.close(), this.#https?.close()]);
  }

  /** For handshakes from now on; nothing where there was no certificate at the start. */
  replaceTls(tls: TlsConfig): void {
    this.#tlsServers?.replace(tls);
    this.#https?.replaceTls(tls);
  }

  /** The bound port; -1 for a unix socket. */
  get tcpPort(): number {
    return this.#tcp.port;
  }

  /** The bound port; -1 for a unix socket, 0 when there is no listener. */
  get httpPort(): number {
    return this.#http?.port ?? 0;
  }

  /** The bound port; 0 when there is no listener. */
  get httpsPort(): number {
    return this.#https?.port ?? 0;
  }

  get connections(): ReadonlySet<Connection> {
    return this.#tcp.connections;
  }
}

/** HTTPS is served over TCP only, as in the reference. */
function httpsAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address.kind === 'unix') throw new ListenError(text, `listen tcp: address ${text}: missing port in address`);
  return address;
}
