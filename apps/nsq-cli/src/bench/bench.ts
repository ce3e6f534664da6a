import { randomBytes } from 'node:crypto';
import { Consumer, Producer, type NodeOptions } from '@nsq/client';
import { CliError } from '../cli-error.js';
import { explain } from '../failure.js';
import { isAborted } from '../interrupt.js';
import { Waiters } from './waiters.js';

export interface BenchSetup {
  readonly messages: number;
  /** Bytes of a message, 16 at least. */
  readonly size: number;
  /** Messages published together. */
  readonly batch: number;
}

export interface Figures extends BenchSetup {
  /** Publishing to a topic that nobody consumes. */
  readonly publish: { readonly perSecond: number };
  /** Publishing and consuming at the same time, as fast as the consumer keeps up. */
  readonly through: {
    readonly perSecond: number;
    /** From the call of publish to the handler, milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  };
}

/** What may be between publishers and consumer: an ephemeral channel drops what is beyond 10,000 messages. */
const MAX_BETWEEN = 4_000;
const PUBLISHERS = 16;
const CONNECT_MS = 5_000;
/** Longest time without a message before that is a failure. Milliseconds. */
const STALL_MS = 10_000;
const SAMPLES = 100_000;

/** The parts, in the names of their topics. */
const PUBLISH = 'publish';
const THROUGH = 'through';

/** Measures with topics that nsqd forgets when their consumers have left. */
export class Bench {
  readonly #setup: BenchSetup;
  readonly #onProgress: (what: string, count: number) => void;
  readonly #addresses: NodeOptions;
  readonly #id = randomBytes(6).toString('hex');
  readonly #producer: Producer;
  #consumer: Consumer | null = null;
  #connected = false;

  constructor(addresses: NodeOptions, setup: BenchSetup, onProgress: (what: string, count: number) => void) {
    this.#setup = setup;
    this.#onProgress = onProgress;
    this.#addresses = addresses;
    this.#producer = new Producer({ ...addresses, userAgent: 'nsq-bench' });
  }

  /** Null when it was interrupted. @throws {NsqError} @throws {CliError} */
  async run(signal: AbortSignal): Promise<Figures | null> {
    await this.#connect();
    const publish = await this.#publish(signal);
    if (publish === null) return null;
    const through = await this.#through(signal);
    return through === null ? null : { ...pick(this.#setup), publish, through };
  }

  /** Leaves nothing behind. */
  async close(): Promise<void> {
    if (this.#connected) {
      const consumers = [this.#consumer ?? this.#subscribe(THROUGH, () => undefined), this.#subscribe(PUBLISH, () => undefined)];
      await Promise.all(consumers.map((consumer) => consumer.ready({ signal: AbortSignal.timeout(CONNECT_MS) }).catch(() => undefined)));
      await Promise.all(consumers.map((consumer) => consumer.close({ timeout: CONNECT_MS })));
    }
    await this.#producer.close();
  }

  async #connect(): Promise<void> {
    let failure: unknown = null;
    this.#producer.on('connectFailed', (_, error) => (failure = error));
    try {
      await this.#producer.connect({ signal: AbortSignal.timeout(CONNECT_MS) });
      this.#connected = true;
    } catch (error) {
      throw new CliError(explain(failure ?? error));
    }
  }

  async #publish(signal: AbortSignal): Promise<Figures['publish'] | null> {
    const startedAt = performance.now();
    const done = await this.#publishAll(PUBLISH, signal, () => Promise.resolve(), 'publishing');
    if (!done) return null;
    return { perSecond: perSecond(this.#setup.messages, startedAt) };
  }

  async #through(signal: AbortSignal): Promise<Figures['through'] | null> {
    const { messages } = this.#setup;
    const latencies: number[] = [];
    const every = Math.ceil(messages / SAMPLES);
    const waiters = new Waiters();
    let received = 0;
    let sent = 0;
    this.#consumer = this.#subscribe(THROUGH, (body) => {
      if (++received % every === 0) latencies.push(performance.now() - body.readDoubleBE(0));
      waiters.wake();
    });
    const until = async (enough: () => boolean): Promise<void> => {
      while (!enough() && !signal.aborted) {
        if (await waiters.next(STALL_MS, signal)) continue;
        throw new CliError(`no message for ${STALL_MS / 1000} s, ${received} of ${messages} received`);
      }
    };
    await this.#consumer.ready({ signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]) });
    const startedAt = performance.now();
    const done = await this.#publishAll(
      THROUGH,
      signal,
      async (count) => {
        sent += count;
        await until(() => sent - received <= MAX_BETWEEN);
      },
      'publishing and consuming',
    );
    if (!done) return null;
    await until(() => received >= messages);
    if (signal.aborted) return null;
    const rate = perSecond(messages, startedAt);
    latencies.sort((one, other) => one - other);
    const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
    return { perSecond: rate, latency: { p50: at(0.5), p99: at(0.99), max: at(1) } };
  }

  /** False when it was interrupted. */
  async #publishAll(topic: string, signal: AbortSignal, gate: (count: number) => Promise<void>, what: string): Promise<boolean> {
    const { messages, batch } = this.#setup;
    let left = messages;
    const publisher = async (): Promise<void> => {
      while (left > 0 && !isAborted(signal)) {
        const count = Math.min(batch, left);
        left -= count;
        await gate(count);
        if (signal.aborted) return;
        await this.#producer.publish(this.#topicOf(topic), this.#bodies(count));
        this.#onProgress(what, messages - left);
      }
    };
    await Promise.all(Array.from({ length: PUBLISHERS }, publisher));
    return !signal.aborted;
  }

  #bodies(count: number): Buffer[] {
    const { size } = this.#setup;
    const bytes = Buffer.alloc(count * size);
    const now = performance.now();
    return Array.from({ length: count }, (_, index) => {
      const body = bytes.subarray(index * size, (index + 1) * size);
      body.writeDoubleBE(now, 0);
      return body;
    });
  }

  #topicOf(part: string): string {
    return `nsq_bench_${this.#id}_${part}#ephemeral`;
  }

  #subscribe(part: string, onBody: (body: Buffer) => void): Consumer {
    const consumer = new Consumer({
      ...this.#addresses,
      topic: this.#topicOf(part),
      channel: 'bench#ephemeral',
      maxInFlight: 2_000,
      userAgent: 'nsq-bench',
    });
    void consumer.run(({ body }) => onBody(body));
    return consumer;
  }
}

const pick = ({ messages, size, batch }: BenchSetup): BenchSetup => ({ messages, size, batch });

const perSecond = (count: number, startedAt: number): number => (count * 1000) / Math.max(1, performance.now() - startedAt);
