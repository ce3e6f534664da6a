import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CliError } from '../cli-error.js';
import { Lines } from './lines.js';
import { flagsOf, type DaemonPlan, type Program } from './plan.js';

const LISTENING = /INFO: (TCP|HTTP): listening on (\S+):(\d+)$/;
/** How long a clean stop may take: a daemon gives itself 60 s. Milliseconds. */
const STOP_TIMEOUT_MS = 65_000;

export interface Ports {
  readonly tcp: number;
  readonly http: number;
}

/** One daemon of the stack, as a process that ends when this one does. */
export class DaemonProcess {
  readonly plan: DaemonPlan;
  /** Resolves when the process has ended, with how: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Resolves when both listeners are up. Never rejects: see `ended`. */
  readonly ports: Promise<Ports>;
  readonly #child: ChildProcess;
  #failed = false;

  /** @param onLine told each line that the daemon logs */
  constructor(plan: DaemonPlan, onLine: (line: string) => void) {
    this.plan = plan;
    // A process group of its own: Ctrl-C on the terminal must not reach it before those that depend on it have stopped.
    this.#child = spawn(
      process.execPath,
      ['--import', new URL('orphan-guard.js', import.meta.url).href, programFile(plan.program), ...flagsOf(plan)],
      { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true },
    );
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) => {
        this.#failed = code !== 0;
        resolve(signal ?? `exit code ${String(code)}`);
      });
    });
    this.ports = new Promise((resolve) => {
      const found = new Map<string, number>();
      const onLogged = (line: string): void => {
        onLine(line);
        const [, name, , port] = LISTENING.exec(line) ?? [];
        if (name !== undefined) found.set(name, Number(port));
        const tcp = found.get('TCP');
        const http = found.get('HTTP');
        if (tcp !== undefined && http !== undefined) resolve({ tcp, http });
      };
      for (const stream of [this.#child.stdout, this.#child.stderr]) {
        const lines = new Lines(onLogged);
        stream?.setEncoding('utf8');
        stream?.on('data', (chunk: string) => lines.push(chunk));
        stream?.on('end', () => lines.end());
      }
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Has ended by other than a clean stop. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Stops it cleanly; one that takes too long is killed. False when it did not end well. */
  async stop(): Promise<boolean> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
    return !this.#failed;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The file that Node runs for a program: the `bin` of its package. */
export function programFile(program: Program): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve(`@nsq/${program}/package.json`);
  const { bin } = require(manifest) as { readonly bin: Readonly<Record<string, string>> };
  const file = bin[program];
  if (file === undefined) throw new CliError(`the package @nsq/${program} has no program, install it again`);
  const found = path.join(path.dirname(manifest), file);
  if (!existsSync(found))
    throw new CliError(`${found} is missing: install @nsq/${program} again, or in a checkout: npx nx bundle @nsq/${program}`);
  return found;
}
