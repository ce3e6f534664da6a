import { Message } from './message.js';

/** A doubly linked list through `prev` and `next` of its messages: push, shift and removal from anywhere without allocation. */
export class MessageList {
  length = 0;
  readonly #head = new Message(); // not a message: before the first, behind the last

  constructor() {
    this.#head.prev = this.#head;
    this.#head.next = this.#head;
  }

  push(message: Message): void {
    const last = this.#head.prev as Message;
    message.prev = last;
    message.next = this.#head;
    last.next = message;
    this.#head.prev = message;
    this.length++;
  }

  shift(): Message | null {
    const first = this.#head.next as Message;
    if (first === this.#head) return null;
    this.remove(first);
    return first;
  }

  /** The message must be in this list. */
  remove(message: Message): void {
    const { prev, next } = message;
    (prev as Message).next = next;
    (next as Message).prev = prev;
    message.prev = null;
    message.next = null;
    this.length--;
  }

  *[Symbol.iterator](): Generator<Message> {
    for (let at = this.#head.next as Message; at !== this.#head; at = at.next as Message) yield at;
  }
}
