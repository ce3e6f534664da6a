import { isEphemeral } from '@nsq/protocol';
import type { Batch } from './batch.js';
import { Channel } from './channel.js';
import type { Engine } from './engine.js';
import { Holes, type Hole } from './holes.js';
import type { Message } from './message.js';
import { newBatches, newMessage } from './new-messages.js';
import { ExitingError, StoreError } from './publish-error.js';
import { Slab } from './slab.js';
import { Spill } from './spill.js';
import type { Done, TopicLog } from './topic-log.js';
import { Window } from './window.js';

/** A deferred publish that no channel has received yet: its delay begins when one does. */
export interface WaitingDeferred {
  readonly message: Message;
  readonly delay: number;
}

/** What an earlier run left of a topic; the messages themselves are in its log. */
export interface TopicPosition {
  readonly head: number;
  readonly dispatched: number;
  readonly holes: readonly Hole[];
  readonly channels: Iterable<{ readonly name: string; readonly seq: number; readonly foreign?: readonly Hole[] | undefined }>;
}

/**
 * A stream of messages and the channels that read it. The newest are in the window, older ones that somebody still needs in the log.
 * Messages belong to the channels up to `dispatched`, which stays behind `head` while the topic is paused or has no channel.
 */
export class Topic {
  readonly name: string;
  readonly ephemeral: boolean;
  readonly channels = new Map<string, Channel>();
  readonly window = new Window(0);
  readonly holes = new Holes();
  /** Null for a topic that is never stored. */
  readonly log: TopicLog | null;
  dispatched = 0;
  paused = false;
  exiting = false;
  /** Messages and bytes of bodies published since the daemon started. */
  messageCount = 0;
  messageBytes = 0;

  readonly #engine: Engine;
  readonly #slab = new Slab();
  readonly #spill: Spill;
  #flowing = false;
  #deferred: WaitingDeferred[] = [];
  #unsettled: Batch | null = null; // the first batch of this turn
  #marked = false;
  #started: boolean;
  #awaitingStart: (() => void)[] = [];

  /** @param started false holds dispatching back until `start`: what was stored, or which channels there are elsewhere, comes first */
  constructor(engine: Engine, name: string, log: TopicLog | null, started: boolean) {
    this.#engine = engine;
    this.#started = started;
    this.name = name;
    this.log = log;
    this.ephemeral = isEphemeral(name);
    this.#spill = new Spill(
      this.window,
      log,
      engine.limits,
      () => this.#evicted(),
      (seq) => this.#relocate(seq),
    );
  }

  /** Sequence number of the next message. */
  get head(): number {
    return this.window.head;
  }

  /** Messages that belong to no channel yet. */
  get depth(): number {
    return this.head - this.dispatched + this.#deferred.length;
  }

  /** Messages that belong to no channel yet and that only the log holds. */
  get backendDepth(): number {
    return Math.max(0, this.window.start - this.dispatched);
  }

  /** So much waits to be stored that publishers should be held back. */
  get congested(): boolean {
    return this.log?.congested ?? false;
  }

  /** Calls back, once, when publishers may go on. */
  whenRelieved(resume: () => void): void {
    if (this.log === null) resume();
    else this.log.whenRelieved(resume);
  }

  /** Deferred publishes that wait for a channel. */
  get waitingDeferred(): readonly WaitingDeferred[] {
    return this.#deferred;
  }

  // ---- what was stored

  /** Whether messages may flow to the channels. */
  get started(): boolean {
    return this.#started;
  }

  /** Messages flow to the channels from here on. */
  start(): void {
    this.#started = true;
    this.#updateFlow();
    for (const callback of this.#awaitingStart.splice(0)) callback();
  }

  /** Calls back, once, when the topic has been started; at once when it has been. */
  whenStarted(callback: () => void): void {
    if (this.#started) callback();
    else this.#awaitingStart.push(callback);
  }

  /** Puts an earlier run's positions in place; once, before anything else and before `start`. */
  restore(position: TopicPosition): void {
    this.window.reset(position.head);
    this.dispatched = Math.min(position.dispatched, position.head);
    for (const hole of position.holes) this.holes.add(hole);
    for (const { name, seq, foreign } of position.channels) {
      this.channels.set(name, new Channel(this.#engine, this, name, Math.min(seq, this.dispatched), foreign));
    }
  }

  // ---- publishing

  /**
   * Publishes `count` messages that lie in `bytes` from `at` to `end` (see Batch for the layout). The bytes are kept, not copied.
   * True when they are accepted; false when that takes until `done`.
   * @throws {ExitingError | StoreError} nothing was accepted
   */
  publish(bytes: Buffer, at: number, end: number, count: number, gap: number, done: Done): boolean {
    this.#mayPublish();
    const taken = Math.min(count, this.#room());
    const messageBytes = end - at - 4 * count - gap * (count - 1);
    if (this.log?.writesThrough !== true) {
      this.#count(count, messageBytes);
      for (const batch of newBatches(this.#engine, this.head, bytes, at, end, count, taken, gap)) this.#append(batch);
      this.#mark();
      return true;
    }
    const batches = newBatches(this.#engine, this.log.end, bytes, at, end, count, taken, gap);
    let left = batches.length;
    let failure: Error | null = null;
    for (const batch of batches) {
      if (batch.gap > 0) batch.pack();
      this.log.append(batch, (error) => {
        failure ??= error;
        if (error === null) {
          this.#append(batch);
          this.#mark();
        }
        if (--left > 0) return;
        if (failure === null) this.#count(count, messageBytes);
        done(failure === null ? null : new StoreError(failure));
      });
    }
    return false;
  }

  /**
   * Publishes one message that its channels hold back for `delay` milliseconds. True when it is accepted; false when that takes until `done`.
   * @throws {ExitingError | StoreError} it was not accepted
   */
  publishDeferred(bytes: Buffer, at: number, size: number, delay: number, done: Done): boolean {
    this.#mayPublish();
    if (this.#room() < 1) {
      this.#count(1, size);
      return true;
    }
    const message = newMessage(this.#engine, bytes, at, size);
    if (this.log?.writesThrough !== true) {
      this.#count(1, size);
      this.deferUntilDispatched(message, delay);
      return true;
    }
    // What is stored names its channels, so they are those of now, not those there are when it is stored.
    const flowing = this.#flowing;
    const receivers = flowing ? [...this.channels.values()] : [];
    const names = receivers.map(({ name }) => name);
    const due = this.#engine.now + delay;
    const dueAt = flowing ? this.#engine.wallTime() + delay : delay;
    this.log.appendDeferred(message, names, dueAt, (error) => {
      if (error === null) {
        this.#count(1, size);
        if (flowing) this.#deferTo(receivers, message, Math.max(1, due - this.#engine.now));
        else this.deferUntilDispatched(message, delay);
        done(null);
      } else {
        this.#engine.pool.give(message);
        done(new StoreError(error));
      }
    });
    return false;
  }

  #mayPublish(): void {
    if (this.exiting || this.#engine.exiting) throw new ExitingError();
    const refusal = this.log?.refusal ?? null;
    if (refusal !== null) throw new StoreError(refusal);
    const { failure } = this.#spill;
    if (failure === null || !this.#spill.full) return;
    // What does not fit into memory cannot be stored either. Try again, for the next publisher.
    this.#enforceWindow();
    throw new StoreError(failure);
  }

  #count(count: number, bytes: number): void {
    this.messageCount += count;
    this.messageBytes += bytes;
  }

  /** An ephemeral topic that no channel reads holds at most `memQueueSize` messages; what comes then is dropped, though accepted. */
  #room(): number {
    if (!this.ephemeral || this.#flowing) return Number.MAX_SAFE_INTEGER;
    return Math.max(0, this.#engine.limits.memQueueSize - this.depth);
  }

  /** Accepts a batch whose `seq` is `head`. */
  #append(batch: Batch): void {
    this.window.append(batch);
    if (this.#flowing) this.dispatched = this.head;
    this.#unsettled ??= batch;
  }

  #mark(): void {
    if (this.#marked) return;
    this.#marked = true;
    this.#engine.markTopic(this);
  }

  // ---- the turn

  /** Tells the channels of what was published in this turn. */
  notifyChannels(): void {
    for (const channel of this.channels.values()) {
      channel.notify();
      if (channel.ephemeral) this.#engine.markChannel(channel);
    }
  }

  /** End of the turn: what exceeds the window leaves it, and what stays moves out of socket chunks that are much larger than itself. */
  settle(): void {
    this.#marked = false;
    let batch = this.#unsettled;
    this.#unsettled = null;
    this.log?.touched();
    const needed = this.#enforceWindow();
    if (batch === null) return;
    const { seq } = batch;
    let moved = false;
    for (; batch !== null; batch = batch.next) {
      // A batch that is being written must stay where it is.
      if (batch.seq >= this.window.start && batch.seq + batch.count > needed && !batch.writing && this.#slab.adopt(batch)) moved = true;
    }
    if (moved) this.#relocate(seq);
  }

  /** Batches from `seq` on have moved in memory: the channels find their places anew. */
  #relocate(seq: number): void {
    for (const channel of this.channels.values()) channel.relocate(seq);
  }

  #enforceWindow(): number {
    const needed = this.firstNeeded();
    this.#spill.enforce(needed);
    return needed;
  }

  /** A channel has passed all there is: what nobody needs any more can go at the end of the turn. */
  passed(): void {
    if (this.window.count > 0) this.#mark();
  }

  #evicted(): void {
    if (this.window.count === 0) this.#slab.release();
    for (const channel of this.channels.values()) channel.windowMoved();
  }

  /** Sequence number of the first message that some cursor still has to pass. */
  firstNeeded(): number {
    let first = this.dispatched;
    for (const channel of this.channels.values()) first = Math.min(first, channel.position);
    return first;
  }

  // ---- channels

  createChannel(name: string): Channel {
    const channel = new Channel(this.#engine, this, name, this.dispatched);
    this.channels.set(name, channel);
    this.log?.touched();
    this.#updateFlow();
    return channel;
  }

  /** Ends a channel. An ephemeral topic goes with its last one. */
  deleteChannel(name: string): void {
    const channel = this.channels.get(name);
    if (channel === undefined) return;
    this.channels.delete(name);
    channel.close();
    this.log?.touched();
    this.#updateFlow();
    this.#engine.events.channelDeleted(channel);
    if (this.ephemeral && this.channels.size === 0 && !this.exiting) this.#engine.deleteTopic(this.name);
  }

  // ---- operators

  pause(): void {
    this.paused = true;
    this.#updateFlow();
  }

  unpause(): void {
    this.paused = false;
    this.#updateFlow();
  }

  /** Drops what no channel has received yet; the channels keep what is theirs. */
  empty(): void {
    for (const { message } of this.#deferred) this.#engine.pool.give(message);
    this.#deferred = [];
    const hole = { from: this.dispatched, to: this.head };
    if (hole.to === hole.from) return;
    const lagging = [...this.channels.values()].some((channel) => channel.position < hole.from);
    if (lagging) this.holes.add(hole);
    this.dispatched = hole.to;
    for (const channel of this.channels.values()) channel.dropped(hole.from, hole.to);
    this.log?.touched();
    this.#mark();
  }

  /** Ends the topic with its channels. */
  close(): void {
    this.exiting = true;
    for (const name of [...this.channels.keys()]) this.deleteChannel(name);
    this.empty();
  }

  /** Messages flow to the channels while there is one and the topic is not paused. */
  #updateFlow(): void {
    const flows = this.#started && !this.paused && this.channels.size > 0;
    if (flows === this.#flowing) return;
    this.#flowing = flows;
    this.log?.touched();
    if (!flows) return;
    this.dispatched = this.head;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const { message, delay } of deferred) this.#deferTo(this.channels.values(), message, delay);
    this.#mark();
  }

  /** Files a deferred message with the channels, or keeps it until there are any. */
  deferUntilDispatched(message: Message, delay: number): void {
    if (this.#flowing) this.#deferTo(this.channels.values(), message, delay);
    else this.#deferred.push({ message, delay });
  }

  /** Each channel holds its own message; the body is shared. */
  #deferTo(channels: Iterable<Channel>, message: Message, delay: number): void {
    let given = false;
    for (const channel of channels) {
      if (channel.exiting) continue;
      let own = message;
      if (given) {
        own = this.#engine.pool.take();
        own.copyFrom(message);
      }
      given = true;
      channel.enterDeferred(own, delay);
    }
    if (!given) this.#engine.pool.give(message);
  }
}
