import { Ring } from '../ring.js';
import type { Intake } from './intake.js';
import { MessageState, type Message, type ReceivedMessage } from './message.js';

/** Hands messages out one by one to whoever asks for the next. */
export class MessageIterator implements Intake, AsyncIterableIterator<Message, undefined> {
  readonly running = 0;
  readonly #queue = new Ring<ReceivedMessage>();
  readonly #asking = new Ring<(result: IteratorResult<Message, undefined>) => void>();
  readonly #onReturn: () => Promise<void>;
  #closed = false;

  /** @param onReturn is called when the loop is left */
  constructor(onReturn: () => Promise<void>) {
    this.#onReturn = onReturn;
  }

  take(message: ReceivedMessage): void {
    const ask = this.#asking.shift();
    if (ask === undefined) this.#queue.push(message);
    else ask({ done: false, value: message });
  }

  shed(): readonly ReceivedMessage[] {
    return this.#queue.drain();
  }

  close(): void {
    this.#closed = true;
    for (const ask of this.#asking.drain()) ask({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      // nsqd has given what waited too long to somebody else.
      if (message.state === MessageState.Open) return Promise.resolve({ done: false, value: message });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  async return(): Promise<IteratorResult<Message, undefined>> {
    await this.#onReturn();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
