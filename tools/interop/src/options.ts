import { parseArgs } from 'node:util';

/** What to run, and how. */
export interface InteropOptions {
  /** Names of libraries; empty for all. */
  readonly libraries: readonly string[];
  /** Names of scenarios; empty for all. */
  readonly scenarios: readonly string[];
  /** Scenarios at the same time. */
  readonly jobs: number;
  readonly writeTable: boolean;
  /** A missing toolchain is a failure, and so is a page that says something else. */
  readonly all: boolean;
}

/** A mistake on the command line; its message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DEFAULT_JOBS = 3;
const MAX_JOBS = 32;

export function usage(libraries: readonly string[], scenarios: readonly string[]): string {
  return `Usage: npm run interop -- [options]

Runs client libraries of others against the built nsqd and nsqlookupd. What the machine has no toolchain for is skipped.

  --library NAME,...   only these: ${libraries.join(', ')}
  --scenario NAME,...  only these: ${scenarios.join(', ')}
  --jobs N             scenarios at the same time (default ${DEFAULT_JOBS}; most of them wait most of the time)
  --all                fail when a toolchain is missing, instead of skipping what needs it, and when docs/compatibility.md says otherwise
  --write-table        write docs/compatibility.md from this run; it must be of everything
  --help               this text
`;
}

/** @returns null for --help @throws {UsageError} */
export function parseOptions(args: readonly string[], libraries: readonly string[], scenarios: readonly string[]): InteropOptions | null {
  const { values } = parsed(args);
  if (values.help === true) return null;
  const options = {
    libraries: chosen('--library', values.library ?? [], libraries),
    scenarios: chosen('--scenario', values.scenario ?? [], scenarios),
    jobs: jobsOf(values.jobs),
    writeTable: values['write-table'] ?? false,
    all: values.all ?? false,
  };
  if (options.writeTable && options.libraries.length + options.scenarios.length > 0) {
    throw new UsageError('--write-table is for a run of everything, without --library and --scenario');
  }
  return options;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        library: { type: 'string', multiple: true },
        scenario: { type: 'string', multiple: true },
        jobs: { type: 'string' },
        all: { type: 'boolean' },
        'write-table': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function chosen(flag: string, values: readonly string[], known: readonly string[]): string[] {
  const names = values.flatMap((value) => value.split(',')).filter((name) => name !== '');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`${flag}: no ${unknown}; there is ${known.join(', ')}`);
  return names;
}

function jobsOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_JOBS;
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MAX_JOBS) throw new UsageError(`--jobs must be from 1 to ${MAX_JOBS}, not ${text}`);
  return jobs;
}
