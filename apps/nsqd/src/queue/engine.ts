import { isEphemeral, MessageIdSource } from '@nsq/protocol';
import type { LatencyWindow } from '../stats/latency-window.js';
import type { Channel } from './channel.js';
import type { Clock } from './clock.js';
import { MessagePool, type Message } from './message.js';
import { TimingWheel } from './timing-wheel.js';
import type { TopicLog } from './topic-log.js';
import { Topic } from './topic.js';

/** Messages that one turn handles before it lets the event loop go on. */
const TURN_BUDGET = 20_000;
/** Timeouts and ends of deferrals that one scan handles before it lets the event loop go on. */
const SCAN_BUDGET = 10_000;
const NANOSECONDS = 1_000_000n;

export interface EngineLimits {
  /** Messages that a topic keeps in memory, and all that an ephemeral topic or channel keeps. */
  memQueueSize: number;
  /** Bytes of messages that a topic keeps in memory. */
  maxWindowBytes: number;
  /** Milliseconds after its delivery up to which TOUCH extends a message's timeout. */
  maxMsgTimeout: number;
}

/** What others want to know: metadata is persisted and discovery told. Called after the change. */
export interface EngineEvents {
  topicCreated(topic: Topic): void;
  topicDeleted(topic: Topic): void;
  channelCreated(channel: Channel): void;
  channelDeleted(channel: Channel): void;
  /** Work was marked: call `turn` soon, once. */
  workMarked(): void;
}

export interface EngineSetup {
  readonly nodeId: number;
  readonly clock: Clock;
  readonly limits: EngineLimits;
  readonly events: EngineEvents;
  /** The log of a topic that is not ephemeral. @default nothing is stored */
  readonly openLog?: (name: string) => TopicLog;
  /** Makes what keeps how long the messages of a new channel take. `now` is engine time. @default that is not kept */
  readonly createLatencyWindow?: (now: number) => LatencyWindow;
  /** Whether a new topic holds its messages back until somebody starts it. @default no */
  readonly holdsTopics?: () => boolean;
  /** 0 up to, not including, 1. */
  readonly random?: () => number;
}

/**
 * All topics, and what they share. No sockets, no files, no timers: somebody calls `turn` when work was marked and `scan` now and then.
 * The same calls with the same clock have the same result.
 */
export class Engine {
  readonly topics = new Map<string, Topic>();
  readonly limits: EngineLimits;
  readonly events: EngineEvents;
  readonly pool = new MessagePool();
  readonly wheel: TimingWheel;
  readonly ids: MessageIdSource;
  readonly random: () => number;
  /** Nothing is accepted any more. */
  exiting = false;
  /** Milliseconds of the engine's own time, as of the last `tick`. */
  now: number;
  timestampHi = 0;
  timestampLo = 0;

  readonly #clock: Clock;
  readonly #openLog: (name: string) => TopicLog | null;
  readonly #createLatencyWindow: ((now: number) => LatencyWindow) | null;
  readonly #holdsTopics: () => boolean;
  #stamped = false;
  #topics: Topic[] = []; // with something published in this turn
  #channels: Channel[] = []; // with something to deliver in this turn
  #asked = false;
  readonly #stalled = new Set<Channel>(); // reading what they deliver next has failed

  constructor(setup: EngineSetup) {
    this.#clock = setup.clock;
    const { openLog } = setup;
    this.#openLog = (name) => (openLog === undefined || isEphemeral(name) ? null : openLog(name));
    this.#createLatencyWindow = setup.createLatencyWindow ?? null;
    this.#holdsTopics = setup.holdsTopics ?? (() => false);
    this.limits = setup.limits;
    this.events = setup.events;
    this.random = setup.random ?? Math.random;
    this.now = setup.clock.monotonic();
    this.wheel = new TimingWheel(this.now);
    this.ids = new MessageIdSource(setup.nodeId, () => setup.clock.wall());
  }

  /** Takes the time. Call it once for each piece of input: what happens within it happens at one moment. */
  tick(): void {
    this.now = this.#clock.monotonic();
    this.#stamped = false;
  }

  /** Milliseconds since the Unix epoch. */
  wallTime(): number {
    return this.#clock.wall();
  }

  /** What engine time lacks to the time of day, whenever the last `tick` was: milliseconds since the Unix epoch. */
  get wallOffset(): number {
    return this.#clock.wall() - this.#clock.monotonic();
  }

  /** Makes `timestampHi` and `timestampLo` the time of this tick, nanoseconds since the Unix epoch. */
  stamp(): void {
    if (this.#stamped) return;
    this.#stamped = true;
    const wall = this.#clock.wall();
    const ms = Math.floor(wall);
    const ns = BigInt(ms) * NANOSECONDS + BigInt(Math.floor((wall - ms) * 1e6));
    this.timestampHi = Number(BigInt.asIntN(32, ns >> 32n));
    this.timestampLo = Number(BigInt.asIntN(32, ns));
  }

  /** Nanoseconds from a message's publication to this tick; 0 when the time of day has been set back meanwhile. */
  ageOf(message: Message): number {
    this.stamp();
    const high = (this.timestampHi - message.timestampHi) * 2 ** 32;
    return Math.max(0, high + (this.timestampLo >>> 0) - (message.timestampLo >>> 0));
  }

  /** For a new channel; null when latencies are not kept. */
  latencyWindow(): LatencyWindow | null {
    return this.#createLatencyWindow === null ? null : this.#createLatencyWindow(this.now);
  }

  /**
   * The topic, made if there is none. The name is valid.
   * @param started false for a topic that holds its messages back until `Topic.start`; as `holdsTopics` says by default
   */
  topic(name: string, started?: boolean): Topic {
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const topic = new Topic(this, name, this.#openLog(name), started ?? !this.#holdsTopics());
    this.topics.set(name, topic);
    this.events.topicCreated(topic);
    return topic;
  }

  /** The channel, made if there is none. The name is valid. */
  channel(topic: Topic, name: string): Channel {
    const known = topic.channels.get(name);
    if (known !== undefined) return known;
    const channel = topic.createChannel(name);
    this.events.channelCreated(channel);
    return channel;
  }

  deleteTopic(name: string): void {
    const topic = this.topics.get(name);
    if (topic === undefined) return;
    this.topics.delete(name);
    topic.close();
    this.events.topicDeleted(topic);
  }

  markTopic(topic: Topic): void {
    this.#topics.push(topic);
    this.#ask();
  }

  markChannel(channel: Channel): void {
    this.#channels.push(channel);
    this.#ask();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.events.workMarked();
  }

  /** Has a later `scan` try the channel's reading again. */
  retryLater(channel: Channel): void {
    this.#stalled.add(channel);
  }

  /** The end of a turn: every channel with work delivers. What exceeds the budget marks itself for another turn. */
  turn(): void {
    this.#asked = false;
    if (this.exiting) return; // everything stays as it is to be stored
    this.tick();
    const topics = this.#topics;
    if (topics.length > 0) {
      this.#topics = [];
      for (const topic of topics) topic.notifyChannels();
    }
    const channels = this.#channels;
    if (channels.length > 0) {
      this.#channels = [];
      const share = Math.max(1, Math.floor(TURN_BUDGET / channels.length));
      for (const channel of channels) channel.deliver(share);
    }
    for (const topic of topics) topic.settle();
  }

  /** Handles what is due: messages whose time is up come back, deferred ones become ready. True when more is due already. */
  scan(): boolean {
    this.tick();
    for (const channel of this.#stalled) if (channel.retry()) this.#stalled.delete(channel);
    return this.wheel.advance(this.now, SCAN_BUDGET, expire);
  }
}

function expire(message: Message): void {
  message.channel?.expire(message);
}
