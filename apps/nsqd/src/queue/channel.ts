import { isEphemeral } from '@nsq/protocol';
import type { LatencyWindow } from '../stats/latency-window.js';
import { NO_OUTPUT, WaitingLine, type Consumer } from './consumer.js';
import type { Engine } from './engine.js';
import { Feed } from './feed.js';
import type { Hole } from './holes.js';
import type { Message } from './message.js';
import type { Topic } from './topic.js';
import { Unfinished } from './unfinished.js';

/** Most messages that one consumer gets before the next has its turn. */
const MAX_ROUND = 32;

/** What became of a FIN, REQ or TOUCH. */
export const Answer = { Ok: 0, NotInFlight: 1, NotOwner: 2 } as const;
export type Answer = (typeof Answer)[keyof typeof Answer];

/**
 * A named copy of a topic's stream. It stores no messages of its own: its feed says what has not been delivered yet, in the topic's chain; what
 * has been delivered or deferred is unfinished until a consumer finishes it.
 */
export class Channel {
  readonly name: string;
  readonly topic: Topic;
  readonly ephemeral: boolean;
  readonly consumers = new Set<Consumer>();
  /** How long its messages took from publication to FIN; null when that is not kept. */
  readonly latency: LatencyWindow | null;
  paused = false;
  exiting = false;
  requeueCount = 0;
  timeoutCount = 0;

  readonly #engine: Engine;
  readonly #feed: Feed;
  readonly #unfinished: Unfinished;
  readonly #line = new WaitingLine();
  #readyNext = false; // whose turn it is: ready and fresh messages alternate
  #marked = false;
  #countedFrom: number; // sequence number from which messages count as entered
  #enteredDeferred = 0;

  /**
   * @param start sequence number of the first message to deliver
   * @param foreign behind it, messages that are not for this channel
   */
  constructor(engine: Engine, topic: Topic, name: string, start: number, foreign: readonly Hole[] = []) {
    this.#engine = engine;
    this.topic = topic;
    this.name = name;
    this.ephemeral = isEphemeral(name);
    this.latency = engine.latencyWindow();
    this.#unfinished = new Unfinished(engine.wheel, engine.pool);
    this.#feed = new Feed(
      engine,
      topic,
      start,
      () => this.notify(),
      () => engine.retryLater(this),
    );
    for (const hole of foreign) this.#feed.foreign.add(hole);
    this.#countedFrom = topic.dispatched;
  }

  /** Messages to be delivered: for the first time, or again. */
  get depth(): number {
    return this.#feed.count + this.#unfinished.readyCount;
  }

  get inFlightCount(): number {
    return this.#unfinished.inFlightCount;
  }

  get deferredCount(): number {
    return this.#unfinished.deferredCount;
  }

  /** Messages that entered since the channel was made or the daemon started. */
  get messageCount(): number {
    return this.topic.dispatched - this.#countedFrom + this.#enteredDeferred;
  }

  /** Sequence number of the next message to be delivered for the first time. */
  get position(): number {
    return this.#feed.position;
  }

  /** Behind `position`, messages that are not for this channel. */
  get foreign(): readonly Hole[] {
    return this.#feed.foreign.all;
  }

  /** Messages that only the log holds. */
  get backendDepth(): number {
    return this.#feed.backendCount;
  }

  /** What has been delivered or deferred and is not finished: first in flight, then ready, then deferred. */
  get unfinished(): Iterable<Message> {
    return this.#unfinished;
  }

  /** Whether a message of `unfinished` waits for its time. */
  isDeferred(message: Message): boolean {
    return this.#unfinished.isDeferred(message);
  }

  // ---- consumers

  /** The caller has checked `exiting` and the limit on consumers. */
  addConsumer(consumer: Consumer): void {
    this.consumers.add(consumer);
    consumer.channel = this;
  }

  /** Its messages stay in flight until their time is up. The last one leaving ends an ephemeral channel. */
  removeConsumer(consumer: Consumer): void {
    if (!this.consumers.delete(consumer)) return;
    consumer.channel = null;
    consumer.output = NO_OUTPUT;
    this.#line.remove(consumer);
    if (this.ephemeral && this.consumers.size === 0 && !this.exiting) this.topic.deleteChannel(this.name);
  }

  setReady(consumer: Consumer, count: number): void {
    consumer.readyCount = count;
    this.wake(consumer);
  }

  /** Lines the consumer up when it can take a message and does not wait yet. */
  wake(consumer: Consumer): void {
    if (consumer.waiting || !consumer.canTake()) return;
    this.#line.push(consumer);
    this.#mark();
  }

  /** Asks for delivery at the end of the turn, when somebody waits for messages. */
  notify(): void {
    if (this.#line.length > 0) this.#mark();
  }

  /** Reading has failed a while ago: tries again. False when it is too early. */
  retry(): boolean {
    if (!this.#feed.mayRead) return false;
    this.notify();
    return true;
  }

  #mark(): void {
    if (this.#marked || this.exiting) return;
    this.#marked = true;
    this.#engine.markChannel(this);
  }

  // ---- delivery

  /** Delivers in rounds, consumer by consumer, at most `budget` messages. Returns how many it handled. */
  deliver(budget: number): number {
    this.#marked = false;
    const now = this.#engine.now;
    let left = budget;
    while (left > 0 && this.#line.length > 0 && !this.paused && this.depth > 0) {
      // A fair share while there is little, so that the first in line does not take it all.
      const round = this.#line.length;
      const share = Math.min(MAX_ROUND, Math.max(1, Math.floor(this.depth / round)));
      const before = left;
      for (let i = 0; i < round && left > 0 && this.depth > 0; i++) {
        const consumer = this.#line.shift();
        if (consumer === null) break;
        left -= this.#give(consumer, Math.min(share, left), now);
        if (consumer.canTake()) this.#line.push(consumer);
      }
      if (left === before) break; // what is next has to be read first
    }
    if (left <= 0) this.#mark();
    if (left < budget) this.topic.log?.touched();
    if (this.#feed.count === 0 && this.#feed.rest()) this.topic.passed();
    if (this.ephemeral) this.dropOverflow();
    return budget - left;
  }

  #give(consumer: Consumer, count: number, now: number): number {
    let done = 0;
    while (done < count && consumer.channel === this && consumer.canTake()) {
      const ready = this.#unfinished.readyCount > 0 && (this.#readyNext || this.#feed.count === 0);
      this.#readyNext = !ready;
      const message = ready ? this.#unfinished.shiftReady() : this.#feed.take();
      if (message === null) break;
      done++;
      if (consumer.sampleRate > 0 && Math.floor(this.#engine.random() * 100) > consumer.sampleRate) {
        this.#engine.pool.give(message);
        continue;
      }
      message.attempts = (message.attempts + 1) & 0xffff;
      message.channel = this;
      message.consumer = consumer;
      this.#unfinished.launch(message, now, now + consumer.msgTimeout);
      consumer.inFlightCount++;
      consumer.messageCount++;
      if (!consumer.output.send(message)) consumer.blocked = true;
    }
    return done;
  }

  // ---- answers of consumers

  finish(consumer: Consumer, idHi: number, idLo: number): Answer {
    const message = this.#unfinished.find(idHi, idLo);
    if (message === null) return Answer.NotInFlight;
    if (message.consumer !== consumer) return Answer.NotOwner;
    this.#land(message);
    if (this.latency !== null) this.latency.record(this.#engine.ageOf(message), this.#engine.now);
    this.#engine.pool.give(message);
    consumer.finishCount++;
    this.wake(consumer);
    return Answer.Ok;
  }

  /** @param delay milliseconds, already within bounds; 0 puts the message back at once */
  requeue(consumer: Consumer, idHi: number, idLo: number, delay: number): Answer {
    const message = this.#unfinished.find(idHi, idLo);
    if (message === null) return Answer.NotInFlight;
    if (message.consumer !== consumer) return Answer.NotOwner;
    this.#land(message);
    consumer.requeueCount++;
    this.requeueCount++;
    if (delay > 0) this.defer(message, delay);
    else this.#makeReady(message);
    this.wake(consumer);
    return Answer.Ok;
  }

  /** A new timeout from now on, though never beyond `maxMsgTimeout` after the delivery. */
  touch(consumer: Consumer, idHi: number, idLo: number): Answer {
    const message = this.#unfinished.find(idHi, idLo);
    if (message === null) return Answer.NotInFlight;
    if (message.consumer !== consumer) return Answer.NotOwner;
    const { now, limits } = this.#engine;
    this.#unfinished.extend(message, Math.min(now + consumer.msgTimeout, message.deliveredAt + limits.maxMsgTimeout));
    return Answer.Ok;
  }

  /** Takes a message out of flight. */
  #land(message: Message): void {
    this.#unfinished.land(message);
    this.topic.log?.touched();
    const consumer = message.consumer;
    message.consumer = null;
    if (consumer !== null && consumer.channel === this) consumer.inFlightCount--;
  }

  /** The wheel gives a message back: its time, in flight or deferred, may be up. */
  expire(message: Message): void {
    if (!this.#unfinished.expire(message, this.#engine.now)) return;
    if (message.inFlight) {
      this.timeoutCount++;
      message.inFlight = false;
      const consumer = message.consumer;
      message.consumer = null;
      if (consumer !== null && consumer.channel === this) {
        consumer.inFlightCount--;
        this.wake(consumer);
      }
    }
    this.#makeReady(message);
  }

  #makeReady(message: Message): void {
    message.channel = this;
    this.#unfinished.pushReady(message);
    if (this.ephemeral) this.dropOverflow();
    this.notify();
  }

  /** Holds a message back for `delay` milliseconds from now. */
  defer(message: Message, delay: number): void {
    message.channel = this;
    this.#unfinished.defer(message, this.#engine.now + delay);
  }

  /** A deferred publish arrives: it counts as entered at once. */
  enterDeferred(message: Message, delay: number): void {
    this.#enteredDeferred++;
    this.defer(message, delay);
  }

  /** A message of an earlier run that was delivered and not finished, or had waited for its time. It does not count as entered. */
  restore(message: Message, delay: number): void {
    if (delay > 0) this.defer(message, delay);
    else this.#makeReady(message);
  }

  // ---- operators

  pause(): void {
    this.paused = true;
  }

  unpause(): void {
    this.paused = false;
    this.notify();
  }

  /** Drops everything: queued, in flight and deferred. */
  empty(): void {
    this.#feed.skipAll();
    this.#unfinished.discard();
    this.topic.log?.touched();
    for (const consumer of this.consumers) {
      consumer.inFlightCount = 0;
      this.wake(consumer);
    }
  }

  /** Ends the channel: its consumers are disconnected, its content is dropped. */
  close(): void {
    this.exiting = true;
    for (const consumer of this.consumers) {
      consumer.channel = null;
      consumer.output.close();
    }
    this.consumers.clear();
    this.#feed.close();
    this.#unfinished.discard();
  }

  /** An ephemeral channel keeps at most `memQueueSize` messages: the oldest go. */
  dropOverflow(): void {
    const excess = this.depth - this.#engine.limits.memQueueSize;
    if (excess <= 0) return;
    this.#feed.skip(Math.min(excess, this.#feed.count));
    for (let left = this.depth - this.#engine.limits.memQueueSize; left > 0; left--) {
      const oldest = this.#unfinished.shiftReady();
      if (oldest === null) return;
      this.#engine.pool.give(oldest);
    }
  }

  // ---- the topic tells

  /** The topic dropped what nobody had received, from `from` up to, not including, `to`. */
  dropped(from: number, to: number): void {
    this.#countedFrom += to - from;
    this.#feed.dropped(from, to);
  }

  /** The oldest batches have left the window. */
  windowMoved(): void {
    this.#feed.windowMoved();
  }

  /** Batches from `seq` on have moved in memory. */
  relocate(seq: number): void {
    this.#feed.relocate(seq);
  }
}
