import { hostname } from 'node:os';
import path from 'node:path';
import { FileCache, nodeFileSystem } from '@nsq/commit-log';
import { versionLine, type LogLevel } from '@nsq/options';
import { Logger, MemoryMonitor, ProcessMonitor, type MemoryStats, type ProcessStats } from '@nsq/service';
import { WaitGroup } from '@nsq/waitgroup';
import { createAuthorizer } from './auth/create-authorizer.js';
import { engineEvents } from './engine-events.js';
import type { HttpContext } from './http/context.js';
import { registerRoutes } from './http/routes.js';
import { LookupLoop, type LookupStatus } from './lookup/lookup-loop.js';
import { checkNsqdOptions, defaultNsqdOptions, type NsqdOptions } from './options.js';
import { QueueScanLoop } from './queue-scan-loop.js';
import type { Channel } from './queue/channel.js';
import { systemClock } from './queue/clock.js';
import { Engine, type EngineSetup } from './queue/engine.js';
import type { Topic } from './queue/topic.js';
import { Reload, type ReloadTarget } from './reload.js';
import { Servers } from './servers.js';
import type { ClientStats } from './stats/client-stats.js';
import { LatencyWindow } from './stats/latency-window.js';
import { statsdPrefix } from './stats/statsd-prefix.js';
import { StatsdLoop } from './statsd-loop.js';
import { lockDataPath, type DataPathLock } from './storage/data-path-lock.js';
import { DiskStorage } from './storage/disk-storage.js';
import { Health } from './storage/health.js';
import type { Durability } from './storage/storage-context.js';
import { StorageLoop } from './storage-loop.js';
import { describeClient } from './tcp/describe-client.js';
import { TurnLoop } from './tcp/turn-loop.js';
import { loadTls, type LoadedTls } from './tls/load-tls.js';
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
  readonly #turns: TurnLoop;
  readonly #servers: Servers;
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
      events: engineEvents(logger, () => ({ store: this.#store, lookup: this.#lookup, turns: this.#turns })),
    });
    this.#turns = new TurnLoop(this.engine);
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
    const { engine, version } = this;
    const authorizer = createAuthorizer(options, () => this.#tls.client ?? {});
    const kept = (channel: Channel): Promise<void> | null => this.kept(channel);
    const context = { engine, turns: this.#turns, options, logger, version, authorizer, kept };
    this.#servers = new Servers(context, loadedTls.config, (server) => registerRoutes(server, this));
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
      if (nsqd !== undefined) await nsqd.#servers.close();
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
      await nsqd.#servers.close();
      nsqd.#lock.release();
      throw error;
    }
    // A failure is reported by stop().
    nsqd.main().catch(() => undefined);
    return nsqd;
  }

  async #bind(): Promise<void> {
    const { options } = this;
    await this.#servers.bind();
    options.broadcastTcpPort ||= Math.max(0, this.tcpPort);
    options.broadcastHttpPort ||= Math.max(0, this.httpPort);
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
    this.#servers.run(this.#group);
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
    await this.#servers.close();
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
    return this.#servers.tcpPort;
  }

  get httpPort(): number {
    return this.#servers.httpPort;
  }

  /** 0 when there is no HTTPS listener. */
  get httpsPort(): number {
    return this.#servers.httpsPort;
  }

  health(): string | undefined {
    return this.#health.problem;
  }

  *clients(): Generator<ClientStats> {
    for (const connection of this.#servers.connections) yield describeClient(connection);
  }

  get connectionCount(): number {
    return this.#servers.connections.size;
  }

  processStats(): Promise<ProcessStats> {
    return this.#process.read();
  }

  memory(): MemoryStats {
    return this.#memory.read();
  }

  kept(made?: Topic | Channel): Promise<void> | null {
    return durabilityOf(this.options) === 'memory' ? null : this.#store.written(made);
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
    if (loaded.config !== undefined) this.#servers.replaceTls(loaded.config);
  }
}
