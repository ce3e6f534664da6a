import { Consumer, type ConsumerOptions } from '@nsq/client';
import { logConsumer } from '../consumer-log.js';
import type { ForwardIo } from '../forward-io.js';
import type { HostPool } from '../host-pool/host-pool.js';
import type { Source } from '../source.js';
import { startConsumer } from '../start-consumer.js';
import { StatusLines } from '../status/status-lines.js';
import { aborted } from '../../interrupt.js';
import type { GetUrl } from './get-url.js';
import { HttpSender, type HttpSenderOptions } from './http-sender.js';

/** Where messages go: the body of a POST, or part of the URL of a GET. */
export type HttpTarget =
  { readonly method: 'POST'; readonly address: string } | { readonly method: 'GET'; readonly address: string; readonly url: GetUrl };

export interface ForwardToHttpConfig {
  readonly topics: readonly string[];
  readonly channel: string;
  readonly source: Source;
  readonly consumer: Omit<ConsumerOptions, 'topic' | 'channel'>;
  readonly maxInFlight: number;
  readonly targets: readonly HttpTarget[];
  /** Chooses one target for each message; null sends each message to all, one after the other. */
  readonly pool: HostPool | null;
  readonly http: HttpSenderOptions;
  /** Share of the messages that is sent, 0 to 1; the others are finished. */
  readonly sample: number;
  /** Messages per status line, 0 for none. */
  readonly statusEvery: number;
}

/** Sends the messages of some topics as HTTP requests until the signal. A message is finished when the target has answered 2xx (GET: 200). */
export async function forwardToHttp(config: ForwardToHttpConfig, io: ForwardIo): Promise<void> {
  const { topics, channel, source, maxInFlight } = config;
  const sender = new HttpSender(config.http);
  const publisher = new HttpPublisher(config, sender, io);
  const consumers: Consumer[] = [];
  try {
    for (const [index, topic] of topics.entries()) {
      const { concurrency } = config.http;
      const consumer = new Consumer({ ...config.consumer, ...source, topic, channel, maxInFlight, concurrency });
      consumers.push(consumer);
      logConsumer(consumer, io.library(index + 1, `${topic}/${channel}`), source.nsqds);
      await startConsumer(consumer, ({ body }) => publisher.handle(body), source.nsqds);
    }
    await aborted(io.signal);
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.close()));
    sender.close();
  }
}

class HttpPublisher {
  readonly #config: ForwardToHttpConfig;
  readonly #sender: HttpSender;
  readonly #status: StatusLines;
  readonly #io: ForwardIo;

  constructor(config: ForwardToHttpConfig, sender: HttpSender, io: ForwardIo) {
    this.#config = config;
    this.#sender = sender;
    this.#io = io;
    this.#status = new StatusLines(
      config.targets.map(({ address }) => address),
      config.statusEvery,
      io.log,
    );
  }

  /** Rejects when the message has to come again. */
  async handle(body: Buffer): Promise<void> {
    const { sample, pool } = this.#config;
    if (Math.random() >= sample) return;
    const start = performance.now();
    if (pool === null) await this.#toAll(body);
    else await this.#toOne(pool, body);
    this.#status.add(performance.now() - start);
    this.#io.moved?.(1);
  }

  async #toAll(body: Buffer): Promise<void> {
    for (const index of this.#config.targets.keys()) {
      const start = performance.now();
      await this.#send(index, body);
      this.#status.addFor(index, performance.now() - start);
    }
  }

  async #toOne(pool: HostPool, body: Buffer): Promise<void> {
    const start = performance.now();
    const index = pool.next();
    try {
      await this.#send(index, body);
    } catch (error) {
      pool.failed(index);
      throw error;
    }
    const ms = performance.now() - start;
    pool.succeeded(index, ms);
    this.#status.addFor(index, ms);
  }

  async #send(index: number, body: Buffer): Promise<void> {
    const target = this.#config.targets[index] as HttpTarget;
    const status =
      target.method === 'POST'
        ? await this.#sender.send('POST', target.address, body)
        : await this.#sender.send('GET', target.url(body), null);
    const accepted = target.method === 'POST' ? status >= 200 && status < 300 : status === 200;
    if (!accepted) throw new Error(`got status code ${status}`);
  }
}
