import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelStats, startNsqd, type ChannelStats, type NsqdProcess } from '../src/index.js';

/** Folders and daemons of one test, taken away after it. */
export class Daemons {
  readonly #folders: string[] = [];
  readonly #running: NsqdProcess[] = [];

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'nsq-e2e-'));
    this.#folders.push(folder);
    return folder;
  }

  async start(dataPath: string, ...flags: string[]): Promise<NsqdProcess> {
    const nsqd = await startNsqd({ dataPath, flags });
    this.#running.push(nsqd);
    return nsqd;
  }

  /** Ends what still runs. A daemon that has ended already is left alone. */
  async end(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((nsqd) => nsqd.stop('SIGKILL')));
    await Promise.all(this.#folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

const SETTLE_MS = 10_000;
const POLL_MS = 20;

/** Waits until nothing of a channel is queued, in flight or deferred any more, and returns its counters. */
export async function settled(nsqd: NsqdProcess, topic: string, channel: string): Promise<ChannelStats> {
  for (const start = Date.now(); ;) {
    const stats = (await channelStats(nsqd, topic)).get(channel);
    if (stats !== undefined && stats.depth + stats.in_flight_count + stats.deferred_count === 0) return stats;
    if (Date.now() - start > SETTLE_MS) throw new Error(`${topic}:${channel} does not settle: ${JSON.stringify(stats)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
