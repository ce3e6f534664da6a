import { channelStats, cpuMicros, createTopic, deleteTopic, peakMemory, resetPeakMemory } from '@nsq/e2e';
import { LoadProcess } from './load-process.js';
import type { Layer, LoadJob, LoadResult, PublishJob } from './load/job.js';
import type { BenchOptions } from './options.js';
import type { Target } from './target.js';

const BATCH = 200;
/** Of consumers in bulk. */
export const RDY = 2500;
const UNANSWERED = 32;
const SETTLE_MS = 10_000;
const POLL_MS = 20;
const REQUESTS_AT_ONCE = 8;
/** The channel of topics that are consumed. */
export const CHANNEL = 'bench';

/** The figures of one run. What does not apply is absent. */
export interface Measurement {
  readonly messages: number;
  readonly perSecond: number;
  /** CPU time of the daemon for each message, microseconds. */
  readonly daemonMicros: number;
  /** Share of one CPU that the daemon used, percent. */
  readonly daemonCpu: number;
  /** The same for the busiest load process: near 100 it is the load that was measured. */
  readonly loadCpu: number;
  readonly peakMiB: number;
  readonly p50?: number;
  readonly p99?: number;
  readonly max?: number;
  /** Longest time without an OK while some were due, milliseconds. */
  readonly pause?: number;
  /** Times of HTTP replies, to their last byte, milliseconds: the middle one and the longest. */
  readonly reply?: number;
  readonly replyMax?: number;
}

/** Where a load goes. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly topic: string;
}

/** What a scenario is given: a daemon with an empty topic, and ways to load it. */
export class Run {
  readonly target: Target;
  readonly options: BenchOptions;
  readonly #loads = new Set<LoadProcess>();
  readonly #topics: string[] = [];

  constructor(target: Target, options: BenchOptions) {
    this.target = target;
    this.options = options;
  }

  /** Creates a topic; it is deleted after the run. */
  async topic(name: string, channels: readonly string[]): Promise<Place> {
    const topic = `bench-${name}-${process.pid}-${Date.now()}`;
    this.#topics.push(topic);
    await createTopic(this.target, topic, channels);
    return { host: this.target.host, port: this.target.tcpPort, topic };
  }

  publishJob(where: Place, messages: number, layer: Layer = 'plain'): PublishJob {
    const { bodyBytes, connections } = this.options;
    return { kind: 'publish', ...where, layer, messages, bodyBytes, batch: BATCH, connections, unanswered: UNANSWERED };
  }

  consumeJob(where: Place, messages: number, layer: Layer = 'plain'): LoadJob {
    return { kind: 'consume', ...where, layer, channel: CHANNEL, messages, rdy: RDY, connections: this.options.connections };
  }

  /** Runs loads side by side, each in its own process, all started together. */
  async load(...jobs: readonly LoadJob[]): Promise<LoadResult[]> {
    const loads = jobs.map(() => new LoadProcess());
    for (const load of loads) this.#loads.add(load);
    try {
      await Promise.all(loads.map((load, index) => load.prepare(jobs[index] as LoadJob)));
      return await Promise.all(loads.map((load) => load.run()));
    } finally {
      for (const load of loads) {
        load.kill();
        this.#loads.delete(load);
      }
    }
  }

  /** The same, with what it cost the daemon. The messages that count are those of the last job. */
  async measure(...jobs: readonly LoadJob[]): Promise<Measurement> {
    const { pid } = this.target;
    resetPeakMemory(pid);
    const before = cpuMicros(pid);
    const results = await this.load(...jobs);
    const daemonMicros = cpuMicros(pid) - before;
    const last = results.at(-1);
    if (last === undefined) throw new Error('nothing to measure');

    const elapsedMs = Math.max(...results.map((result) => result.endedAt)) - Math.min(...results.map((result) => result.startedAt));
    const pause = results[0]?.longestPauseMs;
    return {
      messages: last.messages,
      perSecond: (last.messages / elapsedMs) * 1000,
      daemonMicros: daemonMicros / last.messages,
      daemonCpu: daemonMicros / elapsedMs / 10,
      loadCpu: Math.max(...results.map((result) => result.cpuMicros / (result.endedAt - result.startedAt) / 10)),
      peakMiB: peakMemory(pid) / 1024 / 1024,
      ...last.latencyMs,
      ...(pause === undefined ? {} : { pause }),
    };
  }

  /**
   * Waits until the daemon has taken in the last FINs.
   * @throws {Error} when messages are left: they were not delivered, or delivered twice.
   */
  async settled(topic: string): Promise<void> {
    for (const start = Date.now(); ;) {
      const stats = (await channelStats(this.target, topic)).get(CHANNEL);
      if (stats?.depth === 0 && stats.in_flight_count === 0) return;
      if (Date.now() - start > SETTLE_MS) throw new Error(`messages are left: ${JSON.stringify(stats)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Ends the loads that still run. */
  kill(): void {
    for (const load of this.#loads) load.kill();
  }

  /** Takes the topics away, so that stopping the daemon has nothing to write. */
  async deleteTopics(): Promise<void> {
    const topics = this.#topics.splice(0);
    const worker = async (): Promise<void> => {
      for (let topic = topics.pop(); topic !== undefined; topic = topics.pop()) await deleteTopic(this.target, topic);
    };
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, worker));
  }
}
