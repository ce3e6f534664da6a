import { Consumer, NsqServerError, Producer, type ConsumerOptions, type Message, type ProducerOptions } from '@nsq/client';
import { logConsumer, logProducer } from '../consumer-log.js';
import type { ForwardIo } from '../forward-io.js';
import type { HostPool } from '../host-pool/host-pool.js';
import { publishNow } from '../publish-now.js';
import type { Source } from '../source.js';
import { startConsumer } from '../start-consumer.js';
import { StatusLines } from '../status/status-lines.js';
import { aborted } from '../../interrupt.js';
import type { JsonFilter } from './json/json-filter.js';

export interface ForwardToNsqConfig {
  readonly topics: readonly string[];
  readonly channel: string;
  readonly source: Source;
  readonly consumer: Omit<ConsumerOptions, 'topic' | 'channel'>;
  readonly maxInFlight: number;
  /** Addresses of nsqds. */
  readonly destinations: readonly string[];
  /** Chooses among them. */
  readonly pool: HostPool;
  readonly producer: ProducerOptions;
  /** Empty for the topic the message came from. */
  readonly destinationTopic: string;
  readonly filter: JsonFilter | null;
  /** Messages per status line, 0 for none. */
  readonly statusEvery: number;
}

/** Publishes the messages of some topics again, at one of several nsqds each, until the signal. A message is finished when nsqd has accepted it. */
export async function forwardToNsq(config: ForwardToNsqConfig, io: ForwardIo): Promise<void> {
  const { topics, channel, source, destinations } = config;
  const producers = destinations.map((nsqds, index) => {
    const producer = new Producer({ ...config.producer, nsqds });
    logProducer(producer, io.library(topics.length + index + 1));
    return producer;
  });
  const republisher = new Republisher(config, producers, io);
  const consumers: Consumer[] = [];
  try {
    for (const [index, topic] of topics.entries()) {
      const consumer = new Consumer({ ...config.consumer, ...source, topic, channel, maxInFlight: config.maxInFlight });
      consumers.push(consumer);
      logConsumer(consumer, io.library(index + 1, `${topic}/${channel}`), source.nsqds);
      const destination = config.destinationTopic === '' ? topic : config.destinationTopic;
      await startConsumer(consumer, (message) => republisher.handle(message, destination), source.nsqds);
    }
    await aborted(io.signal);
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.close()));
    await Promise.all(producers.map((producer) => producer.close({ timeout: 1 })));
  }
}

class Republisher {
  readonly #pool: HostPool;
  readonly #filter: JsonFilter | null;
  readonly #producers: readonly Producer[];
  readonly #status: StatusLines;
  readonly #io: ForwardIo;

  constructor({ pool, filter, destinations, statusEvery }: ForwardToNsqConfig, producers: readonly Producer[], io: ForwardIo) {
    this.#pool = pool;
    this.#filter = filter;
    this.#producers = producers;
    this.#status = new StatusLines(destinations, statusEvery, (text) => io.log(text));
    this.#io = io;
  }

  /** Rejects when it has to come again. */
  async handle(message: Message, topic: string): Promise<void> {
    const body = this.#filtered(message.body);
    if (body === null) return;
    await this.#publish(topic, body);
    this.#io.moved?.(1);
  }

  #filtered(body: Buffer): Buffer | null {
    const filtered = this.#filter?.(body) ?? { kind: 'pass', body };
    switch (filtered.kind) {
      case 'pass':
        return filtered.body;
      case 'invalid':
        this.#io.log(`ERROR: Unable to decode json: ${body.toString()}`);
        return null;
      case 'incomplete':
        this.#io.log('ERROR: missing field to check required value');
        throw new Error('the field whose value is required is missing');
      case 'drop':
        return null;
    }
  }

  async #publish(topic: string, body: Buffer): Promise<void> {
    const start = performance.now();
    const index = this.#pool.next();
    try {
      await publishNow(this.#producers[index] as Producer, topic, body);
      this.#pool.succeeded(index, performance.now() - start);
    } catch (error) {
      this.#pool.failed(index);
      if (error instanceof NsqServerError) this.#measured(index, start);
      throw error;
    }
    this.#measured(index, start);
  }

  #measured(index: number, start: number): void {
    const ms = performance.now() - start;
    this.#status.addFor(index, ms);
    this.#status.add(ms);
  }
}
