import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tlsFlags } from '../certificate.js';
import { deleteTopic, ping, topicNames } from '../http.js';
import { startNsqd, type NsqdProcess } from '../nsqd-process.js';
import { openFiles, residentMemory } from '../process-usage.js';
import { Random } from '../random.js';
import { attack, type Heard } from './attack.js';
import { MAX_BODY_BYTES, MAX_MSG_BYTES } from './grammar.js';
import { attackHttp } from './http-attack.js';
import { UPGRADES, type Upgrade } from './layer.js';
import { Witness } from './witness.js';

const MIB = 1024 * 1024;
/** What the daemon may hold, whatever comes in. It begins with about 80 MiB. */
const MAX_RESIDENT_BYTES = 400 * MIB;
/** Topics with their messages and files are taken away before each case whose number is a multiple of this. */
const TIDY_EVERY = 100;
const MOST_CLIENTS = 4;
/** Descriptors that come and go by themselves: log and checkpoint of a topic, idle HTTP connections. */
const SPARE_FILES = 8;
const SETTLE_MS = 15_000;
const POLL_MS = 50;
const SHOWN_LINES = 30;
const STEP = 0x9e3779b1;
/** What a daemon in order never logs. */
const ALARM = /^.*(?:internal error|uncaught|unhandled| FATAL: |^\s+at |^\(node:\d+\)|\w+Error: ).*$/im;

export type Target = Upgrade | 'http';
/** What may be attacked. */
export const TARGETS: readonly [Target, ...Target[]] = [...UPGRADES, 'http'];

export interface FuzzOptions {
  readonly seed: number;
  /** In turn, case by case. */
  readonly targets: readonly [Target, ...Target[]];
  /** Number of the first case. @default 0 */
  readonly first?: number;
  /** Ends before this one. @default none */
  readonly end?: number;
  /** Ends when so much time has passed, milliseconds. @default none */
  readonly durationMs?: number;
  /** Further flags for the daemon. */
  readonly flags?: readonly string[];
  /** Told now and then how far it is. */
  readonly onProgress?: (text: string) => void;
}

export interface FuzzReport {
  readonly cases: number;
  readonly seconds: number;
  /** By target: how the daemon answered, which shows that the attack comes through to it. */
  readonly heard: ReadonlyMap<Target, Heard>;
  readonly peakBytes: number;
  readonly filesAtStart: number;
  readonly filesAtEnd: number;
  /** What went wrong, the number of the case first; null when nothing did. */
  readonly failure: { readonly number: number; readonly text: string } | null;
}

/** Attacks a daemon of its own, looks after each case whether it is in order, and stops at the first that it is not. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const dataPath = await mkdtemp(join(tmpdir(), 'nsq-fuzz-'));
  const bounds = ['--mem-queue-size=200', `--max-msg-size=${MAX_MSG_BYTES}`, `--max-body-size=${MAX_BODY_BYTES}`];
  const nsqd = await startNsqd({ dataPath, flags: [...tlsFlags, ...bounds, ...(options.flags ?? [])] });
  const fuzzing = new Fuzzing(nsqd, options);
  try {
    return await fuzzing.run();
  } finally {
    await fuzzing.witness.close();
    await nsqd.stop('SIGKILL');
    await rm(dataPath, { recursive: true, force: true });
  }
}

class Fuzzing {
  readonly witness = new Witness();
  readonly #nsqd: NsqdProcess;
  readonly #options: FuzzOptions;
  readonly #heard = new Map<Target, Heard>();
  #exit: string | null = null;
  #peakBytes = 0;

  constructor(nsqd: NsqdProcess, options: FuzzOptions) {
    this.#nsqd = nsqd;
    this.#options = options;
    void nsqd.exited.then(({ code, signal }) => {
      this.#exit = `the daemon has ended: ${signal ?? `exit code ${String(code)}`}`;
    });
  }

  async run(): Promise<FuzzReport> {
    const { first = 0, end = Infinity, durationMs = Infinity, onProgress } = this.#options;
    const started = performance.now();
    await this.witness.start(this.#nsqd);
    await this.#check();
    const filesAtStart = openFiles(this.#nsqd.pid);
    let number = first;
    let text: string | null = null;
    try {
      for (; number < end && performance.now() - started < durationMs; number++) {
        if (number % TIDY_EVERY === 0) await this.#tidy();
        await this.#attack(number);
        await this.#check();
        if (number % 1000 === 999) {
          onProgress?.(`${number + 1} cases, ${Math.round(residentMemory(this.#nsqd.pid) / MIB)} MiB, ${openFiles(this.#nsqd.pid)} files`);
        }
      }
      await this.#tidy();
      await this.#settle(filesAtStart);
    } catch (error) {
      const log = this.#nsqd.log().trimEnd().split('\n').slice(-SHOWN_LINES);
      text = [error instanceof Error ? error.message : String(error), ...(this.#exit === null ? [] : [this.#exit]), ...log].join('\n');
    }
    return {
      cases: number - first,
      seconds: (performance.now() - started) / 1000,
      heard: this.#heard,
      peakBytes: this.#peakBytes,
      filesAtStart,
      filesAtEnd: openFiles(this.#nsqd.pid),
      failure: text === null ? null : { number, text },
    };
  }

  async #attack(number: number): Promise<void> {
    const { seed, targets } = this.#options;
    const random = new Random(seed + Math.imul(number, STEP));
    const target = targets[number % targets.length] ?? targets[0];
    const clients = Array.from({ length: random.between(1, MOST_CLIENTS) }, () => random.fork());
    const all = await Promise.all(
      clients.map((each) => (target === 'http' ? attackHttp(this.#nsqd, each) : attack(this.#nsqd, target, each))),
    );
    const heard = this.#heard.get(target) ?? { responses: 0, errors: 0, messages: 0 };
    this.#heard.set(target, heard);
    for (const { responses, errors, messages } of all) {
      heard.responses += responses;
      heard.errors += errors;
      heard.messages += messages;
    }
  }

  /** @throws {Error} when the daemon is not in order */
  async #check(): Promise<void> {
    if (this.#exit !== null) throw new Error('it is gone');
    await ping(this.#nsqd);
    await this.witness.check();
    const bytes = residentMemory(this.#nsqd.pid);
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    if (bytes > MAX_RESIDENT_BYTES) throw new Error(`the daemon holds ${Math.round(bytes / MIB)} MiB`);
    const [alarm] = ALARM.exec(this.#nsqd.log()) ?? [];
    if (alarm !== undefined) throw new Error(`the daemon logged: ${alarm}`);
  }

  async #tidy(): Promise<void> {
    for (const topic of await topicNames(this.#nsqd)) {
      // An ephemeral one may go by itself in between.
      if (topic !== Witness.topic) await deleteTopic(this.#nsqd, topic).catch(() => undefined);
    }
  }

  /** All that the attackers had open is closed. */
  async #settle(filesAtStart: number): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    while (openFiles(this.#nsqd.pid) > filesAtStart + SPARE_FILES) {
      if (performance.now() > deadline) {
        throw new Error(`${openFiles(this.#nsqd.pid)} files are open, ${filesAtStart} were at the start`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    await this.#check();
  }
}
