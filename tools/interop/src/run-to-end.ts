import { spawn } from 'node:child_process';
import { within } from '@nsq/e2e';

const KEPT_CHARS = 16_000;

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Runs a command and everything that it starts. @throws {Error} with the end of what it said, when it fails or takes too long; it is killed first */
export async function runToEnd([program = '', ...args]: readonly string[], { cwd, env, timeoutMs }: RunOptions): Promise<void> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = () => killGroup(child.pid);
  process.once('exit', kill);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-KEPT_CHARS)));
  }
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`ended with ${signal ?? `code ${String(code)}`}`));
    });
  });
  try {
    await within(timeoutMs, program, ended);
  } catch (error) {
    throw new Error(`${[program, ...args].join(' ')}: ${(error as Error).message}\n${output}`, { cause: error });
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
