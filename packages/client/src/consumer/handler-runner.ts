import { Ring } from '../ring.js';
import type { Handler } from './consumer-options.js';
import type { Intake } from './intake.js';
import { MessageState, type ReceivedMessage } from './message.js';

export interface HandlerRunnerSetup {
  readonly handler: Handler;
  readonly concurrency: number;
  readonly autoFinish: boolean;
  /** The handler has thrown, or its promise was rejected. The message may be answered already. */
  onError(error: unknown, message: ReceivedMessage): void;
  /** The last handler that ran has ended. */
  onIdle(): void;
}

/** Runs a handler on each message, at most so many at a time, and answers by its outcome. */
export class HandlerRunner implements Intake {
  running = 0;
  readonly #setup: HandlerRunnerSetup;
  readonly #queue = new Ring<ReceivedMessage>();
  #advancing = false;

  constructor(setup: HandlerRunnerSetup) {
    this.#setup = setup;
  }

  take(message: ReceivedMessage): void {
    if (this.running < this.#setup.concurrency) this.#start(message);
    else this.#queue.push(message);
  }

  shed(): readonly ReceivedMessage[] {
    return this.#queue.drain();
  }

  close(): void {
    // Handlers run to their end.
  }

  #start(message: ReceivedMessage): void {
    this.running++;
    let outcome: unknown;
    try {
      outcome = this.#setup.handler(message);
    } catch (error) {
      this.#failed(message, error);
      return;
    }
    if (isPromiseLike(outcome)) {
      outcome.then(
        () => this.#succeeded(message),
        (error: unknown) => this.#failed(message, error),
      );
    } else this.#succeeded(message);
  }

  #succeeded(message: ReceivedMessage): void {
    if (this.#setup.autoFinish && message.state !== MessageState.Answered) message.finish();
    this.#ended();
  }

  #failed(message: ReceivedMessage, error: unknown): void {
    if (message.state !== MessageState.Answered) message.requeue();
    this.#setup.onError(error, message);
    this.#ended();
  }

  #ended(): void {
    this.running--;
    if (this.#queue.size > 0) this.#advance();
    else if (this.running === 0) this.#setup.onIdle();
  }

  #advance(): void {
    // A handler that is done at once comes back here: the loop below goes on with the next.
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#queue.size > 0 && this.running < this.#setup.concurrency) {
      const message = this.#queue.shift();
      // nsqd has given what waited too long to somebody else.
      if (message?.state === MessageState.Open) this.#start(message);
    }
    this.#advancing = false;
    if (this.running === 0) this.#setup.onIdle();
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
