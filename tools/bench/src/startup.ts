import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nsqdCommand, startNsqd } from '@nsq/e2e';

const USAGE = `Usage: node tools/bench/dist/startup.js [options]

How long an nsqd takes from the start of its process to the answer of GET /ping, in an empty folder.

  --command "PROGRAM"   measure this daemon (repeatable; default: the bundle and the unbundled build of this workspace)
  --repeat N            starts of each, in turns (default 20)
  --help                this text`;

const PING_MS = 10_000;

/** Milliseconds from the start of the process to the answer. */
async function start(command: readonly string[]): Promise<number> {
  const dataPath = await mkdtemp(join(tmpdir(), 'nsq-startup-'));
  try {
    const started = performance.now();
    const nsqd = await startNsqd({ command, dataPath });
    try {
      const request = get({ host: nsqd.host, port: nsqd.httpPort, path: '/ping', agent: false });
      const [response] = (await once(request, 'response', { signal: AbortSignal.timeout(PING_MS) })) as [IncomingMessage];
      const ms = performance.now() - started;
      response.resume();
      if (response.statusCode !== 200) throw new Error(`${command.join(' ')}: /ping was answered with ${String(response.statusCode)}`);
      return ms;
    } finally {
      await nsqd.stop();
    }
  } finally {
    await rm(dataPath, { recursive: true, force: true });
  }
}

/** The smallest value that this share of them does not exceed. */
const quantile = (sorted: readonly number[], share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      command: { type: 'string', multiple: true },
      repeat: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error('--repeat must be a whole number of at least 1');
  const unbundled = [process.execPath, fileURLToPath(new URL('../../../apps/nsqd/dist/main.js', import.meta.url))];
  const commands = values.command?.map((command) => command.split(' ')) ?? [nsqdCommand, unbundled];

  const times = commands.map((): number[] => []);
  // The first round is not counted: it brings the files into the system's cache.
  for (let round = 0; round <= repeat; round++) {
    for (const [at, command] of commands.entries()) {
      const ms = await start(command);
      if (round > 0) times[at]?.push(ms);
    }
  }
  console.log('median ms  p90 ms  slowest ms  command');
  for (const [at, command] of commands.entries()) {
    const sorted = (times[at] ?? []).sort((a, b) => a - b);
    const [median, p90, slowest] = [0.5, 0.9, 1].map((share) => quantile(sorted, share).toFixed(0)) as [string, string, string];
    console.log(`${median.padStart(9)}  ${p90.padStart(6)}  ${slowest.padStart(10)}  ${command.join(' ')}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
