import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exitOf, within, type Exit } from '../src/exit.js';
import { until } from './cluster.js';

const PATIENCE_MS = 20_000;

/** A built program of `@nsq/cli`, as a process. */
export class CliTool {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly #name: string;
  readonly #exit: Promise<Exit>;

  /** @param name of a file in `apps/nsq-cli/dist`, without its ending */
  constructor(name: string, args: readonly string[]) {
    this.#name = name;
    const program = fileURLToPath(new URL(`../../../apps/nsq-cli/dist/${name}.js`, import.meta.url));
    this.child = spawn(process.execPath, [program, ...args]);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.child.stdin.on('error', () => undefined);
    this.#exit = exitOf(this.child);
  }

  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The exit code, or the signal that ended it. @throws {Error} when it does not end by itself */
  async ended(): Promise<number | NodeJS.Signals | null> {
    const { code, signal } = await within(PATIENCE_MS, `end of ${this.#name}`, this.#exit).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.stderr}`, { cause: error });
    });
    return signal ?? code;
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    this.child.kill(signal);
    return this.ended();
  }

  /** Waits for something that it does. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    return until(condition, PATIENCE_MS, () => `${what}; ${this.#name} says:\n${this.stdout.slice(-2_000)}\n${this.stderr.slice(-2_000)}`);
  }
}

/** The tools of one test; ends those that still run. */
export class CliTools {
  readonly #all: CliTool[] = [];

  /** @param name such as `nsq-tail` */
  start(name: string, ...args: string[]): CliTool {
    const tool = new CliTool(name, args);
    this.#all.push(tool);
    return tool;
  }

  async end(): Promise<void> {
    const running = this.#all.splice(0).filter((tool) => tool.running);
    await Promise.all(running.map((tool) => tool.stop('SIGKILL')));
  }
}

/** Has a tool try again at once what it would leave for a minute. */
export const QUICKLY = ['default_requeue_delay,10ms', 'backoff_multiplier,5ms', 'max_attempts,0', 'lookupd_poll_interval,50ms'].map(
  (option) => `--consumer-opt=${option}`,
);
