import { isEphemeral, MAX_IDS_AT_ONCE } from '@nsq/protocol';
import { Batch, emptyBatch } from './batch.js';
import { Channel } from './channel.js';
import { Cursor } from './cursor.js';
import type { Engine } from './engine.js';
import type { Message } from './message.js';
import { Slab } from './slab.js';

/** A deferred publish that no channel has received yet: its delay begins when one does. */
export interface WaitingDeferred {
  readonly message: Message;
  readonly delay: number;
}

/** A publish that cannot be accepted: the topic is being deleted or the daemon stops. */
export class ExitingError extends Error {
  override readonly name = 'ExitingError';

  constructor() {
    super('exiting');
  }
}

/**
 * A stream of messages and the channels that read it. Batches form a chain; each channel, and `#parked` while nothing flows, keeps a cursor
 * in it. Messages belong to the channels up to `dispatched`, which stays behind `head` while the topic is paused or has no channel.
 */
export class Topic {
  readonly name: string;
  readonly ephemeral: boolean;
  readonly channels = new Map<string, Channel>();
  /** Sequence number of the next message. */
  head = 0;
  dispatched = 0;
  paused = false;
  exiting = false;
  /** Messages and bytes of bodies published since the daemon started. */
  messageCount = 0;
  messageBytes = 0;

  readonly #engine: Engine;
  readonly #slab = new Slab();
  #last: Batch = emptyBatch(0);
  #parked: Cursor | null = new Cursor(this.#last); // where dispatching stopped, null while messages flow
  #deferred: WaitingDeferred[] = [];
  #unsettled: Batch | null = null; // the first batch of this turn
  #marked = false;
  #started: boolean;

  /** @param started false holds dispatching back until `start`: what was stored is put in place first */
  constructor(engine: Engine, name: string, started: boolean) {
    this.#engine = engine;
    this.#started = started;
    this.name = name;
    this.ephemeral = isEphemeral(name);
  }

  /** Messages that belong to no channel yet. */
  get depth(): number {
    return this.head - this.dispatched + this.#deferred.length;
  }

  /** Where a new channel starts. */
  get dispatchedCursor(): Cursor {
    return this.#parked ?? new Cursor(this.#last);
  }

  /** Deferred publishes that wait for a channel. */
  get waitingDeferred(): readonly WaitingDeferred[] {
    return this.#deferred;
  }

  // ---- what was stored

  start(): void {
    this.#started = true;
    this.#updateFlow();
  }

  /**
   * Puts an earlier run's messages and channels in place; once, before anything else and before `start`. Numbers count from the first of
   * `batches`, which follow on each other.
   */
  restore(batches: readonly Batch[], dispatched: number, channels: Iterable<{ readonly name: string; readonly position: number }>): void {
    const origin = new Cursor(this.#last);
    for (const batch of batches) this.#append(batch);
    this.#unsettled = null;
    const parked = new Cursor(origin.batch);
    parked.skip(dispatched);
    this.#parked = parked;
    this.dispatched = parked.seq;
    for (const { name, position } of channels) {
      const start = new Cursor(origin.batch);
      start.skip(Math.min(position, dispatched));
      this.channels.set(name, new Channel(this.#engine, this, name, start));
    }
  }

  /** The chain from the first message that somebody needs; a batch may begin before it. */
  *stored(): Generator<Batch> {
    let first = this.dispatchedCursor as Readonly<Cursor>;
    for (const channel of this.channels.values()) if (channel.cursor.seq < first.seq) first = channel.cursor;
    for (let batch: Batch | null = first.batch; batch !== null; batch = batch.next) {
      if (batch.count > 0 && batch.seq + batch.count > first.seq) yield batch;
    }
  }

  // ---- publishing

  /**
   * Accepts `count` messages that lie in `bytes` from `at` to `end` (see Batch for the layout). The bytes are kept, not copied.
   * @throws {ExitingError}
   */
  publish(bytes: Buffer, at: number, end: number, count: number, gap: number): void {
    if (this.exiting || this.#engine.exiting) throw new ExitingError();
    this.messageCount += count;
    this.messageBytes += end - at - 4 * count - gap * (count - 1);
    const room = this.#room();
    if (count <= room && count <= MAX_IDS_AT_ONCE) this.#accept(bytes, at, end, count, gap);
    else this.#acceptParts(bytes, at, Math.min(count, room), gap);
    this.#mark();
  }

  /**
   * Accepts one message that its channels hold back for `delay` milliseconds.
   * @throws {ExitingError}
   */
  publishDeferred(bytes: Buffer, at: number, size: number, delay: number): void {
    if (this.exiting || this.#engine.exiting) throw new ExitingError();
    this.messageCount++;
    this.messageBytes += size;
    if (this.#room() < 1) return;
    this.#engine.ids.take(1);
    const message = this.#engine.pool.take();
    message.idHi = this.#engine.ids.hi;
    message.idLo = this.#engine.ids.lo;
    this.#engine.stamp();
    message.timestampHi = this.#engine.timestampHi;
    message.timestampLo = this.#engine.timestampLo;
    message.attempts = 0;
    message.bytes = bytes;
    message.at = at;
    message.size = size;
    message.detach();
    this.deferUntilDispatched(message, delay);
  }

  /** Files a deferred message with the channels, or keeps it until there are any. */
  deferUntilDispatched(message: Message, delay: number): void {
    if (this.#parked === null) this.#deferToChannels(message, delay);
    else this.#deferred.push({ message, delay });
  }

  /** An ephemeral topic that no channel reads holds at most `memQueueSize` messages; what comes then is dropped, though accepted. */
  #room(): number {
    if (!this.ephemeral || this.#parked === null) return Number.MAX_SAFE_INTEGER;
    return Math.max(0, this.#engine.limits.memQueueSize - this.depth);
  }

  #accept(bytes: Buffer, at: number, end: number, count: number, gap: number): void {
    const { ids } = this.#engine;
    ids.take(count);
    this.#engine.stamp();
    this.#append(new Batch(this.head, count, bytes, at, end, gap, ids.hi, ids.lo, this.#engine.timestampHi, this.#engine.timestampLo));
  }

  /** The first `count` messages, in as many batches as their ids need. */
  #acceptParts(bytes: Buffer, at: number, count: number, gap: number): void {
    let from = at;
    for (let left = count; left > 0;) {
      const part = Math.min(left, MAX_IDS_AT_ONCE);
      let next = from;
      for (let i = 0; i < part; i++) next += 4 + bytes.readInt32BE(next) + gap;
      this.#accept(bytes, from, next - gap, part, gap);
      from = next;
      left -= part;
    }
  }

  /** Puts a batch whose `seq` is `head` at the end of the chain. */
  #append(batch: Batch): void {
    this.#last.next = batch;
    this.#last = batch;
    this.head += batch.count;
    if (this.#parked === null) this.dispatched = this.head;
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

  /** End of the turn: what stays moves out of socket chunks that are much larger than itself. */
  settle(): void {
    this.#marked = false;
    let batch = this.#unsettled;
    this.#unsettled = null;
    if (batch === null) return;
    const needed = this.#firstNeeded();
    const { seq } = batch;
    let moved = false;
    for (; batch !== null; batch = batch.next) {
      if (batch.seq + batch.count > needed && this.#slab.adopt(batch)) moved = true;
    }
    if (!moved) return;
    for (const channel of this.channels.values()) channel.relocate(seq);
  }

  /** Sequence number of the first message that some cursor still has to pass. */
  #firstNeeded(): number {
    let first = this.dispatched;
    for (const channel of this.channels.values()) first = Math.min(first, channel.position);
    return first;
  }

  /** A cursor that has passed everything stands on an empty batch, so that it keeps no memory alive. */
  letGo(cursor: Cursor): void {
    if (this.#parked !== null || cursor.seq !== this.head) return;
    if (this.#last.count > 0) {
      const empty = emptyBatch(this.head);
      this.#last.next = empty;
      this.#last = empty;
    }
    cursor.settle();
    cursor.copyFrom(new Cursor(this.#last));
    if (this.#slab.inUse && this.#drained()) this.#slab.release();
  }

  #drained(): boolean {
    for (const channel of this.channels.values()) if (channel.position < this.head) return false;
    return true;
  }

  // ---- channels

  createChannel(name: string): Channel {
    const channel = new Channel(this.#engine, this, name, this.dispatchedCursor);
    this.channels.set(name, channel);
    this.#updateFlow();
    return channel;
  }

  /** Ends a channel. An ephemeral topic goes with its last one. */
  deleteChannel(name: string): void {
    const channel = this.channels.get(name);
    if (channel === undefined) return;
    this.channels.delete(name);
    channel.close();
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
    if (this.#parked === null) return;
    this.#parked.batch.next = null;
    this.#last = this.#parked.batch;
    this.head = this.dispatched;
    this.#unsettled = null;
  }

  /** Ends the topic with its channels. */
  close(): void {
    this.exiting = true;
    for (const name of [...this.channels.keys()]) this.deleteChannel(name);
    this.empty();
  }

  /** Puts a cursor in front of what has not been dispatched. */
  moveToDispatched(cursor: Cursor): void {
    cursor.copyFrom(this.dispatchedCursor);
    this.letGo(cursor);
  }

  /** Messages flow to the channels while there is one and the topic is not paused. */
  #updateFlow(): void {
    const flows = this.#started && !this.paused && this.channels.size > 0;
    if (flows === (this.#parked === null)) return;
    if (!flows) {
      this.#parked = new Cursor(this.#last);
      return;
    }
    this.#parked = null;
    this.dispatched = this.head;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const { message, delay } of deferred) this.#deferToChannels(message, delay);
    this.#mark();
  }

  /** Each channel holds its own message; the body is shared. */
  #deferToChannels(message: Message, delay: number): void {
    let first = true;
    for (const channel of this.channels.values()) {
      let own = message;
      if (!first) {
        own = this.#engine.pool.take();
        own.idHi = message.idHi;
        own.idLo = message.idLo;
        own.timestampHi = message.timestampHi;
        own.timestampLo = message.timestampLo;
        own.attempts = 0;
        own.bytes = message.bytes;
        own.at = message.at;
        own.size = message.size;
      }
      first = false;
      channel.enterDeferred(own, delay);
    }
  }
}
