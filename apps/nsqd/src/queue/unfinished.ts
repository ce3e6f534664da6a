import type { Message, MessagePool } from './message.js';
import { MessageList } from './message-list.js';
import { MessageTable } from './message-table.js';
import type { TimingWheel } from './timing-wheel.js';

/** How long a message in flight may keep the whole chunk alive that it came in. Milliseconds. */
const YOUNG_MS = 2000;

/**
 * What a channel has delivered or deferred and not finished. Each message is in one of three places: in flight, deferred until its time comes, or
 * ready to be delivered again. The first two wait in the engine's wheel as well.
 */
export class Unfinished {
  readonly #wheel: TimingWheel;
  readonly #pool: MessagePool;
  readonly #inFlight = new MessageTable();
  readonly #deferred = new MessageTable();
  readonly #ready = new MessageList();

  constructor(wheel: TimingWheel, pool: MessagePool) {
    this.#wheel = wheel;
    this.#pool = pool;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  get deferredCount(): number {
    return this.#deferred.size;
  }

  get readyCount(): number {
    return this.#ready.length;
  }

  /** The message in flight with this id. */
  find(idHi: number, idLo: number): Message | null {
    return this.#inFlight.get(idHi, idLo);
  }

  /** Whether a message of this channel waits for its time. */
  isDeferred(message: Message): boolean {
    return this.#deferred.get(message.idHi, message.idLo) === message;
  }

  /** Puts a message in flight until `due`. */
  launch(message: Message, now: number, due: number): void {
    message.deliveredAt = now;
    message.due = due;
    message.wakeAt = Math.min(due, now + YOUNG_MS);
    message.inFlight = true;
    this.#inFlight.add(message);
    this.#wheel.add(message);
  }

  /** Takes a message out of flight before its time. */
  land(message: Message): void {
    this.#inFlight.remove(message);
    this.#wheel.remove(message);
    message.inFlight = false;
  }

  /** Leaves a message in flight until `due` instead. */
  extend(message: Message, due: number): void {
    this.#wheel.remove(message);
    message.due = due;
    this.#await(message);
  }

  /** Holds a message back until `due`. */
  defer(message: Message, due: number): void {
    message.due = due;
    this.#deferred.add(message);
    this.#await(message);
  }

  #await(message: Message): void {
    message.detach(); // it stays long: the chunk it came in need not
    message.wakeAt = message.due;
    this.#wheel.add(message);
  }

  /**
   * The wheel has given a message back. True when its time is up: then it is neither in flight nor deferred any more. Else it has been in
   * flight for a while: most are finished before this; the others must not keep all that came with them in memory.
   */
  expire(message: Message, now: number): boolean {
    if (message.due > now) {
      this.#await(message);
      return false;
    }
    if (message.inFlight) this.#inFlight.remove(message);
    else this.#deferred.remove(message);
    return true;
  }

  pushReady(message: Message): void {
    message.detach();
    this.#ready.push(message);
  }

  shiftReady(): Message | null {
    return this.#ready.shift();
  }

  /** All of it: first in flight, then ready, then deferred. */
  *[Symbol.iterator](): Generator<Message> {
    yield* this.#inFlight;
    yield* this.#ready;
    yield* this.#deferred;
  }

  discard(): void {
    for (const message of [...this.#inFlight.drain(), ...this.#deferred.drain()]) {
      this.#wheel.remove(message);
      this.#pool.give(message);
    }
    for (let message = this.#ready.shift(); message !== null; message = this.#ready.shift()) this.#pool.give(message);
  }
}
