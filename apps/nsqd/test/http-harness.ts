import type { LogLevel } from '@nsq/options';
import { createHttpServer, Logger, type MemoryStats, type ProcessStats } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import { defaultNsqdOptions } from '../src/options.js';
import type { Channel } from '../src/queue/channel.js';
import type { Clock } from '../src/queue/clock.js';
import { Consumer } from '../src/queue/consumer.js';
import { Engine, type EngineSetup } from '../src/queue/engine.js';
import { ClientState, type ClientStats } from '../src/stats/client-stats.js';
import type { HttpContext } from '../src/http/context.js';
import { registerRoutes } from '../src/http/routes.js';

export const START_TIME = 1_795_354_823;

/** Stands still until it is moved. */
export class FakeClock implements Clock {
  /** Milliseconds since the daemon started. */
  elapsed = 0;

  monotonic(): number {
    return this.elapsed;
  }

  wall(): number {
    return START_TIME * 1000 + this.elapsed;
  }
}

const MEMORY: MemoryStats = {
  heapObjects: 1,
  heapIdleBytes: 2,
  heapInUseBytes: 3,
  heapReleasedBytes: 4,
  gcPauseUsec100: 5,
  gcPauseUsec99: 6,
  gcPauseUsec95: 7,
  nextGcBytes: 8,
  gcTotalRuns: 9,
};

const PROCESS: ProcessStats = {
  cpuSeconds: 1.5,
  startTime: START_TIME,
  residentBytes: 2,
  heapTotalBytes: 3,
  heapUsedBytes: 4,
  externalBytes: 5,
  openFiles: 6,
  eventLoopDelay: [
    { quantile: 0.99, seconds: 0.25 },
    { quantile: 1, seconds: 0.5 },
  ],
};

/** A daemon of which only the engine is real. */
export class TestDaemon implements HttpContext {
  readonly clock = new FakeClock();
  readonly options = { ...defaultNsqdOptions(), broadcastAddress: '127.0.0.1', nodeId: 617 };
  readonly lines: string[] = [];
  readonly logger = new Logger({ clock: () => 0, write: (line) => this.lines.push(line.replace(/^\S+ \S+ /, '').trimEnd()) });
  readonly engine: Engine;
  readonly version = '1.3.0';
  readonly startTime = START_TIME;
  readonly hostname: string = 'vm';
  tcpPort = 20210;
  httpPort = 20211;
  httpsPort = 0;
  problem: string | undefined;
  connections: ClientStats[] = [];
  lookupStatus = { configured: 3, connected: 2 };
  persisted = 0;
  persistError: Error | undefined;
  /** Why nothing that is made can be kept. */
  keepError: Error | undefined;
  lookupdAddresses: readonly string[][] = [];
  readonly server: FastifyInstance;

  constructor(setup: Pick<EngineSetup, 'createLatencyWindow'> = {}) {
    this.engine = new Engine({
      nodeId: 617,
      clock: this.clock,
      limits: { ...this.options, maxWindowBytes: 2 ** 30 },
      events: {
        topicCreated: () => undefined,
        topicDeleted: () => undefined,
        channelCreated: () => undefined,
        channelDeleted: () => undefined,
        workMarked: () => undefined,
      },
      ...setup,
    });
    this.server = createHttpServer({ logger: this.logger });
    registerRoutes(this.server, this);
  }

  health(): string | undefined {
    return this.problem;
  }

  clients(): Iterable<ClientStats> {
    return this.connections;
  }

  memory(): MemoryStats {
    return MEMORY;
  }

  get connectionCount(): number {
    return this.connections.length;
  }

  processStats(): Promise<ProcessStats> {
    return Promise.resolve(PROCESS);
  }

  kept(): Promise<void> | null {
    return this.keepError === undefined ? null : Promise.reject(this.keepError);
  }

  persistMetadata(): Promise<void> {
    this.persisted++;
    return this.persistError === undefined ? Promise.resolve() : Promise.reject(this.persistError);
  }

  setLogLevel(level: LogLevel): void {
    this.logger.level = level;
  }

  setLookupdAddresses(addresses: readonly string[]): void {
    this.lookupdAddresses = [...this.lookupdAddresses, [...addresses]];
  }

  /** Sends a request without a socket; the reply as `status`, `body` and headers. */
  async send(method: 'GET' | 'POST' | 'PUT', url: string, payload?: string | Buffer) {
    const reply = await this.server.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    return { status: reply.statusCode, body: reply.body, headers: reply.headers };
  }

  /** `send`, in short: `200 OK`. */
  async ask(method: 'GET' | 'POST' | 'PUT', url: string, payload?: string | Buffer): Promise<string> {
    const { status, body } = await this.send(method, url, payload);
    return `${status} ${body}`.trimEnd();
  }

  channel(topic: string, name: string): Channel {
    return this.engine.channel(this.engine.topic(topic), name);
  }

  /** Takes all that a channel has to deliver now. The messages stay in flight. */
  take(channel: Channel): string[] {
    const bodies: string[] = [];
    const consumer = new Consumer(
      {
        send: ({ bytes, at, size }) => bodies.push(bytes.toString('latin1', at + 4, at + 4 + size)) > 0,
        close: () => undefined,
      },
      60_000,
    );
    channel.addConsumer(consumer);
    channel.setReady(consumer, Number.MAX_SAFE_INTEGER);
    this.engine.turn();
    channel.setReady(consumer, 0);
    return bodies;
  }
}

/** A connection that has said and done nothing, but for what `differs` says. */
export function clientStats(differs: Partial<ClientStats> = {}): ClientStats {
  return {
    channel: null,
    clientId: '127.0.0.1',
    hostname: '127.0.0.1',
    remoteAddress: '127.0.0.1:46538',
    state: ClientState.New,
    readyCount: 0,
    inFlightCount: 0,
    messageCount: 0,
    finishCount: 0,
    requeueCount: 0,
    connectTs: START_TIME,
    sampleRate: 0,
    deflate: false,
    snappy: false,
    userAgent: '',
    authed: false,
    authIdentity: '',
    authIdentityUrl: '',
    pubCounts: [],
    tls: false,
    tlsCipherSuite: '',
    tlsVersion: '',
    tlsNegotiatedProtocol: '',
    tlsNegotiatedProtocolIsMutual: false,
    ...differs,
  };
}
