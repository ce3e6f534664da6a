import { isEphemeral } from '@nsq/protocol';
import type { LatencyWindow } from '../stats/latency-window.js';
import { Backlog } from './backlog.js';
import type { Batch } from './batch.js';
import { NO_OUTPUT, WaitingLine, type Consumer } from './consumer.js';
import { Cursor } from './cursor.js';
import type { Engine } from './engine.js';
import { Holes } from './holes.js';
import type { Message } from './message.js';
import { MessageList } from './message-list.js';
import { MessageTable } from './message-table.js';
import type { Topic } from './topic.js';

/** Most messages that one consumer gets before the next has its turn. */
const MAX_ROUND = 32;

/** How long a message in flight may keep the whole chunk alive that it came in. Milliseconds. */
const YOUNG_MS = 2000;

/** What became of a FIN, REQ or TOUCH. */
export const Answer = { Ok: 0, NotInFlight: 1, NotOwner: 2 } as const;
export type Answer = (typeof Answer)[keyof typeof Answer];

/**
 * A named copy of a topic's stream. It stores no messages of its own: a cursor in the topic's chain says what has not been delivered yet;
 * messages delivered and not finished are in flight, those that wait for their time are deferred, those to be delivered again are ready.
 */
export class Channel {
  readonly name: string;
  readonly topic: Topic;
  readonly ephemeral: boolean;
  readonly consumers = new Set<Consumer>();
  /** Messages that belong to other channels alone: they come from files of the reference, which has a queue for each channel. */
  readonly foreign = new Holes();
  /** How long its messages took from publication to FIN; null when that is not kept. */
  readonly latency: LatencyWindow | null;
  paused = false;
  exiting = false;
  requeueCount = 0;
  timeoutCount = 0;

  readonly #engine: Engine;
  readonly #cursor: Cursor;
  readonly #backlog: Backlog | null; // null for a topic without a log
  #inBacklog = false; // the cursor stands in what was read from the log, not in the window
  readonly #inFlight = new MessageTable();
  readonly #deferred = new MessageTable();
  readonly #ready = new MessageList();
  readonly #line = new WaitingLine();
  #readyNext = false; // whose turn it is: ready and fresh messages alternate
  #marked = false;
  #countedFrom: number; // sequence number from which messages count as entered
  #enteredDeferred = 0;

  /** @param start sequence number of the first message to deliver */
  constructor(engine: Engine, topic: Topic, name: string, start: number) {
    this.#engine = engine;
    this.topic = topic;
    this.name = name;
    this.ephemeral = isEphemeral(name);
    this.latency = engine.latencyWindow();
    this.#cursor = new Cursor(start);
    this.#backlog =
      topic.log === null
        ? null
        : new Backlog(
            topic.log,
            this.#cursor,
            () => this.notify(),
            () => engine.retryLater(this),
          );
    this.#countedFrom = topic.dispatched;
  }

  /** Messages to be delivered: ahead of the cursor, or ready to be delivered again. */
  get depth(): number {
    return this.#fresh + this.#ready.length;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  get deferredCount(): number {
    return this.#deferred.size;
  }

  /** Messages that entered since the channel was made or the daemon started. */
  get messageCount(): number {
    return this.topic.dispatched - this.#countedFrom + this.#enteredDeferred;
  }

  /** Sequence number of the next message to be delivered for the first time. */
  get position(): number {
    return this.#cursor.seq;
  }

  /** Messages that only the log holds. */
  get backendDepth(): number {
    const { start } = this.topic.window;
    return this.#freshBefore(Math.min(start, this.topic.dispatched));
  }

  get #fresh(): number {
    return this.#freshBefore(this.topic.dispatched);
  }

  #freshBefore(end: number): number {
    const { seq } = this.#cursor;
    const { holes } = this.topic;
    if (end <= seq) return 0;
    const all = holes.none ? end - seq : end - seq - holes.countBetween(seq, end);
    return this.foreign.none ? all : all - this.foreign.countBetween(seq, end);
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
    if (this.#backlog !== null && this.#engine.now < this.#backlog.retryAt) return false;
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
    if (this.#fresh === 0) this.#caughtUp();
    if (this.ephemeral) this.dropOverflow();
    return budget - left;
  }

  #give(consumer: Consumer, count: number, now: number): number {
    let done = 0;
    while (done < count && consumer.channel === this && consumer.canTake()) {
      const ready = this.#ready.length > 0 && (this.#readyNext || this.#fresh === 0);
      this.#readyNext = !ready;
      const message = ready ? this.#ready.shift() : this.#takeFresh();
      if (message === null) break;
      done++;
      if (consumer.sampleRate > 0 && Math.floor(this.#engine.random() * 100) > consumer.sampleRate) {
        this.#engine.pool.give(message);
        continue;
      }
      message.attempts = (message.attempts + 1) & 0xffff;
      message.channel = this;
      message.consumer = consumer;
      message.deliveredAt = now;
      message.due = now + consumer.msgTimeout;
      message.wakeAt = Math.min(message.due, now + YOUNG_MS);
      message.inFlight = true;
      this.#inFlight.add(message);
      this.#engine.wheel.add(message);
      consumer.inFlightCount++;
      consumer.messageCount++;
      if (!consumer.output.send(message)) consumer.blocked = true;
    }
    return done;
  }

  #takeFresh(): Message | null {
    const cursor = this.#cursor;
    if (!this.topic.holes.none || !this.foreign.none) this.#jump();
    if (cursor.seq >= this.topic.dispatched || !(cursor.settle() || this.#attach())) return null;
    const { at, index } = cursor;
    const batch = cursor.batch as Batch;
    const message = this.#engine.pool.take();
    const size = batch.bytes.readInt32BE(at);
    message.idHi = batch.idHi;
    message.idLo = batch.idLo + index;
    message.timestampHi = batch.timestampHi;
    message.timestampLo = batch.timestampLo;
    message.attempts = batch.attempts;
    message.bytes = batch.bytes;
    message.at = at;
    message.size = size;
    if (batch.segment !== null) message.hold(batch.segment);
    cursor.at = at + 4 + size + batch.gap;
    cursor.index = index + 1;
    cursor.seq++;
    return message;
  }

  /** Finds the cursor's batch: in the window, or in the log. False when it has to be read first. */
  #attach(): boolean {
    const { window } = this.topic;
    if (this.#cursor.seq < window.start && this.#backlog !== null) {
      this.#inBacklog = true;
      // Not beyond what belongs to the channels, also when nothing is left up to there.
      if (this.#backlog.fill(Math.min(window.start, this.topic.dispatched), this.#engine.now)) return this.#cursor.settle();
      if (this.#cursor.seq < window.start) return false;
    }
    this.#inBacklog = false;
    window.attach(this.#cursor);
    return this.#cursor.settle();
  }

  /** Passes what was dropped, and what is not for this channel, which all lies before it. */
  #jump(): void {
    const next = this.topic.holes.skip(this.foreign.skip(this.#cursor.seq));
    if (next === this.#cursor.seq) return;
    this.#cursor.moveTo(next);
    this.foreign.forgetBefore(next);
  }

  /** With nothing to deliver, the cursor keeps no memory alive. */
  #caughtUp(): void {
    this.#jump();
    const { window } = this.topic;
    const { batch, seq } = this.#cursor;
    if (seq !== window.head || (batch === window.last && batch.count === 0)) return;
    this.#inBacklog = false;
    this.#cursor.standBehind(window.end());
    this.topic.passed();
  }

  /** The oldest batches have left the window. A cursor among them goes on in the log. */
  windowMoved(): void {
    if (!this.#inBacklog && this.#cursor.seq < this.topic.window.start) this.#cursor.detach();
  }

  // ---- answers of consumers

  finish(consumer: Consumer, idHi: number, idLo: number): Answer {
    const message = this.#inFlight.get(idHi, idLo);
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
    const message = this.#inFlight.get(idHi, idLo);
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
    const message = this.#inFlight.get(idHi, idLo);
    if (message === null) return Answer.NotInFlight;
    if (message.consumer !== consumer) return Answer.NotOwner;
    this.#engine.wheel.remove(message);
    message.due = Math.min(this.#engine.now + consumer.msgTimeout, message.deliveredAt + this.#engine.limits.maxMsgTimeout);
    message.wakeAt = message.due;
    this.#engine.wheel.add(message);
    message.detach(); // it stays long: the chunk it came in need not
    return Answer.Ok;
  }

  /** Takes a message out of flight. */
  #land(message: Message): void {
    this.#inFlight.remove(message);
    this.#engine.wheel.remove(message);
    message.inFlight = false;
    this.topic.log?.touched();
    const consumer = message.consumer;
    message.consumer = null;
    if (consumer !== null && consumer.channel === this) consumer.inFlightCount--;
  }

  /** The wheel gives a message back: its time, in flight or deferred, is up, or it has been in flight for a while. */
  expire(message: Message): void {
    if (message.due > this.#engine.now) {
      // Most are finished before this; the others must not keep all that came with them in memory.
      message.detach();
      message.wakeAt = message.due;
      this.#engine.wheel.add(message);
      return;
    }
    if (message.inFlight) {
      this.#inFlight.remove(message);
      this.timeoutCount++;
      message.inFlight = false;
      const consumer = message.consumer;
      message.consumer = null;
      if (consumer !== null && consumer.channel === this) {
        consumer.inFlightCount--;
        this.wake(consumer);
      }
    } else {
      this.#deferred.remove(message);
    }
    this.#makeReady(message);
  }

  #makeReady(message: Message): void {
    message.detach();
    message.channel = this;
    this.#ready.push(message);
    if (this.ephemeral) this.dropOverflow();
    this.notify();
  }

  /** Holds a message back for `delay` milliseconds from now. */
  defer(message: Message, delay: number): void {
    message.detach();
    message.channel = this;
    message.due = this.#engine.now + delay;
    message.wakeAt = message.due;
    this.#deferred.add(message);
    this.#engine.wheel.add(message);
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
    this.#cursor.moveTo(this.topic.dispatched);
    this.#discardTracked();
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
    this.#backlog?.close();
    this.#discardTracked();
  }

  /** An ephemeral channel keeps at most `memQueueSize` messages: the oldest go. */
  dropOverflow(): void {
    const excess = this.depth - this.#engine.limits.memQueueSize;
    if (excess <= 0) return;
    this.#skip(Math.min(excess, this.#fresh));
    for (let left = this.depth - this.#engine.limits.memQueueSize; left > 0; left--) {
      const oldest = this.#ready.shift();
      if (oldest === null) return;
      this.#engine.pool.give(oldest);
    }
  }

  /** Passes `count` messages without delivering them. */
  #skip(count: number): void {
    for (let left = count; left > 0;) {
      this.#jump();
      const { seq } = this.#cursor;
      const next = Math.min(seq + left, this.topic.holes.next(seq), this.foreign.next(seq));
      left -= next - seq;
      if (!this.#inBacklog && seq >= this.topic.window.start && (this.#cursor.batch !== null || this.#attach()))
        this.#cursor.skip(next - seq);
      else this.#cursor.moveTo(next);
    }
  }

  /** The topic dropped what nobody had received, from `from` up to, not including, `to`. */
  dropped(from: number, to: number): void {
    this.#countedFrom += to - from;
    if (this.#cursor.seq === from) this.#cursor.moveTo(to);
  }

  /** What has been delivered or deferred and is not finished: first in flight, then ready, then deferred. */
  *unfinished(): Generator<Message> {
    yield* this.#inFlight;
    yield* this.#ready;
    yield* this.#deferred;
  }

  /** Batches from `seq` on have moved in memory. */
  relocate(seq: number): void {
    if (!this.#inBacklog && this.#cursor.seq >= seq) this.#cursor.relocate();
  }

  /** Whether a message of `unfinished` waits for its time. */
  isDeferred(message: Message): boolean {
    return this.#deferred.get(message.idHi, message.idLo) === message;
  }

  #discardTracked(): void {
    for (const message of [...this.#inFlight.drain(), ...this.#deferred.drain()]) {
      this.#engine.wheel.remove(message);
      this.#engine.pool.give(message);
    }
    for (let message = this.#ready.shift(); message !== null; message = this.#ready.shift()) this.#engine.pool.give(message);
  }
}
