import type { Channel } from './channel.js';
import type { Message } from './message.js';

/** The connection behind a consumer, as the engine sees it. */
export interface ConsumerOutput {
  /** Sends a message frame. False when the connection has enough for now: nothing more comes until `Consumer.unblock`. */
  send(message: Message): boolean;
  /** Ends the connection: its channel is gone. */
  close(): void;
}

/** In the place of a connection that has left: messages still in flight to it must not keep it in memory. */
export const NO_OUTPUT: ConsumerOutput = {
  send: () => false,
  close: () => undefined,
};

/** One subscription: what it may receive and what it holds. */
export class Consumer {
  /** Most messages that may be in flight to it. Change it through `Channel.setReady`. */
  readyCount = 0;
  inFlightCount = 0;
  /** Messages sent, redeliveries included. */
  messageCount = 0;
  finishCount = 0;
  requeueCount = 0;
  /** Milliseconds until a message is taken back. */
  msgTimeout: number;
  /** 0 for all messages, else the percentage of messages that it gets; the others are dropped. */
  sampleRate: number;
  channel: Channel | null = null;
  /** The output is full. */
  blocked = false;
  /** Stands in the channel's line of consumers that can take a message. */
  waiting = false;
  nextWaiting: Consumer | null = null;
  previousWaiting: Consumer | null = null;
  output: ConsumerOutput;

  constructor(output: ConsumerOutput, msgTimeout: number, sampleRate = 0) {
    this.output = output;
    this.msgTimeout = msgTimeout;
    this.sampleRate = sampleRate;
  }

  canTake(): boolean {
    return this.inFlightCount < this.readyCount && !this.blocked && this.channel !== null;
  }

  /** The output has room again. */
  unblock(): void {
    this.blocked = false;
    this.channel?.wake(this);
  }
}

/** Consumers that can take a message: first come, first served. */
export class WaitingLine {
  length = 0;
  #first: Consumer | null = null;
  #last: Consumer | null = null;

  push(consumer: Consumer): void {
    consumer.waiting = true;
    consumer.previousWaiting = this.#last;
    if (this.#last === null) this.#first = consumer;
    else this.#last.nextWaiting = consumer;
    this.#last = consumer;
    this.length++;
  }

  shift(): Consumer | null {
    const first = this.#first;
    if (first !== null) this.remove(first);
    return first;
  }

  /** Takes a consumer out that stands here, or does not. */
  remove(consumer: Consumer): void {
    if (!consumer.waiting) return;
    const { previousWaiting: previous, nextWaiting: next } = consumer;
    if (previous === null) this.#first = next;
    else previous.nextWaiting = next;
    if (next === null) this.#last = previous;
    else next.previousWaiting = previous;
    consumer.previousWaiting = null;
    consumer.nextWaiting = null;
    consumer.waiting = false;
    this.length--;
  }
}
