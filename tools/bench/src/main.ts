import { within } from '@nsq/e2e';
import { parseOptions, UsageError, type BenchOptions } from './options.js';
import { medianOf, table, type Outcome } from './report.js';
import { Run, scenarios, warmUp, type Measurement } from './scenario.js';
import { openTarget } from './target.js';

const INTERRUPTED = 130;

async function runOnce(name: string, options: BenchOptions): Promise<Measurement> {
  const scenario = scenarios.get(name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const target = await openTarget(options);
  const run = new Run(target, options);
  let failed = true;
  try {
    const work = async () => {
      await warmUp(run, options.warmUp);
      const measurement = await scenario(run);
      await run.deleteTopics();
      return measurement;
    };
    const measurement = await within(options.timeLimitMs, name, work());
    failed = false;
    return measurement;
  } finally {
    run.kill();
    if (failed && options.attach !== null) await run.deleteTopics().catch(() => undefined);
    await target.end(failed);
  }
}

async function runAll(name: string, options: BenchOptions): Promise<Outcome> {
  const runs: Measurement[] = [];
  const errors: string[] = [];
  for (let count = 1; count <= options.repeat; count++) {
    process.stderr.write(`${name} ${count}/${options.repeat}\n`);
    try {
      runs.push(await runOnce(name, options));
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { scenario: name, runs, median: medianOf(runs), errors };
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), [...scenarios.keys()]);
  const outcomes: Outcome[] = [];
  for (const name of options.scenarios) outcomes.push(await runAll(name, options));
  process.stdout.write(options.json ? `${JSON.stringify(outcomes, null, 2)}\n` : `${table(outcomes)}\n`);
  return outcomes.some(({ errors }) => errors.length > 0) ? 1 : 0;
}

// Daemons, load processes and folders are taken away when this process exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(INTERRUPTED));

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof UsageError ? error.message : String(error)}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
