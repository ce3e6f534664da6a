import { hostname } from 'node:os';
import { versionLine } from '@nsq/options';
import { HttpLoop, Logger, MemoryMonitor, ProcessMonitor, TcpLoop, type MemoryStats, type ProcessStats } from '@nsq/service';
import { WaitGroup } from '@nsq/waitgroup';
import { registerRoutes } from './http/routes.js';
import { parseTcpAddress } from './listen-address.js';
import { defaultNsqlookupdOptions, type NsqlookupdOptions } from './options.js';
import { systemClock } from './registry/clock.js';
import { logChanges } from './registry/log-changes.js';
import { RegistrationDb } from './registry/registration-db.js';
import { Connection } from './tcp/connection.js';

/** The version of NSQ whose protocol and API this is; clients look at it. */
export const NSQ_VERSION = '1.3.0';

/** TCP connections open at a time; one more is closed at once. */
const MAX_CONNECTIONS = 10_000;

/** What is not an option of the command line. */
export interface NsqlookupdSetup {
  /** @default a logger on standard error, as the options say */
  readonly logger?: Logger;
}

/**
 * The daemon: owns the registry, the two servers, and the order in which they start and stop.
 *
 *   Nsqlookupd.create() -> main() ... exit()
 *
 * `Nsqlookupd.start()` and `stop()` do all of it, for a daemon inside another program.
 */
export class Nsqlookupd {
  readonly options: NsqlookupdOptions;
  readonly logger: Logger;
  readonly version = NSQ_VERSION;
  readonly hostname: string;
  /** Who produces what. Reading it is always right; changing it is what connections and HTTP do. */
  readonly db: RegistrationDb;
  readonly clock = systemClock;
  readonly #tcp: TcpLoop<Connection>;
  readonly #http: HttpLoop;
  readonly #group = new WaitGroup();
  readonly #memory = new MemoryMonitor();
  readonly #process = new ProcessMonitor();
  #main: Promise<void> | undefined;
  #exit: Promise<void> | undefined;

  private constructor(options: NsqlookupdOptions, logger: Logger) {
    this.options = options;
    this.logger = logger;
    this.hostname = hostname();
    this.db = new RegistrationDb(this.clock, options, logChanges(logger));
    const identity = () => ({
      broadcast_address: options.broadcastAddress,
      hostname: this.hostname,
      http_port: this.httpPort,
      tcp_port: this.tcpPort,
      version: this.version,
    });
    const context = { db: this.db, logger, identity };
    this.#tcp = new TcpLoop(
      { logger, maxConnections: MAX_CONNECTIONS },
      (socket, peer, gone) => new Connection(socket, peer, context, gone),
    );
    this.#http = new HttpLoop({ logger }, (server) => registerRoutes(server, this));
  }

  /**
   * Binds the listeners; nothing is accepted yet.
   * @throws {Error} one line that says what is wrong, behind `failed to instantiate nsqlookupd - `
   */
  static async create(options: NsqlookupdOptions, setup: NsqlookupdSetup = {}): Promise<Nsqlookupd> {
    const logger = setup.logger ?? new Logger({ prefix: options.logPrefix, level: options.logLevel });
    let nsqlookupd: Nsqlookupd | undefined;
    try {
      logger.info(versionLine('nsqlookupd', NSQ_VERSION));
      nsqlookupd = new Nsqlookupd(options, logger);
      await nsqlookupd.#tcp.bind(parseTcpAddress(options.tcpAddress));
      await nsqlookupd.#http.bind(parseTcpAddress(options.httpAddress));
      return nsqlookupd;
    } catch (error) {
      await nsqlookupd?.exit();
      throw new Error(`failed to instantiate nsqlookupd - ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** A running daemon inside this program. @param options what differs from the defaults; use port 0 for any free port */
  static async start(options: Partial<NsqlookupdOptions> = {}, setup: NsqlookupdSetup = {}): Promise<Nsqlookupd> {
    const nsqlookupd = await Nsqlookupd.create({ ...defaultNsqlookupdOptions(), ...options }, setup);
    // A failure is reported by stop().
    nsqlookupd.main().catch(() => undefined);
    return nsqlookupd;
  }

  /** Runs the servers until `exit`. The first fatal error of either ends both, and is what this rejects with. */
  main(): Promise<void> {
    return (this.#main ??= this.#run());
  }

  async #run(): Promise<void> {
    this.#group.wrap((signal) => this.#tcp.run(signal), 'tcpServer');
    this.#group.wrap((signal) => this.#http.run(signal), 'httpServer');
    await this.#group.wait();
  }

  /** Stops: listeners and connections close, requests under way are answered. Nothing is kept. */
  exit(): Promise<void> {
    return (this.#exit ??= this.#shutDown());
  }

  /** The counterpart of `start`. @throws the fatal error that ended `main` */
  async stop(): Promise<void> {
    await this.exit();
    await this.#main;
  }

  async #shutDown(): Promise<void> {
    this.#group.stop();
    await this.#main?.catch(() => undefined); // reported by main() itself
    await Promise.all([this.#tcp.close(), this.#http.close()]);
    this.#memory.close();
    this.#process.close();
  }

  /** The bound port; 0 once it is closed. */
  get tcpPort(): number {
    return this.#tcp.port;
  }

  /** The bound port; 0 once it is closed. */
  get httpPort(): number {
    return this.#http.port;
  }

  /** Memory of this process. */
  memory(): MemoryStats {
    return this.#memory.read();
  }

  /** This process; the delays of its event loop are those since the last call. */
  processStats(): Promise<ProcessStats> {
    return this.#process.read();
  }

  /** How many TCP connections are open, those that have not said IDENTIFY too. */
  get connectionCount(): number {
    return this.#tcp.connections.size;
  }
}
