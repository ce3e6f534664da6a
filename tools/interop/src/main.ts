import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from './build.js';
import { libraries as allLibraries, type Library } from './manifest.js';
import { parseOptions, usage, UsageError } from './options.js';
import { judge, type Outcome, type Verdict } from './outcome.js';
import { scenarios as allScenarios, scenariosFor, type Scenario } from './scenarios/index.js';
import { Stage } from './stage.js';
import { compatibilityPage, summary } from './table.js';
import { lackOf } from './toolchains.js';

/** What is known not to work is not waited for as long as what should. */
const FAULT_MS = 12_000;
const BUILDS = 2;
/** Each daemon and each program that runs has a listener for the end of this process. */
const MAX_LISTENERS = 200;
const PAGE = fileURLToPath(new URL('../../../docs/compatibility.md', import.meta.url));

async function main(args: readonly string[]): Promise<number> {
  const known = allLibraries();
  const names = { libraries: known.map(({ name }) => name), scenarios: allScenarios.map(({ name }) => name) };
  const options = parseOptions(args, names.libraries, names.scenarios);
  if (options === null) {
    console.log(usage(names.libraries, names.scenarios));
    return 0;
  }
  const wanted = options.libraries.length === 0 ? known : known.filter(({ name }) => options.libraries.includes(name));
  const scenarios = options.scenarios.length === 0 ? allScenarios : allScenarios.filter(({ name }) => options.scenarios.includes(name));

  const libraries: Library[] = [];
  const skipped: string[] = [];
  for (const library of wanted) {
    const lack = lackOf(library.toolchain);
    if (lack === null) libraries.push(library);
    else skipped.push(`${library.name} (${library.language}): ${lack}`);
  }
  const outcomes = await runAll(buildsOf(libraries), scenarios, options.jobs);

  console.log(`\n${summary(outcomes)}`);
  for (const line of skipped) console.log(`skipped: ${line}`);
  const count = (of: Verdict): number => outcomes.filter(({ verdict }) => verdict === of).length;
  const whole = skipped.length === 0;
  let failed = count('fail') + (options.all ? skipped.length : 0);
  if (options.writeTable && !whole) {
    console.error('docs/compatibility.md was not written: something was skipped.');
    return 1;
  }
  const everything = whole && options.libraries.length + options.scenarios.length === 0;
  if (options.writeTable) {
    await writeFile(PAGE, compatibilityPage(outcomes));
  } else if (options.all && everything && compatibilityPage(outcomes) !== (await readFile(PAGE, 'utf8'))) {
    console.error('docs/compatibility.md does not say what this run says; --write-table writes it.');
    failed++;
  }
  console.log(`${count('not in the library')} not in the library, ${count('library fault')} known faults of a library`);
  console.log(`${count('pass')} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** A library whose program is being built, or has been. */
interface Build {
  readonly library: Library;
  readonly finished: Promise<void>;
  done: boolean;
  /** Why its program could not be built; null when it was. */
  error: Error | null;
}

/** Two programs at the same time: while one is fetched, another is compiled. Libraries that share a program wait for it together. */
function buildsOf(libraries: readonly Library[]): Build[] {
  const folders = [...new Set(libraries.map(({ folder }) => folder))];
  const builds = libraries.map((library): Build & { finish: () => void } => {
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    return { library, finished, finish, done: false, error: null };
  });
  void inParallel(BUILDS, folders, async (folder) => {
    for (const one of builds.filter(({ library }) => library.folder === folder)) {
      const started = Date.now();
      // What is fetched may fail to come for a moment.
      one.error = await build(one.library)
        .catch(() => build(one.library))
        .then(
          () => null,
          (reason: unknown) => reason as Error,
        );
      console.log(`built    ${one.library.name.padEnd(18)} ${one.error === null ? '' : 'FAILED '}${seconds(started).toFixed(1)} s`);
      one.done = true;
      one.finish();
    }
  });
  return builds;
}

const seconds = (since: number): number => (Date.now() - since) / 1000;

/** Runs what there is to run, each as soon as its program is built. */
async function runAll(builds: readonly Build[], scenarios: readonly Scenario[], jobs: number): Promise<Outcome[]> {
  // Scenario by scenario, so that those that wait run beside those that work; the longest, at the end of the list, first.
  const waiting = [...scenarios].reverse().flatMap((scenario) => {
    const able = builds.filter(({ library }) => scenariosFor(library).includes(scenario));
    return able.map((build) => ({ build, scenario }));
  });
  const outcomes: Outcome[] = [];
  const worker = async (): Promise<void> => {
    while (waiting.length > 0) {
      const one = waiting.find(({ build }) => build.done);
      if (one === undefined) {
        await Promise.race(waiting.map(({ build }) => build.finished));
        continue;
      }
      waiting.splice(waiting.indexOf(one), 1);
      const attempt = () => runOne(one.build.library, one.scenario, one.build.error);
      let outcome = await attempt();
      if (outcome.verdict === 'fail' && one.build.library.unsteady?.[one.scenario.name] !== undefined) {
        console.log(`${line(outcome)}\nonce more, since the library is known for it`);
        outcome = await attempt();
      }
      outcomes.push(outcome);
      console.log(line(outcome));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return outcomes.sort(
    (one, other) =>
      scenarios.indexOf(one.scenario) - scenarios.indexOf(other.scenario) || one.library.name.localeCompare(other.library.name),
  );
}

async function inParallel<T>(jobs: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

async function runOne(library: Library, scenario: Scenario, buildError: Error | null): Promise<Outcome> {
  const missing = library.missing[scenario.name];
  if (missing !== undefined) return { library, scenario, verdict: 'not in the library', seconds: 0, reason: missing };
  const started = Date.now();
  const stage = new Stage(library, library.faults[scenario.name] === undefined ? undefined : FAULT_MS);
  const error = await (buildError === null ? scenario.run(stage) : Promise.reject(buildError)).then(
    () => null,
    (reason: unknown) => reason as Error,
  );
  const log = await stage.end();
  if (error !== null) error.message += `\n${log}`;
  return judge(library, scenario, seconds(started), error);
}

function line({ library, scenario, verdict, seconds: taken, reason }: Outcome): string {
  const head = `${verdict.padEnd(18)} ${library.name.padEnd(18)} ${scenario.name.padEnd(16)} ${taken.toFixed(1).padStart(5)} s`;
  return verdict === 'pass' ? head : `${head}  ${verdict === 'fail' ? reason.replaceAll('\n', '\n    ') : (reason.split('\n')[0] ?? '')}`;
}

process.setMaxListeners(MAX_LISTENERS);
main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof UsageError) console.error(`${error.message}; --help tells what there is`);
    else console.error(error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
