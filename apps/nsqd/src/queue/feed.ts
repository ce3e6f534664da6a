import { Backlog } from './backlog.js';
import type { Batch } from './batch.js';
import { Cursor } from './cursor.js';
import type { Engine } from './engine.js';
import { Holes } from './holes.js';
import type { Message } from './message.js';
import type { Topic } from './topic.js';

/**
 * What a channel has not delivered yet: a place in its topic's stream. The messages ahead of it are in the topic's window or, when the channel
 * has fallen behind, in the log, from where they are read back.
 */
export class Feed {
  /** Messages that belong to other channels alone: they come from files of the reference, which has a queue for each channel. */
  readonly foreign = new Holes();
  readonly #engine: Engine;
  readonly #topic: Topic;
  readonly #cursor: Cursor;
  readonly #backlog: Backlog | null; // null for a topic without a log
  #inBacklog = false; // the cursor stands in what was read from the log, not in the window

  /**
   * @param start sequence number of the first message
   * @param arrived called when `take` has found nothing at hand and now would
   * @param failed called when reading has failed: `take` is to be called again once `mayRead`
   */
  constructor(engine: Engine, topic: Topic, start: number, arrived: () => void, failed: () => void) {
    this.#engine = engine;
    this.#topic = topic;
    this.#cursor = new Cursor(start);
    this.#backlog = topic.log === null ? null : new Backlog(topic.log, this.#cursor, arrived, failed);
  }

  /** Sequence number of the next message. */
  get position(): number {
    return this.#cursor.seq;
  }

  get count(): number {
    return this.#countBefore(this.#topic.dispatched);
  }

  /** Those that only the log holds. */
  get backendCount(): number {
    return this.#countBefore(Math.min(this.#topic.window.start, this.#topic.dispatched));
  }

  #countBefore(end: number): number {
    const { seq } = this.#cursor;
    const { holes } = this.#topic;
    if (end <= seq) return 0;
    const all = holes.none ? end - seq : end - seq - holes.countBetween(seq, end);
    return this.foreign.none ? all : all - this.foreign.countBetween(seq, end);
  }

  /** It is not too early to read again after a failure. */
  get mayRead(): boolean {
    return this.#backlog === null || this.#engine.now >= this.#backlog.retryAt;
  }

  /** The next message; null when there is none, or when it has to be read first. */
  take(): Message | null {
    const cursor = this.#cursor;
    if (!this.#topic.holes.none || !this.foreign.none) this.#jump();
    const { seq } = cursor;
    if (seq >= this.#topic.dispatched || !(cursor.settle() || this.#attach())) return null;
    // It has jumped over what could not be read: that may lead to what was dropped, or does not belong to the channels yet.
    if (cursor.seq !== seq) return this.take();
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

  /** Passes the next `count` messages. */
  skip(count: number): void {
    const cursor = this.#cursor;
    for (let left = count; left > 0;) {
      this.#jump();
      const { seq } = cursor;
      const next = Math.min(seq + left, this.#topic.holes.next(seq), this.foreign.next(seq));
      left -= next - seq;
      if (!this.#inBacklog && seq >= this.#topic.window.start && (cursor.batch !== null || this.#attach())) cursor.skip(next - seq);
      else cursor.moveTo(next);
    }
  }

  /** Passes all there is. */
  skipAll(): void {
    this.#cursor.moveTo(this.#topic.dispatched);
  }

  /** The topic has dropped what no channel had received, from `from` up to, not including, `to`. */
  dropped(from: number, to: number): void {
    if (this.#cursor.seq === from) this.#cursor.moveTo(to);
  }

  /** With nothing left it keeps no memory alive. True when it stands at the end of the topic. */
  rest(): boolean {
    this.#jump();
    const { window } = this.#topic;
    const { batch, seq } = this.#cursor;
    if (seq !== window.head || (batch === window.last && batch.count === 0)) return false;
    this.#inBacklog = false;
    this.#cursor.standBehind(window.end());
    return true;
  }

  /** The oldest batches have left the window. A cursor among them goes on in the log. */
  windowMoved(): void {
    if (!this.#inBacklog && this.#cursor.seq < this.#topic.window.start) this.#cursor.detach();
  }

  /** Batches from `seq` on have moved in memory. */
  relocate(seq: number): void {
    if (!this.#inBacklog && this.#cursor.seq >= seq) this.#cursor.relocate();
  }

  /** Forgets what was read from the log. */
  close(): void {
    this.#backlog?.close();
  }

  /** Finds the cursor's batch: in the window, or in the log. False when it has to be read first. */
  #attach(): boolean {
    const { window } = this.#topic;
    if (this.#cursor.seq < window.start && this.#backlog !== null) {
      this.#inBacklog = true;
      // Not beyond what belongs to the channels, also when nothing is left up to there.
      if (this.#backlog.fill(Math.min(window.start, this.#topic.dispatched), this.#engine.now)) return this.#cursor.settle();
      if (this.#cursor.seq < window.start) return false;
    }
    this.#inBacklog = false;
    window.attach(this.#cursor);
    return this.#cursor.settle();
  }

  /** Passes what was dropped, and what is not for this channel, which all lies before it. */
  #jump(): void {
    const next = this.#topic.holes.skip(this.foreign.skip(this.#cursor.seq));
    if (next === this.#cursor.seq) return;
    this.#cursor.moveTo(next);
    this.foreign.forgetBefore(next);
  }
}
