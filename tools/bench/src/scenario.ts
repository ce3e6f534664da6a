import { channelStats, createTopic, deleteTopic } from '@nsq/e2e';
import { LoadProcess } from './load-process.js';
import type { Library, LoadJob, LoadResult, PublishJob } from './load/job.js';
import type { BenchOptions } from './options.js';
import { cpuMicros, peakMemory, resetPeakMemory } from './process-usage.js';
import type { Target } from './target.js';

const BATCH = 200;
const RDY = 2500;
const UNANSWERED = 32;
const SETTLE_MS = 10_000;
const POLL_MS = 20;
const CHANNEL = 'bench';
/** About two seconds of work for each. */
const LIBRARY_MESSAGES: Readonly<Record<Library, number>> = { '@nsq/client': 2_000_000, nsqjs: 100_000 };

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
  async topic(
    name: string,
    channels: readonly string[],
  ): Promise<{ readonly host: string; readonly port: number; readonly topic: string }> {
    const topic = `bench-${name}-${process.pid}-${Date.now()}`;
    this.#topics.push(topic);
    await createTopic(this.target, topic, channels);
    return { host: this.target.host, port: this.target.tcpPort, topic };
  }

  publishJob(where: Awaited<ReturnType<Run['topic']>>, messages: number): PublishJob {
    const { bodyBytes, connections } = this.options;
    return { kind: 'publish', ...where, messages, bodyBytes, batch: BATCH, connections, unanswered: UNANSWERED };
  }

  consumeJob(where: Awaited<ReturnType<Run['topic']>>, messages: number): LoadJob {
    return { kind: 'consume', ...where, channel: CHANNEL, messages, rdy: RDY, connections: this.options.connections };
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
    for (const topic of this.#topics.splice(0)) await deleteTopic(this.target, topic);
  }
}

/** Sends messages through the daemon and back, so that what is measured is not its first steps. */
export async function warmUp(run: Run, messages: number): Promise<void> {
  if (messages === 0) return;
  const where = await run.topic('warm-up', [CHANNEL]);
  await run.load(run.publishJob(where, messages), run.consumeJob(where, messages));
  await run.deleteTopics();
}

type Scenario = (run: Run) => Promise<Measurement>;

async function mpubIn(run: Run, messages: number, channels: readonly string[]): Promise<Measurement> {
  const where = await run.topic('mpub', channels);
  return run.measure(run.publishJob(where, run.options.messages ?? messages));
}

async function subOut(run: Run): Promise<Measurement> {
  const messages = run.options.messages ?? 1_000_000;
  const where = await run.topic('sub', [CHANNEL]);
  await run.load(run.publishJob(where, messages));
  const measurement = await run.measure(run.consumeJob(where, messages));
  await run.settled(where.topic);
  return measurement;
}

async function both(run: Run): Promise<Measurement> {
  const messages = run.options.messages ?? 2_000_000;
  const where = await run.topic('both', [CHANNEL]);
  const measurement = await run.measure(run.publishJob(where, messages), run.consumeJob(where, messages));
  await run.settled(where.topic);
  return measurement;
}

async function pubOne(run: Run, connections: number): Promise<Measurement> {
  const { bodyBytes, durationMs } = run.options;
  const where = await run.topic('pub', [CHANNEL]);
  return run.measure({ kind: 'publish-one', ...where, bodyBytes, connections, durationMs: durationMs ?? 5_000 });
}

async function latency(run: Run): Promise<Measurement> {
  const { bodyBytes, durationMs } = run.options;
  const where = await run.topic('latency', [CHANNEL]);
  return run.measure({
    kind: 'latency',
    ...where,
    channel: CHANNEL,
    bodyBytes,
    rdy: 100,
    perSecond: 200,
    durationMs: durationMs ?? 10_000,
  });
}

const LIBRARY_UNANSWERED = 2_000;

async function libraryPublish(run: Run, library: Library): Promise<Measurement> {
  const messages = run.options.messages ?? LIBRARY_MESSAGES[library];
  const where = await run.topic('library-pub', [CHANNEL]);
  const { bodyBytes } = run.options;
  return run.measure({ kind: 'library-publish', ...where, library, messages, bodyBytes, unanswered: LIBRARY_UNANSWERED });
}

async function libraryConsume(run: Run, library: Library): Promise<Measurement> {
  const messages = run.options.messages ?? LIBRARY_MESSAGES[library];
  const where = await run.topic('library-sub', [CHANNEL]);
  await run.load(run.publishJob(where, messages));
  const measurement = await run.measure({ kind: 'library-consume', ...where, library, channel: CHANNEL, messages, rdy: RDY });
  await run.settled(where.topic);
  return measurement;
}

const TEN_CHANNELS = Array.from({ length: 10 }, (_, index) => `channel-${index}`);

/** All scenarios, by the name the command line takes. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map<string, Scenario>([
  ['mpub-in', (run) => mpubIn(run, 3_000_000, [])],
  ['sub-out', subOut],
  ['both', both],
  ['pub-one-1', (run) => pubOne(run, 1)],
  ['pub-one-16', (run) => pubOne(run, 16)],
  ['pub-one-100', (run) => pubOne(run, 100)],
  ['latency', latency],
  ['client-pub', (run) => libraryPublish(run, '@nsq/client')],
  ['nsqjs-pub', (run) => libraryPublish(run, 'nsqjs')],
  ['client-sub', (run) => libraryConsume(run, '@nsq/client')],
  ['nsqjs-sub', (run) => libraryConsume(run, 'nsqjs')],
  ['mpub-10ch', (run) => mpubIn(run, 1_000_000, TEN_CHANNELS)],
]);
