import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNsqd, startNsqlookupd, type DaemonProcess, type NsqlookupdStart } from '../src/index.js';

const POLL_MS = 50;
const REQUEST_MS = 10_000;

/** A daemon that keeps its ports from one life to the next. */
export class Member {
  readonly #start: (flags: readonly string[]) => Promise<DaemonProcess>;
  #process: DaemonProcess | undefined;
  #alive = false;

  constructor(start: (flags: readonly string[]) => Promise<DaemonProcess>) {
    this.#start = start;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The process of now, or the last one. */
  get process(): DaemonProcess {
    if (this.#process === undefined) throw new Error('it has not been started');
    return this.#process;
  }

  get tcpAddress(): string {
    return `${this.process.host}:${this.process.tcpPort}`;
  }

  get httpAddress(): string {
    return `${this.process.host}:${this.process.httpPort}`;
  }

  async start(): Promise<this> {
    const known = this.#process;
    const flags = known === undefined ? [] : [`--tcp-address=${this.tcpAddress}`, `--http-address=${this.httpAddress}`];
    this.#process = await this.#start(flags);
    this.#alive = true;
    return this;
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    this.#alive = false;
    await this.process.stop(signal);
  }

  /** The answer to a request to its HTTP API. */
  async ask(method: 'GET' | 'POST', path: string, body?: string): Promise<string> {
    const url = `http://${this.httpAddress}${path}`;
    const response = await fetch(url, { method, ...(body !== undefined && { body }), signal: AbortSignal.timeout(REQUEST_MS) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
    return text;
  }
}

/** nsqds and nsqlookupds, and whether they agree. */
export class Cluster {
  readonly nsqds: Member[] = [];
  readonly lookupds: Member[] = [];
  readonly #folders: string[] = [];

  async addLookupd(start: NsqlookupdStart = {}): Promise<Member> {
    const member = new Member((flags) => startNsqlookupd({ ...start, flags }));
    this.lookupds.push(member);
    return member.start();
  }

  /** An nsqd that a kill costs nothing. @param lookupds TCP addresses, default those of all that there are */
  async addNsqd(lookupds = this.lookupds.map(({ tcpAddress }) => tcpAddress), ...more: string[]): Promise<Member> {
    const dataPath = await mkdtemp(join(tmpdir(), 'nsq-cluster-'));
    this.#folders.push(dataPath);
    const own = ['--durability=disk', ...lookupds.map((address) => `--lookupd-tcp-address=${address}`), ...more];
    const member = new Member((flags) => startNsqd({ dataPath, flags: [...own, ...flags] }));
    this.nsqds.push(member);
    return member.start();
  }

  /** Ends all processes and takes their folders away. */
  async end(): Promise<void> {
    const alive = [...this.nsqds.splice(0), ...this.lookupds.splice(0)].filter((member) => member.alive);
    await Promise.all(alive.map((member) => member.stop('SIGKILL')));
    await Promise.all(this.#folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** Waits until each nsqlookupd lists what the nsqds have, that and nothing else. */
  async converged(ms: number): Promise<void> {
    let seen: string[][] = [];
    const agree = async (): Promise<boolean> => {
      const truth = await this.#truth();
      const alive = this.lookupds.filter((lookupd) => lookupd.alive);
      const views = await Promise.all(alive.map((lookupd) => registrations(lookupd).catch((error: unknown) => [String(error)])));
      seen = [truth, ...views];
      return views.every((view) => view.join() === truth.join());
    };
    await until(agree, ms, () => `the nsqlookupds list what there is:\n${seen.map((view) => view.join(' ')).join('\n')}`);
  }

  /** What the nsqds have, as `registrations` gives it. */
  async #truth(): Promise<string[]> {
    const found: string[] = [];
    for (const nsqd of this.nsqds.filter(({ alive }) => alive)) {
      const { topics } = JSON.parse(await nsqd.ask('GET', '/stats?format=json&include_clients=false')) as {
        topics: readonly { topic_name: string; channels: readonly { channel_name: string }[] }[];
      };
      const port = nsqd.process.tcpPort;
      found.push(`client::@${port}`);
      for (const { topic_name: topic, channels } of topics) {
        found.push(`topic:${topic}:@${port}`);
        for (const { channel_name: channel } of channels) found.push(`channel:${topic}:${channel}@${port}`);
      }
    }
    return found.sort();
  }
}

/** Waits, at most so long, for something that nobody announces. @param what says what it is, when it has not come */
export async function until(condition: () => boolean | Promise<boolean>, ms: number, what: () => string): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What an nsqlookupd lists: category, topic, channel, and the TCP port of an nsqd. Connections that it has not seen end yet count once. */
export async function registrations(lookupd: Member): Promise<string[]> {
  const db = JSON.parse(await lookupd.ask('GET', '/debug')) as Record<string, readonly { tcp_port: number }[]>;
  return [...new Set(Object.entries(db).flatMap(([key, producers]) => producers.map(({ tcp_port: port }) => `${key}@${port}`)))].sort();
}
