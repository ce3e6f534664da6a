import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../exit.js';
import { channelStats, createTopic } from '../http.js';
import { startNsqd, type NsqdProcess } from '../nsqd-process.js';
import { Consumer, DILIGENT, type Habits } from './consumer.js';
import { Ledger, type Tally } from './ledger.js';
import { Publisher } from './publisher.js';
import { Random } from '../random.js';

const TOPIC = 'crash';
const CHANNELS = ['left', 'right'] as const;
const PUBLISHERS = 3;
const CONSUMERS = 2; // of each channel
const HABITS: Habits = { hold: 0.05, requeue: 0.1 };
const CLOSE_MS = 5_000;
const STOP_MS = 30_000;
const POLL_MS = 20;

export interface CrashOptions {
  readonly durability: 'memory' | 'disk' | 'fsync';
  /** How the daemon is ended in each round. A stop loses nothing in any mode, and repeats nothing that was finished. */
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly rounds: number;
  /** The same seed gives the same choices; the moments still depend on the machine. */
  readonly seed: number;
  /** Most milliseconds that the daemon runs in a round once its clients are connected. @default 150 */
  readonly maxRunMs?: number;
  /** Flags for every round, behind those that are chosen at random. */
  readonly flags?: readonly string[];
  /** How long the channels may take to be drained at the end, milliseconds. @default 60,000 */
  readonly drainMs?: number;
  /** Told of every round. */
  readonly onRound?: (text: string) => void;
}

export interface CrashReport extends Tally {
  readonly rounds: number;
  readonly seconds: number;
  /** What the data folder has at the end, when nothing is queued any more. */
  readonly storedBytes: number;
}

/**
 * Publishes to and consumes from the built daemon, ends it at a random moment, starts it again on the same folder, and so on; then drains the
 * channels and compares what was acknowledged with what arrived.
 */
export async function crashRounds(options: CrashOptions): Promise<CrashReport> {
  const folder = await mkdtemp(join(tmpdir(), 'nsq-crash-'));
  const run = new CrashRun(options, folder);
  const startedAt = Date.now();
  try {
    for (let round = 1; round <= options.rounds; round++) await run.round(round);
    const seconds = (Date.now() - startedAt) / 1000;
    const storedBytes = await run.drain();
    return { ...run.ledger.tally(), rounds: options.rounds, seconds, storedBytes };
  } catch (error) {
    throw new Error(`seed ${options.seed}: ${String(error)}\n${run.log()}`, { cause: error });
  } finally {
    await run.end();
    await rm(folder, { recursive: true, force: true });
  }
}

class CrashRun {
  readonly ledger = new Ledger(CHANNELS);
  readonly #options: CrashOptions;
  readonly #folder: string;
  readonly #random: Random;
  #nsqd: NsqdProcess | null = null;

  constructor(options: CrashOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.#random = new Random(options.seed);
  }

  log(): string {
    return this.#nsqd?.log() ?? '';
  }

  async round(round: number): Promise<void> {
    const { signal, maxRunMs = 150, onRound } = this.#options;
    const random = this.#random;
    const flags = this.#flags();
    const nsqd = await this.#start(flags);
    if (round === 1) await createTopic(nsqd, TOPIC, CHANNELS);

    const publishers = await Promise.all(
      Array.from({ length: PUBLISHERS }, () => Publisher.start(nsqd, TOPIC, this.ledger, new Random(random.between(0, 0xffffffff)))),
    );
    // A channel without consumers falls behind and is read back from the log later.
    const served = CHANNELS.filter(() => random.chance(0.8));
    const consumers = await this.#consumers(nsqd, served, HABITS);
    const runMs = random.between(0, maxRunMs);
    await sleep(runMs);

    if (signal === 'SIGTERM') await Promise.all(consumers.map((consumer) => consumer.quiesce()));
    const { code } = await nsqd.stop(signal, STOP_MS);
    // Answers may still be on their way: what was acknowledged counts, whenever it is read.
    const wires = [...publishers, ...consumers].map(({ wire }) => wire.closed);
    await within(CLOSE_MS, 'end of the connections', Promise.all(wires));
    for (const publisher of publishers) publisher.stop();
    if (signal === 'SIGKILL') {
      this.ledger.crashed();
    } else {
      if (code !== 0) this.ledger.violation(`round ${round}: exit code ${String(code)}`);
      this.ledger.stopped();
    }
    onRound?.(`round ${round}: ${runMs} ms ${flags.slice(1).join(' ')}; behind by ${this.ledger.behind}`);
  }

  /** Takes all that is left, over a clean stop half-way. @returns bytes in the data folder behind a second one */
  async drain(): Promise<number> {
    const flags = ['--sync-timeout=50ms', '--mem-queue-size=500', '--max-bytes-per-file=65536'];
    const first = await this.#start(flags);
    const consumers = await this.#consumers(first, CHANNELS, HABITS);
    await sleep(this.#options.maxRunMs ?? 150);
    await Promise.all(consumers.map((consumer) => consumer.quiesce()));
    await this.#stop(first);
    this.ledger.stopped();

    const second = await this.#start(flags);
    await this.#consumers(second, CHANNELS, DILIGENT);
    const until = Date.now() + (this.#options.drainMs ?? 60_000);
    while (!(await this.#drained(second)) && Date.now() < until) await sleep(POLL_MS);
    await this.#stop(second);
    return bytesIn(this.#folder);
  }

  async end(): Promise<void> {
    await this.#nsqd?.stop('SIGKILL');
  }

  async #start(flags: readonly string[]): Promise<NsqdProcess> {
    this.#nsqd = await startNsqd({
      dataPath: this.#folder,
      flags: [`--durability=${this.#options.durability}`, ...flags, ...(this.#options.flags ?? [])],
      startTimeoutMs: STOP_MS,
    });
    return this.#nsqd;
  }

  async #stop(nsqd: NsqdProcess): Promise<void> {
    const { code, signal } = await nsqd.stop('SIGTERM', STOP_MS);
    if (code !== 0) this.ledger.violation(`clean stop: ${signal ?? `exit code ${String(code)}`}\n${nsqd.log().slice(-2000)}`);
  }

  /** Small and large limits, so that segments roll and are freed, and channels read from memory as well as from the log. */
  #flags(): string[] {
    const random = this.#random;
    return [
      `--sync-timeout=${random.pick(['5ms', '20ms', '100ms', '2s'])}`,
      `--mem-queue-size=${random.pick([10, 100, 1000, 10_000])}`,
      `--max-bytes-per-file=${random.pick([20_000, 100_000, 1_000_000, 100_000_000])}`,
    ];
  }

  async #consumers(nsqd: NsqdProcess, channels: readonly string[], habits: Habits): Promise<Consumer[]> {
    const random = this.#random;
    const each = channels.flatMap((channel) => Array<string>(CONSUMERS).fill(channel));
    return Promise.all(
      each.map((channel) => Consumer.start(nsqd, TOPIC, channel, this.ledger, new Random(random.between(0, 0xffffffff)), habits)),
    );
  }

  async #drained(nsqd: NsqdProcess): Promise<boolean> {
    const stats = await channelStats(nsqd, TOPIC);
    return CHANNELS.every((name) => {
      const channel = stats.get(name);
      return channel !== undefined && channel.depth + channel.in_flight_count + channel.deferred_count === 0;
    });
  }
}

async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files.filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
