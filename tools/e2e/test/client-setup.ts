import { Consumer, Producer, type ConsumerOptions, type Message, type ProducerOptions } from '@nsq/client';
import { FaultProxy, type NsqdProcess } from '../src/index.js';
import { Daemons } from './daemon.js';

const PATIENCE_MS = 20_000;
const POLL_MS = 5;

export const RECONNECT = { initialDelay: 5, maxDelay: 50 };

export const addressOf = ({ host, tcpPort }: NsqdProcess): string => `${host}:${tcpPort}`;

/** Waits for something that nothing announces. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Daemons, lines and clients of one test, ended after it. */
export class Stage {
  readonly daemons = new Daemons();
  readonly #clients: (Producer | Consumer)[] = [];
  readonly #proxies: FaultProxy[] = [];

  async nsqd(...flags: string[]): Promise<NsqdProcess> {
    return this.daemons.start(await this.daemons.folder(), ...flags);
  }

  async proxy(nsqd: NsqdProcess): Promise<FaultProxy> {
    const proxy = await FaultProxy.start({ host: nsqd.host, port: nsqd.tcpPort });
    this.#proxies.push(proxy);
    return proxy;
  }

  producer(options: ProducerOptions): Producer {
    const producer = new Producer({ reconnect: RECONNECT, ...options });
    this.#clients.push(producer);
    return producer;
  }

  /** Not running yet. */
  consumer(options: ConsumerOptions): Consumer {
    const consumer = new Consumer({ reconnect: RECONNECT, ...options });
    this.#clients.push(consumer);
    return consumer;
  }

  /** A consumer that runs and is subscribed. */
  async consume(options: ConsumerOptions, handler: (message: Message) => unknown): Promise<Consumer> {
    const consumer = this.consumer(options);
    void consumer.run(handler);
    await consumer.ready();
    return consumer;
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close({ timeout: 1 })));
    await Promise.all(this.#proxies.splice(0).map((proxy) => proxy.close()));
    await this.daemons.end();
  }
}
