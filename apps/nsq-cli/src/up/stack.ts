import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.js';
import { makeFolder } from '../make-folder.js';
import { DaemonProcess, type Ports } from './daemon-process.js';
import type { DaemonPlan, StackPlan } from './plan.js';

const DATA_FOLDER_MODE = 0o777;
const PING_TIMEOUT_MS = 2000;
const PING_INTERVAL_MS = 50;

/** A daemon that runs and answers. */
export interface RunningDaemon {
  readonly name: string;
  readonly pid: number;
  /** HOST:PORT for clients on this machine. */
  readonly tcp: string;
  readonly http: string;
  readonly dataPath: string | null;
}

export interface StackSetup {
  /** How long a daemon may take until it is healthy, milliseconds: with a large data folder, reading it counts. */
  readonly timeoutMs: number;
  readonly onLine: (name: string, line: string) => void;
}

/** The daemons of one `nsq up`. None of them is started again: one that ends, ends all. */
export class Stack {
  readonly #plan: StackPlan;
  readonly #setup: StackSetup;
  readonly #lookupds: DaemonProcess[] = [];
  readonly #nsqds: DaemonProcess[] = [];
  #stopping: Promise<boolean> | null = null;

  constructor(plan: StackPlan, setup: StackSetup) {
    this.#plan = plan;
    this.#setup = setup;
  }

  /**
   * Starts all and waits until each is healthy: first those that the others look for.
   * @throws {CliError} when one of them ends instead, or takes too long; the others go on until `stop`
   */
  async start(signal: AbortSignal): Promise<RunningDaemon[]> {
    for (const { dataPath } of this.#plan.nsqds) if (dataPath !== null) await makeDataFolder(dataPath);
    const lookupds = await this.#startAll(this.#plan.lookupds, this.#lookupds, signal);
    const flags = lookupds.map(({ tcp }) => `--lookupd-tcp-address=${tcp}`);
    const plans = this.#plan.nsqds.map((plan) => ({ ...plan, flags: [...flags, ...plan.flags] }));
    return [...lookupds, ...(await this.#startAll(plans, this.#nsqds, signal))];
  }

  /** Resolves when one of them has ended without having been asked to, with a sentence about it. */
  async broken(): Promise<string> {
    return Promise.race(
      this.#all.map(async ({ ended, plan }) => {
        const how = await ended;
        return `${plan.name} has ended (${how}); what it said last is above`;
      }),
    );
  }

  /** Stops all cleanly, those first that use the others. False when one of them did not end well. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** For the end of this process: nothing is to be left. */
  kill(): void {
    for (const daemon of this.#all) daemon.kill();
  }

  get #all(): readonly DaemonProcess[] {
    return [...this.#nsqds, ...this.#lookupds];
  }

  async #stop(): Promise<boolean> {
    const nsqds = await Promise.all(this.#nsqds.map((daemon) => daemon.stop()));
    const lookupds = await Promise.all(this.#lookupds.map((daemon) => daemon.stop()));
    return [...nsqds, ...lookupds].every(Boolean);
  }

  async #startAll(plans: readonly DaemonPlan[], into: DaemonProcess[], signal: AbortSignal): Promise<RunningDaemon[]> {
    signal.throwIfAborted();
    const daemons = plans.map((plan) => new DaemonProcess(plan, (line) => this.#setup.onLine(plan.name, line)));
    into.push(...daemons);
    return Promise.all(daemons.map((daemon) => this.#healthy(daemon, signal)));
  }

  async #healthy(daemon: DaemonProcess, outer: AbortSignal): Promise<RunningDaemon> {
    const { name, host, dataPath } = daemon.plan;
    const { timeoutMs } = this.#setup;
    const done = new AbortController();
    const signal = AbortSignal.any([outer, done.signal]);
    const ended = daemon.ended.then((how) => {
      throw new CliError(`${name} has ended before it was ready (${how}); what it said is above`);
    });
    const late = sleep(timeoutMs, null, { signal }).then(() => {
      throw new CliError(`${name} was not ready after ${timeoutMs / 1000}s; --timeout gives it more`);
    });
    late.catch(() => undefined); // the race has another winner
    try {
      const ports = await Promise.race([daemon.ports, ended, late]);
      const address = addressOf(host);
      await Promise.race([pinged(`http://${address}:${ports.http}/ping`, signal), ended, late]);
      return running(daemon, address, ports, name, dataPath);
    } finally {
      done.abort();
    }
  }
}

async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder, DATA_FOLDER_MODE);
  } catch (error) {
    throw new CliError(`cannot make the data folder ${folder}: ${(error as Error).message}; --data names another one`);
  }
}

function running(daemon: DaemonProcess, address: string, ports: Ports, name: string, dataPath: string | null): RunningDaemon {
  return { name, pid: daemon.pid ?? 0, tcp: `${address}:${ports.tcp}`, http: `${address}:${ports.http}`, dataPath };
}

/** Where a client on this machine reaches what listens on `host`. */
function addressOf(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** Asks until the answer is that all is well. */
async function pinged(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const { ok } = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PING_TIMEOUT_MS)]) });
      if (ok) return;
    } catch {
      // Not there yet; who waits says for how long.
    }
    await sleep(PING_INTERVAL_MS, null, { signal });
  }
}
