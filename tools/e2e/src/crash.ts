import { parseArgs } from 'node:util';
import { crashRounds, type CrashOptions } from './crash/crash-rounds.js';

const USAGE = `Usage: node tools/e2e/dist/crash.js [options]

  --rounds N              how often the daemon is ended and started again (default 100)
  --durability MODE       disk, fsync, or memory with --signal SIGTERM (default disk)
  --signal SIGKILL|SIGTERM  how it is ended (default SIGKILL)
  --seed N                repeats the choices of an earlier run (default: by chance, printed)
  --max-run MS            most milliseconds between start and end of the daemon (default 150)
  --flag=--NAME=VALUE     further flag for the daemon (repeatable)
  --verbose               one line for each round
`;
const SHOWN = 20;

function optionsOf(args: readonly string[]): CrashOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '100' },
      durability: { type: 'string', default: 'disk' },
      signal: { type: 'string', default: 'SIGKILL' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      'max-run': { type: 'string', default: '150' },
      flag: { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
    },
  });
  const { durability, signal } = values;
  if (durability !== 'memory' && durability !== 'disk' && durability !== 'fsync') throw new Error(`no durability ${durability}`);
  if (signal !== 'SIGKILL' && signal !== 'SIGTERM') throw new Error(`no signal ${signal}`);
  if (durability === 'memory' && signal === 'SIGKILL') throw new Error('in memory mode a kill may lose messages: use --signal SIGTERM');
  const number = (name: 'rounds' | 'seed' | 'max-run'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not ${values[name]}`);
    return value;
  };
  return {
    durability,
    signal,
    rounds: number('rounds'),
    seed: number('seed'),
    maxRunMs: number('max-run'),
    flags: values.flag,
    ...(values.verbose ? { onRound: (text: string) => process.stderr.write(`${text}\n`) } : {}),
  };
}

async function main(options: CrashOptions): Promise<number> {
  process.stdout.write(`seed ${options.seed}\n`);
  const { lost, violations, ...rest } = await crashRounds(options);
  const { rounds, seconds, acknowledged, unanswered, delivered, repeated, storedBytes } = rest;
  process.stdout.write(
    `${rounds} rounds in ${seconds.toFixed(1)} s (${(rounds / seconds).toFixed(2)}/s), durability ${options.durability}\n` +
      `acknowledged ${acknowledged}, unanswered ${unanswered}, delivered ${delivered}, repeated ${repeated}, lost ${lost.length}\n` +
      `stored at the end: ${storedBytes} bytes\n`,
  );
  for (const name of lost.slice(0, SHOWN)) process.stdout.write(`lost: ${name}\n`);
  for (const what of violations) process.stdout.write(`broken: ${what}\n`);
  return lost.length + violations.length === 0 ? 0 : 1;
}

function parse(): CrashOptions | undefined {
  try {
    return optionsOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

const options = parse();
process.exitCode = options === undefined ? 2 : await main(options);
