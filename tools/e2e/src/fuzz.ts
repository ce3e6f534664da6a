import { parseArgs } from 'node:util';
import { fuzz, TARGETS, type FuzzOptions, type Target } from './fuzz/fuzz.js';

const USAGE = `Usage: node tools/e2e/dist/fuzz.js [options]

  --seconds N         how long (default 10)
  --seed S            repeats the choices of an earlier run (default: by chance, printed)
  --upgrade WHAT      ${TARGETS.join(', ')}, or all in turn (default all)
  --first N           number of the first case (default 0)
  --cases N           so many cases instead of a time
  --flag=--NAME=VALUE further flag for the daemon (repeatable)
  --verbose           a line now and then
`;

interface Parsed extends FuzzOptions {
  readonly upgrade: string;
}

function optionsOf(args: readonly string[]): Parsed {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      upgrade: { type: 'string', default: 'all' },
      first: { type: 'string', default: '0' },
      cases: { type: 'string' },
      flag: { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'seconds' | 'seed' | 'first' | 'cases'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not ${String(values[name])}`);
    return value;
  };
  const { upgrade } = values;
  const chosen: readonly Target[] = upgrade === 'all' ? TARGETS : TARGETS.filter((each) => each === upgrade);
  const [target, ...others] = chosen;
  if (target === undefined) throw new Error(`no upgrade ${upgrade}`);
  const first = number('first');
  return {
    upgrade,
    targets: [target, ...others],
    seed: number('seed'),
    first,
    flags: values.flag,
    ...(values.cases === undefined ? { durationMs: number('seconds') * 1000 } : { end: first + number('cases') }),
    ...(values.verbose ? { onProgress: (text: string) => process.stderr.write(`${text}\n`) } : {}),
  };
}

async function main(options: Parsed): Promise<number> {
  const { seed, upgrade } = options;
  process.stdout.write(`seed ${seed}\n`);
  const { cases, seconds, heard, peakBytes, filesAtStart, filesAtEnd, failure } = await fuzz(options);
  const line = (target: Target): string => {
    const { responses = 0, errors = 0, messages = 0 } = heard.get(target) ?? {};
    return `${target}: ${responses} responses, ${errors} errors, ${messages} messages\n`;
  };
  process.stdout.write(
    `${cases} cases in ${seconds.toFixed(1)} s (${(cases / seconds).toFixed(1)}/s), most memory ${Math.round(peakBytes / 2 ** 20)} MiB, ` +
      `files open ${filesAtStart} at the start, ${filesAtEnd} at the end\n${options.targets.map(line).join('')}`,
  );
  if (failure === null) return 0;
  process.stdout.write(
    `case ${failure.number}: ${failure.text}\n` +
      `again: node tools/e2e/dist/fuzz.js --seed ${seed} --upgrade ${upgrade} --first ${failure.number} --cases 1\n` +
      `with all before it: node tools/e2e/dist/fuzz.js --seed ${seed} --upgrade ${upgrade} --cases ${failure.number + 1}\n`,
  );
  return 1;
}

function parse(): Parsed | undefined {
  try {
    return optionsOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

const options = parse();
process.exitCode = options === undefined ? 2 : await main(options);
