import { spawn } from 'node:child_process';
import { exitOf, within, type Exit } from './exit.js';
import { nsqdCommand } from './nsqd-process.js';

/** What a run that ends by itself left behind. */
export interface NsqdRun extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `nsqdCommand` with exactly these arguments and waits for it to end by itself, at most `timeoutMs` (default 10,000).
 * @throws {Error} when it has not ended by then; it is killed first.
 */
export async function runNsqd(args: readonly string[], timeoutMs = 10_000): Promise<NsqdRun> {
  const [program = '', ...leading] = nsqdCommand;
  const child = spawn(program, [...leading, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output.stderr += chunk));
  try {
    return { ...(await within(timeoutMs, `end of nsqd ${args.join(' ')}`, exitOf(child))), ...output };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
