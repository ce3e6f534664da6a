import { EventEmitter } from 'node:events';
import type { Body } from '../body.js';
import { connectionSetup } from '../connection/connection-options.js';
import type { NsqError } from '../errors.js';
import { Nodes } from '../nodes.js';
import { tell } from '../tell.js';
import { Deferred, within } from '../wait.js';
import { Dispatcher, producerClosed } from './dispatcher.js';
import { producerLimits, type CloseOptions, type ProducerLimits, type ProducerOptions, type PublishOptions } from './producer-options.js';
import { Publish, TopicCache } from './publish.js';

/** Addresses are those of nsqds, but for `discoveryFailed`. None of the events needs a listener. */
export interface ProducerEvents {
  connected: [address: string];
  /** The error is null when the producer closed the connection. */
  disconnected: [address: string, error: NsqError | null];
  /** It is tried again. */
  connectFailed: [address: string, error: NsqError];
  /** A nsqlookupd could not be asked. */
  discoveryFailed: [address: string, error: NsqError];
}

/**
 * Publishes to one nsqd, or to several in turn. It connects at the first publish (or `connect`), and again when a connection is lost;
 * what is published meanwhile waits. Publishes of one turn of the event loop leave each connection in one write, any number of them
 * may be on their way.
 */
export class Producer extends EventEmitter<ProducerEvents> {
  readonly #limits: ProducerLimits;
  readonly #dispatcher: Dispatcher;
  readonly #nodes: Nodes;
  readonly #topics = new TopicCache();
  readonly #connectWaiters = new Set<Deferred>();
  readonly #failed = new Set<string>();
  #started = false;
  #closing: Promise<void> | null = null;

  /** @throws {TypeError} @throws {RangeError} for an option that cannot work, before anything is connected */
  constructor(options: ProducerOptions) {
    super();
    this.#limits = producerLimits(options);
    this.#dispatcher = new Dispatcher(this.#limits);
    this.#nodes = this.#createNodes(options);
  }

  /** Publishes that are waiting or unanswered. */
  get pending(): number {
    return this.#dispatcher.pending;
  }

  /** Addresses of the nsqds it is connected to. */
  get connections(): readonly string[] {
    return this.#dispatcher.connections;
  }

  /**
   * Connects; `publish` does it by itself. Resolves with the first connection.
   * @throws {NsqError} why there is none, once every nsqd that was named has failed; a closed producer; an aborted signal
   */
  async connect(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#closing !== null) throw producerClosed();
    if (this.connections.length > 0) return;
    this.#start();
    const waiter = new Deferred();
    this.#connectWaiters.add(waiter);
    try {
      await within(waiter.promise, { signal: options.signal, what: 'connect' });
    } finally {
      this.#connectWaiters.delete(waiter);
    }
  }

  /**
   * Publishes a message, or several as one batch that is accepted as a whole. Resolves when nsqd has accepted it.
   * @throws {NsqServerError} nsqd's answer, or what it would answer: `E_BAD_TOPIC`, `E_BAD_MESSAGE`, `E_PUB_FAILED`, ...
   * @throws {NsqError} `ERR_NSQ_CONNECTION_LOST`, `ERR_NSQ_TIMEOUT`, `ERR_NSQ_QUEUE_FULL`, `ERR_NSQ_CLOSED`, `ERR_NSQ_ABORTED`
   */
  publish(topic: string, body: Body | readonly Body[], options?: PublishOptions): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      // What is thrown here rejects the promise.
      const publish = new Publish(this.#topics.get(topic), body, options, this.#limits, resolve, reject);
      this.#dispatcher.accept(publish, options?.signal);
      if (!this.#started) this.#start();
    });
  }

  /** Publishes `value` as JSON. @throws as `publish` */
  async publishJson(topic: string, value: unknown, options?: PublishOptions): Promise<void> {
    await this.publish(topic, JSON.stringify(value), options);
  }

  /**
   * Resolves when there is room for another publish. It reserves nothing: of several callers that wait, the later ones may find none.
   * @throws {NsqError} `ERR_NSQ_CLOSED`, `ERR_NSQ_ABORTED`
   */
  ready(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#dispatcher.ready(options.signal);
  }

  /**
   * Takes no more, sends what was accepted, waits for the answers, closes the connections. Never rejects: what is still unanswered when
   * the time is up rejects with `ERR_NSQ_CLOSED` at its own promise.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close({ timeout = this.#limits.publishTimeout, signal }: CloseOptions): Promise<void> {
    await this.#dispatcher.close(timeout, signal);
    for (const waiter of this.#connectWaiters) waiter.reject(producerClosed());
    await this.#nodes.stop();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#nodes.start();
  }

  #createNodes(options: ProducerOptions): Nodes {
    return new Nodes(options, connectionSetup(options), null, {
      connect: (connection) => {
        const address = connection.address.text;
        this.#failed.delete(address);
        this.#dispatcher.connected(connection);
        for (const waiter of this.#connectWaiters) waiter.resolve();
        tell(() => this.emit('connected', address));
        return Promise.resolve();
      },
      disconnected: (connection, error) => {
        this.#dispatcher.disconnected(connection, error);
        tell(() => this.emit('disconnected', connection.address.text, error));
        if (this.#closing === null) this.#nodes.lookAgain();
      },
      connectFailed: ({ text }, error) => {
        this.#dispatcher.lastFailure = error;
        this.#failed.add(text);
        if (this.#nodes.fixed && this.connections.length === 0 && this.#failed.size >= this.#nodes.size) {
          for (const waiter of this.#connectWaiters) waiter.reject(error);
        }
        tell(() => this.emit('connectFailed', text, error));
      },
      discoveryFailed: (address, error) => {
        this.#dispatcher.lastFailure = error;
        tell(() => this.emit('discoveryFailed', address, error));
      },
    });
  }
}
