import { Consumer, type ConsumerOutput } from '../../src/queue/consumer.js';
import { Engine, type EngineEvents, type EngineLimits, type EngineSetup } from '../../src/queue/engine.js';
import type { Channel } from '../../src/queue/channel.js';
import type { Message } from '../../src/queue/message.js';
import type { Topic } from '../../src/queue/topic.js';
import type { Done } from '../../src/queue/topic-log.js';
import { FakeLog } from './fake-log.js';

/** A clock that only moves when it is told to. */
export class FakeClock {
  now = 1000;
  readonly epoch = Date.UTC(2026, 0, 1);

  monotonic(): number {
    return this.now;
  }

  wall(): number {
    return this.epoch + this.now;
  }
}

export interface Received {
  readonly body: string;
  readonly attempts: number;
  readonly idHi: number;
  readonly idLo: number;
}

/** A consumer's connection that keeps what it is sent. */
export class FakeOutput implements ConsumerOutput {
  received: Received[] = [];
  closed = false;
  /** Messages that fit before it is full. */
  room = Infinity;

  send(message: Message): boolean {
    const { idHi, idLo, attempts, bytes, at, size } = message;
    this.received.push({ body: bytes.toString('latin1', at + 4, at + 4 + size), attempts, idHi, idLo });
    return this.received.length < this.room;
  }

  close(): void {
    this.closed = true;
  }

  /** What has come since the last call. */
  take(): Received[] {
    const all = this.received;
    this.received = [];
    return all;
  }
}

export interface World {
  readonly engine: Engine;
  readonly clock: FakeClock;
  readonly events: string[];
  /** The logs of topics, by name. */
  readonly logs: Map<string, FakeLog>;
  /** Ends turns until nothing is marked any more. */
  readonly settle: () => void;
  /** Moves the time, then scans and settles. */
  readonly advance: (ms: number) => void;
}

export interface WorldOptions {
  readonly random?: () => number;
  /** Topics have logs, which publishes go through first or not. @default no logs */
  readonly log?: 'spill' | 'write-through';
  readonly createLatencyWindow?: NonNullable<EngineSetup['createLatencyWindow']>;
}

export function createWorld(limits: Partial<EngineLimits> = {}, options: WorldOptions = {}): World {
  const clock = new FakeClock();
  const events: string[] = [];
  let marked = false;
  const log: EngineEvents = {
    topicCreated: (topic) => events.push(`+${topic.name}`),
    topicDeleted: (topic) => events.push(`-${topic.name}`),
    channelCreated: (channel) => events.push(`+${channel.topic.name}/${channel.name}`),
    channelDeleted: (channel) => events.push(`-${channel.topic.name}/${channel.name}`),
    workMarked: () => {
      marked = true;
    },
  };
  const logs = new Map<string, FakeLog>();
  const engine = new Engine({
    nodeId: 7,
    clock,
    limits: { memQueueSize: 10_000, maxWindowBytes: 2 ** 30, maxMsgTimeout: 900_000, ...limits },
    events: log,
    random: options.random ?? (() => 0),
    ...(options.createLatencyWindow === undefined ? {} : { createLatencyWindow: options.createLatencyWindow }),
    ...(options.log === undefined
      ? {}
      : {
          openLog: (name: string) => {
            const opened = new FakeLog(options.log === 'write-through');
            logs.set(name, opened);
            return opened;
          },
        }),
  });
  const work = (): boolean => [...logs.values()].map((each) => each.work()).includes(true);
  const settle = (): void => {
    for (let turns = 0; marked || work(); turns++) {
      if (turns > 10_000) throw new Error('the engine never comes to rest');
      if (!marked) continue;
      marked = false;
      engine.turn();
    }
  };
  const advance = (ms: number): void => {
    clock.now += ms;
    while (engine.scan());
    settle();
  };
  return { engine, clock, events, logs, settle, advance };
}

/** Messages in the layout of an MPUB body. */
export function pack(bodies: readonly string[], gap = 0): Buffer {
  return Buffer.concat(
    bodies.flatMap((body, i) => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(body.length, 0);
      return [size, Buffer.from(body, 'latin1'), Buffer.alloc(i < bodies.length - 1 ? gap : 0, '#')];
    }),
  );
}

const ignore = (): void => undefined;

/** True when it was accepted at once. */
export function publish(topic: Topic, ...bodies: string[]): boolean {
  return publishThen(topic, bodies, ignore);
}

const HEAD = Buffer.from('MPUB t\n');

/** As one MPUB, or as a run of PUBs, with gaps: which of them depends on the bodies. They are in the middle of a chunk. */
export function publishThen(topic: Topic, bodies: readonly string[], done: Done): boolean {
  const gap = bodies.length > 1 ? 7 * (bodies.join('').length % 3) : 0;
  const bytes = Buffer.concat([HEAD, pack(bodies, gap), HEAD]);
  return topic.publish(bytes, HEAD.length, bytes.length - HEAD.length, bodies.length, gap, done);
}

export function publishDeferred(topic: Topic, body: string, delay: number, done: Done = ignore): boolean {
  return topic.publishDeferred(pack([body]), 0, body.length, delay, done);
}

export function subscribe(
  channel: Channel,
  ready = 0,
  settings: { msgTimeout?: number; sampleRate?: number } = {},
): { consumer: Consumer; output: FakeOutput } {
  const output = new FakeOutput();
  const consumer = new Consumer(output, settings.msgTimeout ?? 60_000, settings.sampleRate ?? 0);
  channel.addConsumer(consumer);
  if (ready > 0) channel.setReady(consumer, ready);
  return { consumer, output };
}

export const bodies = (received: readonly Received[]): string[] => received.map(({ body }) => body);
