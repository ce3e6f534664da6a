import { within } from '@nsq/e2e';
import { parseOptions, usage, UsageError, type BenchOptions } from './options.js';
import { medianOf, table, type Outcome } from './report.js';
import { Run, type Measurement } from './run.js';
import { groups, scenarios, warmUp, type Scenario } from './scenarios.js';
import { openTarget, type Target } from './target.js';

const INTERRUPTED = 130;

/** Stands in for a daemon where none is measured. */
const NOBODY: Target = { host: '', tcpPort: 0, httpPort: 0, pid: 0, end: () => Promise.resolve() };
const FSYNC = /^--?durability=fsync$/;

async function runOnce(name: string, scenario: Scenario, options: BenchOptions): Promise<Measurement> {
  const target = scenario.cold === true ? NOBODY : await openTarget(options, scenario.tls === true);
  const run = new Run(target, options);
  let failed = true;
  try {
    const work = async () => {
      if (scenario.cold !== true) await warmUp(run, options.warmUp);
      const measurement = await scenario.run(run);
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

/** In rounds of all scenarios, so that what disturbs the machine for a while disturbs all of them. */
async function runAll(options: BenchOptions): Promise<Outcome[]> {
  // Figures of stored publishes are those of the disk to a large part.
  const disk = options.flags.some((flag) => FSYNC.test(flag)) ? (groups.get('fdatasync') ?? []) : [];
  const names = [...new Set([...disk, ...options.scenarios])];
  const all = names.flatMap((name) => {
    const scenario = scenarios.get(name);
    return scenario === undefined ? [] : [{ name, scenario, runs: [] as Measurement[], errors: [] as string[] }];
  });
  for (let count = 1; count <= options.repeat; count++) {
    for (const { name, scenario, runs, errors } of all) {
      process.stderr.write(`${name} ${count}/${options.repeat}\n`);
      try {
        runs.push(await runOnce(name, scenario, options));
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  return all.map(({ name, scenario: { base }, runs, errors }) => ({
    scenario: name,
    ...(base === undefined ? {} : { base }),
    runs,
    median: medianOf(runs),
    errors,
  }));
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), { scenarios, groups });
  if (options === null) {
    process.stdout.write(usage({ scenarios, groups }));
    return 0;
  }
  const outcomes = await runAll(options);
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
