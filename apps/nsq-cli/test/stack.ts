import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NsqdHttpClient, type TopicStats } from '@nsq/client';
import { programFile } from '../src/up/daemon-process.js';
import { Nsq } from './nsq.js';

interface Running {
  readonly pid: number;
  readonly tcp: string;
  readonly http: string;
  readonly dataPath: string | null;
}

/** A stack of one nsqlookupd and some nsqds, started by `nsq up`. */
export interface TestStack {
  /** HTTP. */
  readonly lookupd: string;
  readonly nsqds: readonly Running[];
  readonly folder: string;
  /** @param before what is done with its folders between the end of the daemons and that of the folders */
  stop(before?: () => Promise<void>): Promise<void>;
}

export async function startStack(nsqds = 1, ...flags: string[]): Promise<TestStack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nsq-cli-'));
  const up = new Nsq(['up', '--any-ports', '--json', `--data=${folder}`, `--nsqd=${nsqds}`, ...flags]);
  const [lookupd, ...running] = JSON.parse(await up.firstLine()) as Running[];
  return {
    lookupd: lookupd?.http ?? '',
    nsqds: running,
    folder,
    stop: async (before) => {
      up.child.kill('SIGTERM');
      await up.ended;
      await before?.();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An nsqd on ports of its own, so that it can be stopped and started again where it was. */
export class RestartableNsqd {
  readonly tcp: string;
  readonly http: string;
  readonly #folder: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | null = null;

  private constructor(tcpPort: number, httpPort: number, folder: string, flags: readonly string[]) {
    this.tcp = `127.0.0.1:${tcpPort}`;
    this.http = `127.0.0.1:${httpPort}`;
    this.#folder = folder;
    this.#flags = flags;
  }

  static async start(...flags: string[]): Promise<RestartableNsqd> {
    const folder = await mkdtemp(path.join(tmpdir(), 'nsq-cli-'));
    const nsqd = new RestartableNsqd(await freePort(), await freePort(), folder, flags);
    await nsqd.start();
    return nsqd;
  }

  async start(): Promise<void> {
    const addresses = [`--tcp-address=${this.tcp}`, `--http-address=${this.http}`, `--data-path=${this.#folder}`];
    this.#child = spawn(process.execPath, [programFile('nsqd'), ...addresses, ...this.#flags], { stdio: 'ignore' });
    const client = new NsqdHttpClient(this.http);
    await until(() =>
      client.ping().then(
        () => true,
        () => false,
      ),
    );
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child === null || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'close');
    this.#child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Asks again and again until it is so; the test's own time limit ends it. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(20);
}

/** What an nsqd has of a topic. */
export async function topicAt(http: string, topic: string): Promise<TopicStats | undefined> {
  return (await new NsqdHttpClient(http).stats({ topic })).topics[0];
}
