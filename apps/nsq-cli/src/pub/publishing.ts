import { setMaxListeners } from 'node:events';
import { NsqError, NsqServerError, type Producer } from '@nsq/client';
import { pause } from '../interrupt.js';

export interface PublishingOptions {
  /** Milliseconds to hold each message back; 0 for none. */
  readonly defer: number;
  /** How long a message may wait for its answer while nsqd is away or refuses for now, milliseconds. */
  readonly timeout: number;
}

/** Batches on their way at a time. */
const WINDOW = 32;
const RETRY_MS = 200;
/** nsqd could not store it: the disk is full, or it is about to stop. It may do so later. */
const FOR_NOW: ReadonlySet<string> = new Set(['E_PUB_FAILED', 'E_MPUB_FAILED', 'E_DPUB_FAILED']);
/** Something is wrong with one message, and with it the whole batch was refused. */
const BAD_MESSAGE: ReadonlySet<string> = new Set(['E_BAD_MESSAGE', 'E_BAD_BODY']);

/**
 * Publishes batches until nsqd has accepted them. What a lost connection leaves unanswered is sent again, so it can arrive twice, but is not lost: while nsqd
 * is away everything waits, up to the timeout.
 */
export class Publishing {
  /** Messages that nsqd has accepted. */
  published = 0;
  /** Messages that it refused. */
  refused = 0;
  /** Messages without an answer. */
  unanswered = 0;
  /** Why the first message was not accepted. */
  reason: Error | null = null;
  readonly #producer: Pick<Producer, 'publish'>;
  readonly #topic: string;
  readonly #options: PublishingOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #broken = new AbortController();

  constructor(producer: Pick<Producer, 'publish'>, topic: string, options: PublishingOptions) {
    this.#producer = producer;
    this.#topic = topic;
    this.#options = options;
    setMaxListeners(0, this.#broken.signal); // each batch that waits is one
  }

  /** Aborted when messages got no answer: to go on with further ones is no use. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Resolves when there is room for more. It never rejects: the counts tell what became of it. */
  async add(bodies: readonly Buffer[]): Promise<void> {
    if (bodies.length === 0) return;
    const sending = this.#send(bodies).finally(() => this.#running.delete(sending));
    this.#running.add(sending);
    while (this.#running.size >= WINDOW) await Promise.race(this.#running);
  }

  /** Resolves when all have their answers. */
  async finished(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #send(bodies: readonly Buffer[]): Promise<void> {
    const error = await this.#attempt(bodies);
    if (error === null) this.published += bodies.length;
    else if (bodies.length > 1 && BAD_MESSAGE.has(error.code)) await Promise.all(bodies.map((body) => this.#send([body])));
    else this.#failed(bodies.length, error);
  }

  #failed(count: number, error: NsqError): void {
    this.reason ??= error;
    if (error instanceof NsqServerError) {
      this.refused += count;
      if (!BAD_MESSAGE.has(error.code)) this.#broken.abort();
    } else {
      this.unanswered += count;
      this.#broken.abort();
    }
  }

  /** Null when it was accepted. */
  async #attempt(bodies: readonly Buffer[]): Promise<NsqError | null> {
    const { defer, timeout } = this.#options;
    const deadline = performance.now() + timeout;
    const [first] = bodies;
    for (;;) {
      try {
        if (bodies.length === 1 && first !== undefined) await this.#producer.publish(this.#topic, first, defer === 0 ? {} : { defer });
        else await this.#producer.publish(this.#topic, bodies);
        return null;
      } catch (error) {
        if (!(error instanceof NsqError)) throw error;
        const again = error.code === 'ERR_NSQ_CONNECTION_LOST' || FOR_NOW.has(error.code);
        if (!again || performance.now() >= deadline || this.#broken.signal.aborted) return error;
        await pause(RETRY_MS, this.#broken.signal);
      }
    }
  }
}
