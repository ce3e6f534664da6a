import { hostname } from 'node:os';
import path from 'node:path';
import { FileCache, nodeFileSystem } from '@nsq/commit-log';
import { versionLine, type LogLevel } from '@nsq/options';
import {
  HttpClient,
  HttpLoop,
  ListenError,
  Logger,
  MemoryMonitor,
  parseListenAddress,
  ProcessMonitor,
  TcpLoop,
  type ListenAddress,
  type MemoryStats,
  type ProcessStats,
} from '@nsq/service';
import { WaitGroup } from '@nsq/waitgroup';
import type { FastifyInstance } from 'fastify';
import { Authorizer, MAX_ANSWER_BYTES } from './auth/authorizer.js';
import type { HttpContext } from './http/context.js';
import { registerRoutes } from './http/routes.js';
import { LookupLoop, type LookupStatus } from './lookup/lookup-loop.js';
import { checkNsqdOptions, defaultNsqdOptions, effectiveTlsRequired, type NsqdOptions } from './options.js';
import { QueueScanLoop } from './queue-scan-loop.js';
import { systemClock } from './queue/clock.js';
import { Engine, type EngineSetup } from './queue/engine.js';
import { Reload, type ReloadTarget } from './reload.js';
import type { ClientStats } from './stats/client-stats.js';
import { LatencyWindow } from './stats/latency-window.js';
import { statsdPrefix } from './stats/statsd-prefix.js';
import { StatsdLoop } from './statsd-loop.js';
import { lockDataPath, type DataPathLock } from './storage/data-path-lock.js';
import { DiskStorage } from './storage/disk-storage.js';
import { Health } from './storage/health.js';
import type { Durability } from './storage/storage-context.js';
import { StorageLoop } from './storage-loop.js';
import { Connection } from './tcp/connection.js';
import { describeClient } from './tcp/describe-client.js';
import { TurnLoop } from './tcp/turn-loop.js';
import { loadTls, type LoadedTls } from './tls/load-tls.js';
import { TlsServers } from './tls/tls-servers.js';
import { TopicStore } from './topic-store.js';

/** The version of NSQ whose protocol and API this is; clients look at it. */
export const NSQ_VERSION = '1.3.0';

/** Bytes of messages that a topic keeps in memory, whatever their number. */
const MAX_WINDOW_BYTES = 2 ** 30;

/** Smaller files cost more than they save. */
const MIN_SEGMENT_BYTES = 4096;

/** Without a window every message is stored when it is published. */
function durabilityOf(options: NsqdOptions): Durability {
  const { durability: asked } = options;
  return asked === 'memory' && options.memQueueSize === 0 ? 'disk' : asked;
}

/** Nothing without percentiles: then no channel has a window, and a FIN costs nothing more. */
function latencySetup(options: NsqdOptions): Pick<EngineSetup, 'createLatencyWindow'> {
  const { e2eProcessingLatencyPercentiles: quantiles, e2eProcessingLatencyWindowTime: windowMs } = options;
  if (quantiles.length === 0) return {};
  return { createLatencyWindow: (now) => new LatencyWindow(quantiles, windowMs, now) };
}

/** @param tls asked for each question */
function createAuthorizer(options: NsqdOptions, tls: () => LoadedTls): Authorizer | null {
  const { authHttpAddresses: addresses, authHttpRequestMethod: method, httpClientConnectTimeout, httpClientRequestTimeout } = options;
  if (addresses.length === 0) return null;
  const client = new HttpClient({
    connectTimeout: httpClientConnectTimeout,
    requestTimeout: httpClientRequestTimeout,
    maxBodyBytes: MAX_ANSWER_BYTES,
    tls: () => tls().client ?? {},
  });
  return new Authorizer({ addresses, method, client });
}

/** What is not an option of the command line. */
export interface NsqdSetup {
  /** @default a logger on standard error, as the options say */
  readonly logger?: Logger;
}

/**
 * The daemon: owns topics, servers and loops, and the order in which they start and stop.
 *
 *   Nsqd.create() -> loadMetadata() -> persistMetadata() -> main() ... exit()
 *
 * `Nsqd.start()` and `stop()` do all of it, for a daemon inside another program.
 */
export class Nsqd implements HttpContext, ReloadTarget {
  readonly options: NsqdOptions;
  readonly logger: Logger;
  readonly engine: Engine;
  readonly version = NSQ_VERSION;
  readonly startTime: number;
  readonly clock = systemClock;
  readonly #lock: DataPathLock;
  readonly #store: TopicStore;
  readonly #reload: Reload;
  #tls: LoadedTls;
  readonly #tlsServers: TlsServers | null;
  readonly #tcp: TcpLoop<Connection>;
  readonly #http: HttpLoop | undefined;
  readonly #https: HttpLoop | undefined;
  readonly #scan: QueueScanLoop;
  readonly #files: FileCache;
  readonly #health = new Health();
  readonly #storageLoop: StorageLoop;
  readonly #lookup: LookupLoop;
  readonly #memory = new MemoryMonitor();
  readonly #process = new ProcessMonitor();
  readonly #group = new WaitGroup();
  #main: Promise<void> | undefined;
  #exit: Promise<void> | undefined;

  private constructor(options: NsqdOptions, logger: Logger, lock: DataPathLock, loadedTls: LoadedTls) {
    this.options = options;
    this.#reload = new Reload(this, options);
    this.#tls = loadedTls;
    this.logger = logger;
    this.#lock = lock;
    this.startTime = Math.floor(systemClock.wall() / 1000);
    const changed = (thing: { readonly ephemeral: boolean }): void => this.#store.changed(thing.ephemeral);
    this.engine = new Engine({
      nodeId: options.nodeId,
      clock: systemClock,
      limits: {
        memQueueSize: options.memQueueSize,
        maxWindowBytes: MAX_WINDOW_BYTES,
        maxMsgTimeout: options.maxMsgTimeout,
      },
      openLog: (topic) => storage.open(topic),
      holdsTopics: () => this.#lookup.holdsTopics,
      ...latencySetup(options),
      events: {
        topicCreated: (topic) => {
          logger.info(`TOPIC(${topic.name}): created`);
          changed(topic);
          this.#lookup.topicCreated(topic);
        },
        topicDeleted: (topic) => {
          logger.info(`TOPIC(${topic.name}): deleting`);
          this.#store.forget(topic);
          changed(topic);
          this.#lookup.topicDeleted(topic);
        },
        channelCreated: (channel) => {
          logger.info(`TOPIC(${channel.topic.name}): new channel(${channel.name})`);
          changed({ ephemeral: channel.ephemeral || channel.topic.ephemeral });
          this.#lookup.channelChanged(channel);
        },
        channelDeleted: (channel) => {
          logger.info(`TOPIC(${channel.topic.name}): deleting channel ${channel.name}`);
          changed({ ephemeral: channel.ephemeral || channel.topic.ephemeral });
          this.#lookup.channelChanged(channel);
        },
        workMarked: () => turns.schedule(),
      },
    });
    const turns = new TurnLoop(this.engine);
    this.#files = new FileCache();
    const storage = new DiskStorage({
      fileSystem: nodeFileSystem,
      files: this.#files,
      folder: path.join(options.dataPath, 'topics'),
      segmentBytes: Math.max(options.maxBytesPerFile, MIN_SEGMENT_BYTES),
      durability: durabilityOf(options),
      syncEvery: options.syncEvery,
      health: this.#health,
      logger,
      barrier: () => this.#store.pending,
      recorded: () => this.#store.recorded(),
      refusal: () => this.#store.failure,
    });
    this.#store = new TopicStore(this.engine, storage, options.dataPath, this.version, logger);
    this.#storageLoop = new StorageLoop(this.#store, options.syncTimeout);
    this.#lookup = this.#lookupLoop();
    const tlsRequired = effectiveTlsRequired(options);
    const { config: tls } = loadedTls;
    this.#tlsServers = tls === undefined ? null : new TlsServers(tls);
    const connections = {
      engine: this.engine,
      turns,
      options,
      logger,
      version: this.version,
      tls: this.#tlsServers,
      authorizer: createAuthorizer(options, () => this.#tls),
      tlsRequired: tlsRequired !== 'no',
    };
    let nextId = 1;
    this.#tcp = new TcpLoop({ logger }, (socket, peer, gone) => {
      return new Connection(nextId++, socket, peer, connections, (connection) => {
        gone(connection);
        logger.info(() => `PROTOCOL(V2): [${peer}] exiting`);
      });
    });
    const register = (server: FastifyInstance): void => registerRoutes(server, this);
    const guard = tlsRequired === 'yes' ? { tlsRequiredPort: () => this.httpsPort } : {};
    this.#http = options.httpAddress === '' ? undefined : new HttpLoop({ logger, ...guard }, register);
    this.#https = tls === undefined || options.httpsAddress === '' ? undefined : new HttpLoop({ logger, tls }, register);
    this.#scan = new QueueScanLoop(this.engine, options.queueScanInterval, logger);
  }

  /**
   * Checks the options, locks the data folder and binds the listeners; nothing is accepted yet.
   * @throws {Error} one line that says what is wrong, behind `failed to instantiate nsqd - `
   */
  static async create(options: NsqdOptions, setup: NsqdSetup = {}): Promise<Nsqd> {
    const logger = setup.logger ?? new Logger({ prefix: options.logPrefix, level: options.logLevel });
    let lock: DataPathLock | undefined;
    let nsqd: Nsqd | undefined;
    try {
      lock = lockDataPath(options.dataPath || '.');
      const tls = loadTls(options);
      const problem = checkNsqdOptions(options, tls);
      if (problem !== undefined) throw new Error(problem);
      logger.info(versionLine('nsqd', NSQ_VERSION));
      logger.info(`ID: ${options.nodeId}`);
      nsqd = new Nsqd(options, logger, lock, tls);
      await nsqd.#bind();
      return nsqd;
    } catch (error) {
      if (nsqd !== undefined) await nsqd.#close();
      lock?.release();
      throw new Error(`failed to instantiate nsqd - ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** A running daemon inside this program. @param options what differs from the defaults; use port 0 for any free port */
  static async start(options: Partial<NsqdOptions> = {}, setup: NsqdSetup = {}): Promise<Nsqd> {
    const nsqd = await Nsqd.create({ ...defaultNsqdOptions(), ...options }, setup);
    try {
      await nsqd.loadMetadata();
      await nsqd.persistMetadata();
    } catch (error) {
      await nsqd.#close();
      nsqd.#lock.release();
      throw error;
    }
    // A failure is reported by stop().
    nsqd.main().catch(() => undefined);
    return nsqd;
  }

  async #bind(): Promise<void> {
    const { options } = this;
    await this.#tcp.bind(parseListenAddress(options.tcpAddress));
    await this.#http?.bind(parseListenAddress(options.httpAddress));
    await this.#https?.bind(this.#httpsAddress());
    options.broadcastTcpPort ||= Math.max(0, this.tcpPort);
    options.broadcastHttpPort ||= Math.max(0, this.httpPort);
  }

  /** HTTPS is served over TCP only, as in the reference. */
  #httpsAddress(): ListenAddress {
    const text = this.options.httpsAddress;
    const address = parseListenAddress(text);
    if (address.kind === 'unix') throw new ListenError(text, `listen tcp: address ${text}: missing port in address`);
    return address;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#tcp.close(), this.#http?.close(), this.#https?.close()]);
  }

  /** @throws {Error} behind `failed to load metadata - ` */
  async loadMetadata(): Promise<void> {
    await this.#store.load(this.options.maxMsgSize).catch((error: unknown) => {
      throw new Error(`failed to load metadata - ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
  }

  /** @throws {Error} behind `failed to persist metadata - ` */
  async persistMetadata(): Promise<void> {
    await this.#store.persist().catch((error: unknown) => {
      throw new Error(`failed to persist metadata - ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
  }

  /** Runs the loops until `exit`. The first fatal error of any of them ends all, and is what this rejects with. */
  main(): Promise<void> {
    return (this.#main ??= this.#run());
  }

  async #run(): Promise<void> {
    this.#group.wrap((signal) => this.#tcp.run(signal), 'tcpServer');
    const http = this.#http;
    if (http !== undefined) this.#group.wrap((signal) => http.run(signal), 'httpServer');
    const https = this.#https;
    if (https !== undefined) this.#group.wrap((signal) => https.run(signal), 'httpsServer');
    this.#group.wrap((signal) => this.#scan.run(signal), 'queueScanLoop');
    this.#group.wrap((signal) => this.#storageLoop.run(signal), 'storageLoop');
    this.#group.wrap((signal) => this.#lookup.run(signal), 'lookupLoop');
    if (this.options.statsdAddress !== '') {
      const statsd = this.#statsdLoop();
      this.#group.wrap((signal) => statsd.run(signal), 'statsdLoop');
    }
    await this.#group.wait();
  }

  #lookupLoop(): LookupLoop {
    const { engine, logger, options, version } = this;
    const lookup = new LookupLoop({
      engine,
      logger,
      version,
      connectTimeout: options.httpClientConnectTimeout,
      requestTimeout: options.httpClientRequestTimeout,
      maxReplyBytes: options.maxBodySize,
      identity: () => ({
        broadcast_address: options.broadcastAddress,
        hostname: this.hostname,
        http_port: options.broadcastHttpPort,
        tcp_port: options.broadcastTcpPort,
        version,
      }),
    });
    lookup.setAddresses(options.nsqlookupdTcpAddresses);
    return lookup;
  }

  #statsdLoop(): StatsdLoop {
    const { options, logger } = this;
    return new StatsdLoop({
      source: this,
      logger,
      address: options.statsdAddress,
      prefix: statsdPrefix(options.statsdPrefix, options.broadcastAddress, options.broadcastHttpPort),
      interval: options.statsdInterval,
      packetBytes: options.statsdUdpPacketSize,
      memoryStats: options.statsdMemStats,
      excludeEphemeral: options.statsdExcludeEphemeral,
    });
  }

  /**
   * Stops: listeners and connections close, loops end, topics are stored, metadata is written, the data folder is released.
   * @throws when something could not be stored; everything else has been done
   */
  exit(): Promise<void> {
    return (this.#exit ??= this.#shutDown());
  }

  /**
   * Takes over what has changed in the options since they were last given: log level, addresses of nsqlookupds, files of certificates, whose
   * content is read again in any case. Connections stay. What takes a restart is logged.
   * @returns what is wrong with the options, and nothing has changed
   */
  reload(options: NsqdOptions): string | undefined {
    return this.#reload.apply(options);
  }

  /** The counterpart of `start`. @throws the fatal error that ended `main`, or what could not be stored */
  async stop(): Promise<void> {
    await this.exit();
    await this.#main;
  }

  async #shutDown(): Promise<void> {
    this.#group.stop();
    await this.#main?.catch(() => undefined); // reported by main() itself
    await this.#close();
    this.engine.exiting = true;
    this.#memory.close();
    this.#process.close();
    try {
      this.logger.info('NSQ: closing topics');
      await this.#store.flush();
    } finally {
      this.#lock.release();
      this.logger.info('NSQ: bye');
    }
  }

  // ---- what HTTP asks for

  get hostname(): string {
    return hostname();
  }

  get tcpPort(): number {
    return this.#tcp.port;
  }

  get httpPort(): number {
    return this.#http?.port ?? 0;
  }

  /** 0 when there is no HTTPS listener. */
  get httpsPort(): number {
    return this.#https?.port ?? 0;
  }

  health(): string | undefined {
    return this.#health.problem;
  }

  *clients(): Generator<ClientStats> {
    for (const connection of this.#tcp.connections) yield describeClient(connection);
  }

  get connectionCount(): number {
    return this.#tcp.connections.size;
  }

  processStats(): Promise<ProcessStats> {
    return this.#process.read();
  }

  memory(): MemoryStats {
    return this.#memory.read();
  }

  setLogLevel(level: LogLevel): void {
    this.logger.level = level;
  }

  setLookupdAddresses(addresses: readonly string[]): void {
    this.#lookup.setAddresses(addresses);
  }

  /** How many nsqlookupds are configured and connected. */
  get lookupStatus(): LookupStatus {
    return this.#lookup.status;
  }

  setTls(loaded: LoadedTls): void {
    this.#tls = loaded;
    if (loaded.config === undefined) return;
    this.#tlsServers?.replace(loaded.config);
    this.#https?.replaceTls(loaded.config);
  }
}
