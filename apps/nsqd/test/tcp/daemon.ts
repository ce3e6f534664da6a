import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IdentifyRequest } from '@nsq/protocol';
import { Logger } from '@nsq/service';
import { Nsqd } from '../../src/index.js';
import { defaultNsqdOptions, type NsqdOptions } from '../../src/options.js';
import type { Channel } from '../../src/queue/channel.js';
import type { Topic } from '../../src/queue/topic.js';
import { Client, PATIENCE_MS } from './client.js';

const POLL_MS = 5;

/** A daemon in this process and the clients that a test makes for it. */
export class Daemon {
  readonly nsqd: Nsqd;
  readonly logged: readonly string[];
  readonly #clients: Client[] = [];

  constructor(nsqd: Nsqd, logged: readonly string[]) {
    this.nsqd = nsqd;
    this.logged = logged;
  }

  /** A socket that has said nothing yet. */
  connect(): Client {
    const client = new Client(this.nsqd.tcpPort);
    this.#clients.push(client);
    return client;
  }

  /** A client behind its magic, and behind IDENTIFY when it has something to say. */
  client(identify?: IdentifyRequest): Promise<Client> {
    return this.connect().hello(identify);
  }

  topic(name: string): Topic {
    const topic = this.nsqd.engine.topics.get(name);
    if (topic === undefined) throw new Error(`no topic ${name}`);
    return topic;
  }

  channel(topic: string, name: string): Channel {
    const channel = this.topic(topic).channels.get(name);
    if (channel === undefined) throw new Error(`no channel ${name}`);
    return channel;
  }

  get connections(): number {
    return [...this.nsqd.clients()].length;
  }

  async destroyClients(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.destroy()));
  }
}

/** Waits for something that no frame announces. */
export async function eventually(what: string, condition: () => boolean, ms = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function withDataPath<T>(use: (dataPath: string) => Promise<T>): Promise<T> {
  const dataPath = await mkdtemp(join(tmpdir(), 'nsqd-tcp-'));
  try {
    return await use(dataPath);
  } finally {
    await rm(dataPath, { recursive: true, force: true });
  }
}

const quiet = (logged: string[]): Logger => new Logger({ level: 'error', write: (line) => logged.push(line) });
const listening = (dataPath: string): Partial<NsqdOptions> => ({
  dataPath,
  tcpAddress: '127.0.0.1:0',
  httpAddress: '127.0.0.1:0',
  httpsAddress: '127.0.0.1:0',
});

/** Runs a test against a daemon, which must not have had an internal error and must stop in the end. */
export async function withDaemon(options: Partial<NsqdOptions>, test: (daemon: Daemon) => Promise<void>): Promise<void> {
  await withDataPath(async (dataPath) => {
    const logged: string[] = [];
    const nsqd = await Nsqd.start({ ...listening(dataPath), ...options }, { logger: quiet(logged) });
    const daemon = new Daemon(nsqd, logged);
    try {
      await test(daemon);
      expect(logged.filter((line) => line.includes('internal error'))).toEqual([]);
    } finally {
      await nsqd.stop();
      await daemon.destroyClients();
    }
  });
}

/** A daemon that listens and has not called `main()`. */
export async function withUnstartedDaemon(test: (daemon: Daemon) => Promise<void>): Promise<void> {
  await withDataPath(async (dataPath) => {
    const logged: string[] = [];
    const nsqd = await Nsqd.create({ ...defaultNsqdOptions(), ...listening(dataPath) }, { logger: quiet(logged) });
    const daemon = new Daemon(nsqd, logged);
    try {
      await test(daemon);
    } finally {
      await nsqd.exit();
      await daemon.destroyClients();
    }
  });
}
