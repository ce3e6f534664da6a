import { spawn } from 'node:child_process';
import { exitOf, within } from './exit.js';

/** Of the output, in an error. */
const KEPT_CHARS = 16_000;
const MAX_STDOUT_CHARS = 64 * 1024 * 1024;

export interface CommandRun {
  readonly cwd: string;
  /** On top of this process's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/**
 * Runs a command and everything that it starts.
 * @returns what it wrote to standard output, at most 64 Mi characters
 * @throws {Error} with the end of what it said, when it fails, says more or takes too long; it is killed first
 */
export async function runToEnd([program = '', ...args]: readonly string[], { cwd, env, timeoutMs }: CommandRun): Promise<string> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = () => killGroup(child.pid);
  process.once('exit', kill);
  const stdout: string[] = [];
  let length = 0;
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-KEPT_CHARS);
      if (stream !== child.stdout) return;
      length += text.length;
      if (length <= MAX_STDOUT_CHARS) stdout.push(text);
      else kill();
    });
  }
  try {
    const { code, signal } = await within(timeoutMs, program, exitOf(child));
    if (length > MAX_STDOUT_CHARS) throw new Error(`wrote more than ${MAX_STDOUT_CHARS} characters`);
    if (code !== 0) throw new Error(`ended with ${signal ?? `code ${String(code)}`}`);
    return stdout.join('');
  } catch (error) {
    throw new Error(`${[program, ...args].join(' ')}: ${(error as Error).message}\n${tail}`, { cause: error });
  } finally {
    kill();
    process.removeListener('exit', kill);
  }
}

/** Ends a process that was started detached, and its descendants. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}
