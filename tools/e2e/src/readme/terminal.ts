import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { exitOf, within, type Exit } from '../exit.js';

/** Commands in a shell of their own, as in a terminal. */
export class Terminal {
  readonly text: string;
  stdout = '';
  stderr = '';
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #waiting = new Set<() => void>();

  constructor(text: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.text = text;
    // A group of its own: Ctrl-C goes to all that the shell has started, and so does the end of a test.
    this.#child = spawn('bash', ['-o', 'pipefail', '-c', text], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.exited = exitOf(this.#child);
    this.exited.catch(() => undefined);
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name].setEncoding('utf8').on('data', (chunk: string) => {
        this[name] += chunk;
        for (const look of this.#waiting) look();
      });
    }
  }

  /** Resolves when its output is so. @throws {Error} with the output, when it is not within `ms`, or has ended before */
  async until(what: string, condition: () => boolean, ms: number): Promise<void> {
    let look = (): void => undefined;
    const seen = new Promise<void>((resolve) => {
      look = () => {
        if (condition()) resolve();
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.exited.then(() => {
      if (!condition()) throw new Error(`${this.text}: has ended`);
    });
    try {
      await within(ms, what, Promise.race([seen, ended]));
    } catch (error) {
      throw new Error(`${String(error)}\n${this.text}\n${this.stdout}${this.stderr}`, { cause: error });
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** Waits for the end; what takes longer is killed. */
  async ended(ms: number): Promise<number | null> {
    try {
      return (await within(ms, `the end of ${this.text}`, this.exited)).code;
    } catch (error) {
      this.signal('SIGKILL');
      throw error;
    }
  }

  /** To all processes in it. Nothing happens when they have ended. */
  signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
