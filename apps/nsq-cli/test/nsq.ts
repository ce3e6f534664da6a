import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The built `nsq`, as a process of its own. */
export class Nsq {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'close').then(([code, signal]: unknown[]) => (signal ?? code) as number | NodeJS.Signals | null);
  }

  /** Resolves when standard output has a whole line. @throws {Error} when the program ends instead */
  async firstLine(): Promise<string> {
    while (!this.stdout.includes('\n')) {
      const more = this.child.stdout === null ? Promise.resolve() : once(this.child.stdout, 'data');
      const ended = await Promise.race([more.then(() => false), this.ended.then(() => true)]);
      if (ended) throw new Error(`it ended: ${this.stderr}`);
    }
    return this.stdout.slice(0, this.stdout.indexOf('\n'));
  }
}
