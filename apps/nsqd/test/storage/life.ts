import { FileCache, type LogFileSystem } from '@nsq/commit-log';
import { Logger } from '@nsq/service';
import type { Clock } from '../../src/queue/clock.js';
import { Engine } from '../../src/queue/engine.js';
import type { Channel } from '../../src/queue/channel.js';
import type { Topic } from '../../src/queue/topic.js';
import { DiskStorage } from '../../src/storage/disk-storage.js';
import { Health } from '../../src/storage/health.js';
import type { Durability } from '../../src/storage/storage-context.js';
import { TopicStore } from '../../src/topic-store.js';
import { MetadataStandIn } from './metadata-stand-in.js';

/** The time of day goes on when a process ends, its own time begins anew. Milliseconds. */
export class SimulatedClock implements Clock {
  #monotonic: number;
  readonly #origin: number;

  constructor(wall: number, monotonic: number) {
    this.#monotonic = monotonic;
    this.#origin = wall - monotonic;
  }

  pass(ms: number): void {
    this.#monotonic += ms;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  wall(): number {
    return this.#origin + this.#monotonic;
  }
}

export interface Setup {
  readonly durability: Durability;
  readonly memQueueSize: number;
  readonly segmentBytes: number;
  readonly syncEvery: number;
}

/** There are no files of the reference on the simulated file system. */
class Storage extends DiskStorage {
  override importQueues(): Promise<void> {
    return Promise.resolve();
  }
}

const PATIENCE = 30_000; // turns of the event loop

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets the event loop turn until `action` is over. @throws its failure, or that it takes too many turns */
export async function patiently<T>(action: Promise<T>, what = 'it'): Promise<T> {
  const state = { over: false };
  const watched = action.finally(() => (state.over = true));
  watched.catch(() => undefined);
  for (let turns = 0; !state.over; turns++) {
    if (turns > PATIENCE) throw new Error(`${what} takes for ever`);
    await turn();
  }
  return watched;
}

/** One process: what `Nsqd` puts together, without sockets and timers, on a file system that is handed in. */
export class Life {
  readonly clock: SimulatedClock;
  readonly engine: Engine;
  readonly storage: DiskStorage;
  readonly store: TopicStore;
  readonly health = new Health();
  readonly logged: string[] = [];
  /** It has ended: nobody is told anything any more. */
  dead = false;
  #marked = false;
  #checkpoint: Promise<void> | null = null;

  constructor(
    fileSystem: LogFileSystem,
    clock: SimulatedClock,
    setup: Setup,
    channelDeleted: (channel: Channel) => void = () => undefined,
  ) {
    this.clock = clock;
    const created = (made: Topic | Channel): void => this.store.created(made);
    this.engine = new Engine({
      nodeId: 1,
      clock,
      limits: { memQueueSize: setup.memQueueSize, maxWindowBytes: 20_000, maxMsgTimeout: 20_000 },
      random: () => 0,
      openLog: (topic) => this.storage.open(topic),
      events: {
        topicCreated: created,
        topicDeleted: (topic) => {
          this.store.forget(topic);
          this.store.deleted(topic);
        },
        channelCreated: created,
        channelDeleted: (channel) => {
          channelDeleted(channel);
          this.store.deleted(channel);
        },
        workMarked: () => {
          this.#marked = true;
        },
      },
    });
    const logger = new Logger({ write: (line) => this.logged.push(line) });
    this.storage = new Storage({
      fileSystem,
      files: new FileCache({ maxOpen: 4, idleMs: Infinity }),
      folder: '/data/topics',
      segmentBytes: setup.segmentBytes,
      durability: setup.durability,
      syncEvery: setup.syncEvery,
      health: this.health,
      logger,
      barrier: () => this.store.pending,
      recorded: () => this.store.recorded(),
      refusal: () => this.store.failure,
    });
    this.store = new TopicStore(this.engine, this.storage, '/data', '1.3.0', logger, new MetadataStandIn(fileSystem));
  }

  /** Ends turns until nothing is marked any more. */
  settle(): void {
    for (let turns = 0; this.#marked; turns++) {
      if (turns > 10_000) throw new Error('the engine never comes to rest');
      this.#marked = false;
      this.engine.turn();
    }
  }

  /** Lets so many turns of the event loop pass: files are written and read in them. */
  async work(turns: number): Promise<void> {
    for (let left = turns; left > 0; left--) {
      await turn();
      this.settle();
    }
  }

  advance(ms: number): void {
    this.clock.pass(ms);
    while (this.engine.scan());
    this.settle();
  }

  /** Begins a checkpoint when none is under way; a failure is logged. */
  checkpoint(): void {
    this.#checkpoint ??= this.store.checkpoint().finally(() => (this.#checkpoint = null));
  }

  /** A clean stop. @throws what could not be stored */
  async stop(): Promise<void> {
    await this.#checkpoint;
    this.engine.exiting = true;
    await this.store.flush();
  }

  get topics(): Topic[] {
    return [...this.engine.topics.values()];
  }
}
