import type { Message } from './message.js';

const MIN_SLOTS = 16;
/** Removals for each slot that must have been made since the table got its size before it shrinks: content that comes and goes is no reason. */
const REMOVALS_PER_SLOT = 16;

/**
 * Messages by id: a hash table of chains keyed by the low bits of the id, which count up from message to message, so that neighbours
 * never collide. Grows and shrinks with its content.
 */
export class MessageTable {
  size = 0;
  #slots: (Message | null)[] = new Array<Message | null>(MIN_SLOTS).fill(null);
  #mask = MIN_SLOTS - 1;
  #removals = 0; // since the last resize

  get(idHi: number, idLo: number): Message | null {
    let message = this.#slots[idLo & this.#mask] ?? null;
    while (message !== null && (message.idLo !== idLo || message.idHi !== idHi)) message = message.hashNext;
    return message;
  }

  add(message: Message): void {
    if (this.size > this.#mask) this.#resize((this.#mask + 1) * 2);
    const slot = message.idLo & this.#mask;
    message.hashNext = this.#slots[slot] ?? null;
    this.#slots[slot] = message;
    this.size++;
  }

  /** The message must be in this table. */
  remove(message: Message): void {
    const slot = message.idLo & this.#mask;
    let at = this.#slots[slot] ?? null;
    if (at === message) {
      this.#slots[slot] = message.hashNext;
    } else {
      while (at !== null && at.hashNext !== message) at = at.hashNext;
      if (at === null) throw new Error('message is not in the table');
      at.hashNext = message.hashNext;
    }
    message.hashNext = null;
    this.size--;
    if (++this.#removals > REMOVALS_PER_SLOT * this.#mask && this.size * 8 < this.#mask && this.#mask >= MIN_SLOTS)
      this.#resize((this.#mask + 1) / 2);
  }

  /** All messages, in no particular order; the table must not change meanwhile. */
  *[Symbol.iterator](): Generator<Message> {
    for (const first of this.#slots) for (let at = first; at !== null; at = at.hashNext) yield at;
  }

  /** Empties the table and returns what was in it. */
  drain(): Message[] {
    const all = [...this];
    for (const message of all) message.hashNext = null;
    this.#slots = new Array<Message | null>(MIN_SLOTS).fill(null);
    this.#mask = MIN_SLOTS - 1;
    this.size = 0;
    return all;
  }

  #resize(slots: number): void {
    const all = [...this];
    this.#slots = new Array<Message | null>(slots).fill(null);
    this.#mask = slots - 1;
    this.#removals = 0;
    for (const message of all) {
      const slot = message.idLo & this.#mask;
      message.hashNext = this.#slots[slot] ?? null;
      this.#slots[slot] = message;
    }
  }
}
