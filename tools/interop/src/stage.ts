import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  Consumer,
  NsqdHttpClient,
  NsqlookupdHttpClient,
  Producer,
  type ChannelStats,
  type ClientStats,
  type Message,
  type NsqdStats,
} from '@nsq/client';
import { startNsqd, startNsqlookupd, within, type DaemonProcess, type NsqdProcess } from '@nsq/e2e';
import { BodyTally, type Seen } from './bodies.js';
import { ClientProcess, type Action, type Parameters, type Result } from './client-process.js';
import type { Library } from './manifest.js';

const POLL_MS = 25;
const DEADLINE_MS = 30_000;
const WAIT_MS = 20_000;
const READ_MS = 60_000;

/** A daemon's TCP address. */
export const tcpAddress = ({ host, tcpPort }: DaemonProcess): string => `${host}:${tcpPort}`;
/** A daemon's HTTP address. */
export const httpAddress = ({ host, httpPort }: DaemonProcess): string => `${host}:${httpPort}`;

/** All that one scenario starts for one library, and its end. */
export class Stage {
  readonly #library: Library;
  readonly #deadlineMs: number;
  readonly #daemons = new Set<DaemonProcess>();
  readonly #clients: ClientProcess[] = [];
  readonly #ends: (() => Promise<unknown>)[] = [];
  #folder: string | null = null;

  readonly #remove = (): void => {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  };

  /** @param deadlineMs the programs give up by then; what they are asked for may be less */
  constructor(library: Library, deadlineMs = Infinity) {
    this.#library = library;
    this.#deadlineMs = deadlineMs;
  }

  /** A new folder, gone at the end. */
  async folder(): Promise<string> {
    if (this.#folder === null) {
      this.#folder = await mkdtemp(path.join(tmpdir(), 'nsq-interop-'));
      process.once('exit', this.#remove);
    }
    return mkdtemp(path.join(this.#folder, 'data-'));
  }

  /** Starts an nsqd. */
  async nsqd(flags: readonly string[] = [], dataPath?: string): Promise<NsqdProcess> {
    const nsqd = await startNsqd({ dataPath: dataPath ?? (await this.folder()), flags });
    this.#daemons.add(nsqd);
    return nsqd;
  }

  async nsqlookupd(): Promise<DaemonProcess> {
    const lookupd = await startNsqlookupd();
    this.#daemons.add(lookupd);
    return lookupd;
  }

  /** A clean stop. */
  async stop(daemon: DaemonProcess): Promise<void> {
    this.#daemons.delete(daemon);
    await daemon.stop();
  }

  /** To be called at the end of the scenario. */
  atEnd(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  /** Starts the library's program. */
  client(action: Action, parameters: Parameters): ClientProcess {
    const { deadlineMs = DEADLINE_MS } = parameters;
    const client = new ClientProcess(this.#library, action, { ...parameters, deadlineMs: Math.min(deadlineMs, this.#deadlineMs) });
    this.#clients.push(client);
    return client;
  }

  /** Runs the library's program to its result; its connections stay until the end of the scenario. */
  run(action: Action, parameters: Parameters): Promise<Result> {
    return this.client(action, parameters).result;
  }

  /** Publishes with the workspace's own client, in one batch per call. */
  async publish(nsqd: NsqdProcess, topic: string, bodies: readonly Buffer[]): Promise<void> {
    const producer = new Producer({ nsqds: tcpAddress(nsqd) });
    try {
      for (let at = 0; at < bodies.length; at += 1000) await producer.publish(topic, bodies.slice(at, at + 1000));
    } finally {
      await producer.close();
    }
  }

  /**
   * Takes messages with the workspace's own client until so many distinct bodies have come.
   * @param options of its connection, `authSecret` for instance
   */
  async read(
    nsqd: NsqdProcess,
    topic: string,
    channel: string,
    count: number,
    each?: (message: Message) => void,
    options: object = {},
  ): Promise<Seen> {
    const tally = new BodyTally();
    const consumer = new Consumer({ topic, channel, nsqds: tcpAddress(nsqd), maxInFlight: 1000, ...options });
    try {
      const all = new Promise<void>((resolve) => {
        consumer
          .run((message) => {
            each?.(message);
            tally.add(message.body);
            if (tally.received >= count) resolve();
          })
          .catch(() => undefined);
      });
      await within(READ_MS, `${count} bodies in ${topic}`, all).catch((error: unknown) => {
        throw new Error(`${(error as Error).message}: ${tally.received} came`, { cause: error });
      });
    } finally {
      await consumer.close();
    }
    return tally.seen;
  }

  stats(nsqd: NsqdProcess): Promise<NsqdStats> {
    return new NsqdHttpClient(httpAddress(nsqd)).stats();
  }

  async channel(nsqd: NsqdProcess, topic: string, channel: string): Promise<ChannelStats | undefined> {
    const { topics } = await this.stats(nsqd);
    return topics.find(({ topic_name }) => topic_name === topic)?.channels.find(({ channel_name }) => channel_name === channel);
  }

  /** The connections that /stats shows: of producers, and of consumers. */
  async connections(nsqd: NsqdProcess): Promise<readonly ClientStats[]> {
    const { topics, producers } = await this.stats(nsqd);
    return [...producers, ...topics.flatMap(({ channels }) => channels.flatMap(({ clients }) => clients ?? []))];
  }

  /** Asks until there is an answer that is not undefined. @throws {Error} when there is none for 20 s */
  async until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > end) throw new Error(`${what}: not within ${WAIT_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Waits until an nsqlookupd names so many nsqds for a topic. */
  async registered(lookupd: DaemonProcess, topic: string, count: number): Promise<void> {
    const client = new NsqlookupdHttpClient(httpAddress(lookupd));
    await this.until(`${count} nsqds registered`, async () => {
      const { producers } = await client.lookup(topic).catch(() => ({ producers: [] }));
      return producers.length === count ? true : undefined;
    });
  }

  /** Waits until everything on a channel has been answered. */
  settled(nsqd: NsqdProcess, topic: string, channel: string): Promise<ChannelStats> {
    return this.until(`${topic}/${channel} empty`, async () => {
      const stats = await this.channel(nsqd, topic, channel);
      const { depth = 1, in_flight_count = 1, deferred_count = 1 } = stats ?? {};
      return depth + in_flight_count + deferred_count === 0 ? stats : undefined;
    });
  }

  /** Ends everything, however far the scenario came. @returns the daemons' last words, for a failure's report */
  async end(): Promise<string> {
    await Promise.allSettled(this.#clients.map((client) => client.end()));
    await Promise.allSettled(this.#ends.map((end) => end()));
    const log = [...this.#daemons].map((daemon) => daemon.log().split('\n').slice(-12).join('\n')).join('\n');
    await Promise.allSettled([...this.#daemons].map((daemon) => daemon.stop()));
    this.#remove();
    process.removeListener('exit', this.#remove);
    return log;
  }
}
