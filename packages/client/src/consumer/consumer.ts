import { EventEmitter } from 'node:events';
import { isValidName, quote } from '@nsq/protocol';
import { connectionSetup } from '../connection/connection-options.js';
import type { Connection } from '../connection/connection.js';
import { NsqClosedError, NsqServerError, type NsqError } from '../errors.js';
import { Nodes } from '../nodes.js';
import { checkInteger } from '../options.js';
import type { CloseOptions } from '../producer/producer-options.js';
import { tell } from '../tell.js';
import { Deferred, within } from '../wait.js';
import { Backoff, BackoffState } from './backoff.js';
import { MAX_IN_FLIGHT, consumerSettings, type ConsumerOptions, type ConsumerSettings, type Handler } from './consumer-options.js';
import { HandlerRunner } from './handler-runner.js';
import type { Intake } from './intake.js';
import { MessageIterator } from './message-iterator.js';
import type { Message, ReceivedMessage } from './message.js';
import { RdyDistributor } from './rdy-distributor.js';
import { Subscription, type LateAnswer, type SubscriptionOwner } from './subscription.js';

/** Addresses are those of nsqds, but for `discoveryFailed`. None of the events needs a listener. */
export interface ConsumerEvents {
  /** Connected and subscribed. */
  connected: [address: string];
  /** The error is null when the consumer closed the connection. */
  disconnected: [address: string, error: NsqError | null];
  /** It is tried again. */
  connectFailed: [address: string, error: NsqError];
  /** A nsqlookupd could not be asked. */
  discoveryFailed: [address: string, error: NsqError];
  /** A handler has thrown or rejected; the message has been requeued. */
  handlerError: [error: unknown, message: Message];
  /** The backoff has changed; `delay` milliseconds pass until the next test when it is `waiting`. */
  backoff: [state: BackoffState, level: number, delay: number];
  /** An answer that came too late, and did nothing. */
  late: [answer: LateAnswer];
  /** A message was delivered more than `maxAttempts` times; it goes to `onMaxAttempts` and is finished. */
  maxAttempts: [message: Message];
}

const DEFAULT_CLOSE_MS = 30_000;
const MAX_SWEEP_MS = 1_000;
const SWEEPS_PER_TIMEOUT = 8;
const STARVED_SHARE = 0.85;

/**
 * Receives the messages of a channel from one nsqd or several. `run` gives them to a handler, `for await` hands them out one by one.
 * Connections that are lost are made again; what was unanswered on them nsqd delivers again.
 */
export class Consumer extends EventEmitter<ConsumerEvents> implements AsyncIterable<Message, undefined> {
  readonly topic: string;
  readonly channel: string;
  readonly #settings: ConsumerSettings;
  readonly #onMaxAttempts: Handler;
  readonly #backoff: Backoff;
  readonly #nodes: Nodes;
  readonly #rdy = new RdyDistributor();
  readonly #subscriptions = new Set<Subscription>();
  readonly #owner: SubscriptionOwner;
  readonly #readyWaiters = new Set<Deferred>();
  readonly #subscribeMs: number;
  readonly #closed = new Deferred();
  readonly #drained = new Deferred();
  #maxInFlight: number;
  #intake: Intake | null = null;
  #givenUp: HandlerRunner | null = null;
  #sweeper: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  /**
   * @throws {NsqServerError} `E_BAD_TOPIC`, `E_BAD_CHANNEL`
   * @throws {TypeError} @throws {RangeError} for an option that cannot work, before anything is connected
   */
  constructor(options: ConsumerOptions) {
    super();
    this.topic = options.topic;
    this.channel = options.channel;
    for (const [code, what, name] of [
      ['E_BAD_TOPIC', 'topic', options.topic],
      ['E_BAD_CHANNEL', 'channel', options.channel],
    ] as const) {
      if (!isValidName(name)) throw new NsqServerError(`${code} SUB ${what} name ${quote(Buffer.from(name))} is not valid`);
    }
    this.#settings = consumerSettings(options);
    this.#maxInFlight = this.#settings.maxInFlight;
    this.#onMaxAttempts = options.onMaxAttempts ?? (() => undefined);
    this.#backoff = new Backoff(options.backoff ?? {}, (delay) => {
      this.#spread();
      tell(() => this.emit('backoff', this.#backoff.state, this.#backoff.level, delay));
    });
    const setup = connectionSetup(options);
    this.#subscribeMs = setup.connectTimeout;
    this.#owner = {
      received: (message) => this.#received(message),
      answered: (outcome) => this.#answered(outcome),
      requeueDelay: (message) => this.#settings.requeueDelay(message),
      late: (answer) => tell(() => this.emit('late', answer)),
    };
    this.#nodes = new Nodes(options, setup, options.topic, {
      connect: (connection) => this.#connect(connection),
      disconnected: (connection, error) => {
        tell(() => this.emit('disconnected', connection.address.text, error));
        if (this.#closing === null) this.#nodes.lookAgain();
      },
      connectFailed: ({ text }, error) => tell(() => this.emit('connectFailed', text, error)),
      discoveryFailed: (address, error) => tell(() => this.emit('discoveryFailed', address, error)),
    });
  }

  /** Addresses of the nsqds it is subscribed at. */
  get connections(): readonly string[] {
    return [...this.#subscriptions].map(({ address }) => address);
  }

  /** Messages received and not answered. */
  get inFlight(): number {
    let count = 0;
    for (const subscription of this.#subscriptions) count += subscription.inFlight;
    return count;
  }

  /**
   * Whether an nsqd has sent nearly all that it may send unanswered, 85 %: it waits for answers. Who collects messages and answers them together should do
   * so then.
   */
  get starved(): boolean {
    for (const { inFlight, rdy } of this.#subscriptions) {
      if (inFlight > 0 && inFlight >= Math.floor(rdy * STARVED_SHARE)) return true;
    }
    return false;
  }

  get maxInFlight(): number {
    return this.#maxInFlight;
  }

  /** 0 pauses: what has been received is still handled. @throws {RangeError} */
  set maxInFlight(count: number) {
    this.#maxInFlight = checkInteger('maxInFlight', count, 0, MAX_IN_FLIGHT);
    this.#spread();
  }

  /**
   * Connects and gives each message to the handler: finished when it returns or resolves, requeued when it throws or rejects.
   * Resolves when the consumer has been closed, which aborting the signal does too.
   * @throws {Error} when it runs already, or is closed; at once
   */
  run(handler: Handler, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#begin(this.#runner(handler, this.#settings.concurrency, this.#settings.autoFinish));
    const { signal } = options;
    if (signal !== undefined) {
      const abort = (): void => void this.close();
      signal.addEventListener('abort', abort, { once: true });
      void this.#closed.promise.then(() => signal.removeEventListener('abort', abort));
      if (signal.aborted) abort();
    }
    return this.#closed.promise;
  }

  /**
   * Connects and hands out messages; each must be answered with `finish` or `requeue`. The loop ends when the consumer is closed, and
   * leaving the loop closes it.
   * @throws {Error} when it runs already, or is closed
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    const iterator = new MessageIterator(() => this.close());
    this.#begin(iterator);
    return iterator;
  }

  /** Resolves when it is subscribed at one nsqd at least. @throws {NsqError} `ERR_NSQ_CLOSED`, `ERR_NSQ_ABORTED` */
  async ready(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#closing !== null) throw consumerClosed();
    if (this.#subscriptions.size > 0) return;
    const waiter = new Deferred();
    this.#readyWaiters.add(waiter);
    try {
      await within(waiter.promise, { signal: options.signal, what: 'ready' });
    } finally {
      this.#readyWaiters.delete(waiter);
    }
  }

  /**
   * Takes no more messages, gives back those that nobody has begun with, waits for the answers to the others, and closes the
   * connections. What is unanswered when the time is up nsqd delivers again after its timeout. Never rejects.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close({ timeout = DEFAULT_CLOSE_MS, signal }: CloseOptions): Promise<void> {
    this.#nodes.freeze();
    this.#backoff.stop();
    this.#rdy.stop();
    for (const waiter of this.#readyWaiters) waiter.reject(consumerClosed());
    const closing = [...this.#subscriptions].map((subscription) => subscription.closeChannel());
    this.#intake?.close();
    for (const message of this.#intake?.shed() ?? []) message.requeue(0, { backoff: false });
    this.#checkDrained();
    await within(Promise.all([...closing, this.#drained.promise]), { signal, timeout, what: 'close' }).catch(() => undefined);
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    await this.#nodes.stop();
    this.#closed.resolve();
  }

  /** Everything that was begun is answered, and no handler runs. */
  #checkDrained(): void {
    if (this.inFlight === 0 && (this.#intake?.running ?? 0) === 0 && (this.#givenUp?.running ?? 0) === 0) this.#drained.resolve();
  }

  #begin(intake: Intake): void {
    if (this.#closing !== null) throw consumerClosed();
    if (this.#intake !== null) throw new Error('the consumer runs already');
    this.#intake = intake;
    this.#givenUp = this.#runner(this.#onMaxAttempts, MAX_IN_FLIGHT, true);
    this.#nodes.start();
  }

  #runner(handler: Handler, concurrency: number, autoFinish: boolean): HandlerRunner {
    return new HandlerRunner({
      handler,
      concurrency,
      autoFinish,
      onError: (error, message) => tell(() => this.emit('handlerError', error, message)),
      onIdle: () => {
        if (this.#closing !== null) this.#checkDrained();
      },
    });
  }

  async #connect(connection: Connection): Promise<void> {
    const subscription = new Subscription(connection, this.#owner);
    await within(subscription.subscribe(this.topic, this.channel), { timeout: this.#subscribeMs, what: `SUB at ${subscription.address}` });
    if (connection.ended || this.#closing !== null) return;
    this.#subscriptions.add(subscription);
    void connection.closed.then(() => this.#lost(subscription));
    this.#sweeper ??= this.#beginSweeping(connection.identify.msg_timeout);
    this.#rdy.setLimit(this.#backoff.limit(this.#maxInFlight));
    this.#rdy.add(subscription);
    for (const waiter of this.#readyWaiters) waiter.resolve();
    tell(() => this.emit('connected', subscription.address));
  }

  #lost(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    subscription.drop();
    this.#rdy.remove(subscription);
  }

  #received(message: ReceivedMessage): void {
    if (this.#closing !== null) {
      message.requeue(0, { backoff: false });
      return;
    }
    const { maxAttempts } = this.#settings;
    if (maxAttempts > 0 && message.attempts > maxAttempts) {
      tell(() => this.emit('maxAttempts', message));
      this.#givenUp?.take(message);
    } else this.#intake?.take(message);
  }

  #answered(outcome: 'finished' | 'requeued' | 'backoff' | 'expired'): void {
    if (this.#closing !== null) {
      this.#checkDrained();
      return;
    }
    if (outcome === 'finished') this.#backoff.succeeded();
    else if (outcome === 'backoff') this.#backoff.failed();
    else if (outcome === 'requeued') this.#backoff.neither();
    this.#rdy.answered();
  }

  #spread(): void {
    if (this.#closing === null) this.#rdy.setLimit(this.#backoff.limit(this.#maxInFlight));
  }

  #beginSweeping(timeout: number): NodeJS.Timeout {
    const sweep = (): void => {
      const now = performance.now();
      for (const subscription of this.#subscriptions) subscription.sweep(now, this.#settings.autoTouch);
    };
    return setInterval(sweep, Math.min(MAX_SWEEP_MS, Math.ceil(timeout / SWEEPS_PER_TIMEOUT))).unref();
  }
}

const consumerClosed = (): NsqClosedError => new NsqClosedError('the consumer is closed');
