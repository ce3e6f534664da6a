import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { exitOf, killGroup, within, type Exit } from '@nsq/e2e';

const KEPT_CHARS = 16_000;

/** A program that runs until it is told to end, in a process group of its own as in a terminal. */
export class Program {
  readonly #name: string;
  readonly #pid: number | undefined;
  readonly #exited: Promise<Exit>;
  readonly #watchers = new Set<(line: string) => void>();
  #log = '';

  constructor([program = '', ...args]: readonly string[], cwd: string) {
    this.#name = [program, ...args].join(' ');
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#pid = child.pid;
    const kill = () => killGroup(child.pid);
    process.once('exit', kill);
    this.#exited = exitOf(child).finally(() => process.removeListener('exit', kill));
    this.#exited.catch(() => undefined);
    this.#read(child.stdout);
    this.#read(child.stderr);
  }

  /** Waits for a line of standard output or standard error. @throws {Error} with what it said, when none comes or the program ends */
  async line(pattern: RegExp, ms: number): Promise<RegExpExecArray> {
    let watcher: ((line: string) => void) | undefined;
    const found = new Promise<RegExpExecArray>((resolve) => {
      watcher = (line) => {
        const match = pattern.exec(line);
        if (match !== null) resolve(match);
      };
      this.#log.split('\n').forEach(watcher);
      this.#watchers.add(watcher);
    });
    const ended = this.#exited.then((exit) => Promise.reject(new Error(`ended with ${JSON.stringify(exit)}`)));
    try {
      return await within(ms, `a line like ${String(pattern)}`, Promise.race([found, ended]));
    } catch (error) {
      killGroup(this.#pid);
      throw this.#failure(error);
    } finally {
      if (watcher !== undefined) this.#watchers.delete(watcher);
      ended.catch(() => undefined);
    }
  }

  /** Presses Ctrl-C. @throws {Error} with what it said, when it does not end with code 0 in time */
  async interrupt(ms: number): Promise<void> {
    try {
      if (this.#pid !== undefined) process.kill(-this.#pid, 'SIGINT');
      const { code, signal } = await within(ms, 'end after Ctrl-C', this.#exited);
      if (code !== 0) throw new Error(`Ctrl-C ended it with ${signal ?? `code ${String(code)}`}`);
    } catch (error) {
      throw this.#failure(error);
    } finally {
      killGroup(this.#pid);
    }
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.#log = `${this.#log}${line}\n`.slice(-KEPT_CHARS);
      for (const watcher of this.#watchers) watcher(line);
    });
  }

  #failure(error: unknown): Error {
    return new Error(`${this.#name}: ${(error as Error).message}\n${this.#log}`, { cause: error });
  }
}
