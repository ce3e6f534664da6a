import { Message } from './message.js';
import { MessageList } from './message-list.js';

/** Milliseconds of a slot of the finest wheel. */
const TICK_MS = 10;
const SLOT_BITS = 9;
const SLOTS = 1 << SLOT_BITS;
const LEVELS = 3; // 5 s, 44 min, 15 days; what is due later goes round the last wheel again

/**
 * Everything that is due some day: timeouts of messages in flight and ends of deferrals, of all channels. Adding and removing take
 * constant time; a turn of the wheel costs what is due, not what is there, and nothing when it is empty. Nothing comes out early.
 */
export class TimingWheel {
  size = 0;
  readonly #levels: MessageList[][] = [];
  readonly #due = new MessageList();
  #tick: number; // ticks up to here are in #due
  // Messages delivered in one turn to consumers of one timeout are due together: the slot of the last one, until the wheel turns.
  #lastDue = NaN;
  #lastSlot = this.#due;

  /** @param now engine milliseconds */
  constructor(now: number) {
    this.#tick = Math.floor(now / TICK_MS);
    for (let level = 0; level < LEVELS; level++) this.#levels.push(Array.from({ length: SLOTS }, () => new MessageList()));
  }

  /** Files the message under its `wakeAt`. */
  add(message: Message): void {
    if (message.wakeAt !== this.#lastDue) {
      this.#lastSlot = this.#slotFor(message);
      this.#lastDue = message.wakeAt;
    }
    this.#lastSlot.push(message);
    this.size++;
  }

  /** The message must be in the wheel, with the `wakeAt` it was added with. */
  remove(message: Message): void {
    // Any list unlinks a message of any other: only the links count. Their lengths are not used here.
    this.#due.remove(message);
    this.size--;
  }

  /**
   * Hands out what is due at `now`, at most `budget` messages: each has left the wheel when `onDue` gets it. True when more is due.
   */
  advance(now: number, budget: number, onDue: (message: Message) => void): boolean {
    const target = Math.floor(now / TICK_MS);
    if (this.size === 0) {
      this.#tick = Math.max(this.#tick, target);
      this.#lastDue = NaN;
      return false;
    }
    let left = budget;
    for (;;) {
      for (let message = this.#due.shift(); message !== null; message = this.#due.shift()) {
        this.size--;
        onDue(message);
        if (--left <= 0) return true;
      }
      if (this.#tick >= target) return false;
      this.#turn();
    }
  }

  /** Moves on by one tick. */
  #turn(): void {
    const tick = ++this.#tick;
    this.#lastDue = NaN;
    for (let level = 1; level < LEVELS && (tick & ((1 << (SLOT_BITS * level)) - 1)) === 0; level++) this.#spread(level, tick);
    this.#drain(this.#slot(0, tick), this.#due);
  }

  /** Files the messages of a coarse slot anew: now that they are nearer, finer wheels can tell them apart. */
  #spread(level: number, tick: number): void {
    const waiting = new MessageList();
    this.#drain(this.#slot(level, tick >> (SLOT_BITS * level)), waiting);
    for (let message = waiting.shift(); message !== null; message = waiting.shift()) this.#slotFor(message).push(message);
  }

  #drain(from: MessageList, to: MessageList): void {
    for (let message = from.shift(); message !== null; message = from.shift()) to.push(message);
  }

  #slotFor(message: Message): MessageList {
    const dueTick = Math.ceil(message.wakeAt / TICK_MS);
    const ahead = dueTick - this.#tick;
    if (ahead <= 0) return this.#due;
    for (let level = 0; level < LEVELS; level++) {
      // A slot of a coarse wheel is emptied when its first tick comes, so the current one is a whole turn away.
      if (ahead < 2 ** (SLOT_BITS * (level + 1))) return this.#slot(level, Math.floor(dueTick / 2 ** (SLOT_BITS * level)));
    }
    const farthest = this.#tick + 2 ** (SLOT_BITS * LEVELS) - 2 ** (SLOT_BITS * (LEVELS - 1));
    return this.#slot(LEVELS - 1, Math.floor(farthest / 2 ** (SLOT_BITS * (LEVELS - 1))));
  }

  #slot(level: number, position: number): MessageList {
    return (this.#levels[level] as MessageList[])[position & (SLOTS - 1)] as MessageList;
  }
}
