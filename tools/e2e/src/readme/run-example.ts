import { spawn } from 'node:child_process';
import { exitOf } from '../exit.js';
import { outputPattern } from './announced-output.js';
import type { Example } from './readme-examples.js';

const TIMEOUT_MS = 30_000;

export interface RunOptions {
  /** From here packages are found, as in an application; relative paths lead here too. */
  readonly cwd: string;
  /** What is put in place of what the example says, such as ports of daemons that run; in the outcome it is as the example has it. */
  readonly replace?: ReadonlyMap<string, string>;
  /** Milliseconds, default 30,000; then the program is killed. */
  readonly timeoutMs?: number;
}

/** How a program ended. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** `null` when a signal ended it. */
  readonly code: number | null;
  /** It was killed because it did not end. */
  readonly late: boolean;
}

/** Runs a `js` example as an ES module. One that waits for a signal gets it when everything it announces has been printed. */
export async function runExample(example: Example, { cwd, replace, timeoutMs = TIMEOUT_MS }: RunOptions): Promise<Outcome> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', replaced(example.code, replace)], {
    cwd,
    env: { ...process.env, FORCE_COLOR: '0' }, // what it prints is compared
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const restore = new Map([...(replace ?? [])].map(([says, is]) => [is, says]));
  const output = { stdout: '', stderr: '' };
  const patterns = { stdout: outputPattern(example.announced.stdout), stderr: outputPattern(example.announced.stderr) };
  let asked = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] = replaced(output[name] + text, restore);
      if (example.signal === null || asked || !patterns.stdout.test(output.stdout) || !patterns.stderr.test(output.stderr)) return;
      asked = child.kill(example.signal);
    });
  }
  let late = false;
  const timer = setTimeout(() => (late = child.kill('SIGKILL')), timeoutMs);
  const { code } = await exitOf(child).finally(() => clearTimeout(timer));
  return { ...output, code, late };
}

/** Replaces texts that stand alone: `4150` is not a part of `14150`, nor `data` of `metadata`. */
export function replaced(code: string, replace: ReadonlyMap<string, string> = new Map()): string {
  const texts = [...replace.keys()].map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  if (texts.length === 0) return code;
  return code.replace(new RegExp(`(?<!\\w)(?:${texts.join('|')})(?!\\w)`, 'g'), (text) => replace.get(text) ?? text);
}
