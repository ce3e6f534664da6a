import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface NsqSetup {
  /** Keeps standard input open, for `child.stdin`. @default false: there is none */
  readonly stdin?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** The built `nsq`, as a process of its own. */
export class Nsq {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(args: readonly string[], { stdin = false, env = {} }: NsqSetup = {}) {
    const environment = { ...process.env, NSQ_NSQD: '', NSQ_LOOKUPD: '', ...env };
    this.child = spawn(process.execPath, [program, ...args], { stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'], env: environment });
    this.child.stdin?.on('error', () => undefined); // it may end before it has read everything
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'close').then(([code, signal]: unknown[]) => (signal ?? code) as number | NodeJS.Signals | null);
  }

  /** Resolves when standard output has a whole line. @throws {Error} when the program ends instead */
  async firstLine(): Promise<string> {
    await this.prints(/\n/);
    return this.stdout.slice(0, this.stdout.indexOf('\n'));
  }

  /** Resolves when standard output has it. @throws {Error} when the program ends instead */
  async prints(pattern: RegExp): Promise<void> {
    await this.#until(this.child.stdout, () => pattern.test(this.stdout));
  }

  /** The same for standard error. */
  async says(pattern: RegExp): Promise<void> {
    await this.#until(this.child.stderr, () => pattern.test(this.stderr));
  }

  async #until(stream: ChildProcess['stdout'], enough: () => boolean): Promise<void> {
    while (!enough()) {
      const more = stream === null ? Promise.resolve() : once(stream, 'data');
      const ended = await Promise.race([more.then(() => false), this.ended.then(() => true)]);
      if (ended && !enough()) throw new Error(`it ended: ${this.stderr}`);
    }
  }
}

/** What a run of `nsq` came to. */
export interface Result {
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it until its end. */
export async function nsq(args: readonly string[], input?: string | Buffer, env?: Readonly<Record<string, string>>): Promise<Result> {
  const run = new Nsq(args, { stdin: input !== undefined, ...(env && { env }) });
  run.child.stdin?.end(input);
  const code = await run.ended;
  return { code, stdout: run.stdout, stderr: run.stderr };
}
