import type { ProgramTable } from './builders.js';
import { checkSpecialKeys, loadConfigFile, resolveFromConfig, unknownKeyWarnings } from './config-file.js';
import type { ReadFile } from './config-file.js';
import { parseFlags } from './flags.js';
import { quote } from './go-text.js';
import { formatLogLine, formatSeconds } from './log-line.js';
import { valuesFrom } from './option.js';
import type { OptionTable, OptionValues } from './option.js';
import type { TomlTable } from './toml.js';
import { usageText } from './usage.js';
import { reasonOf } from './value-error.js';

export interface ResolveInput<Table extends ProgramTable> {
  /** The program's name, as in `nsqd`. */
  readonly program: string;
  /** Its version without a `v`. */
  readonly version: string;
  /** What it runs on, for the version line. Default: `node` and Node's version. */
  readonly runtime?: string;
  readonly table: Table;
  /** The arguments after the program's path. */
  readonly argv: readonly string[];
  /** Called at most once, with the value of `--config` when it is not empty. */
  readonly readFile: ReadFile;
  /** Milliseconds since 1970, with a fraction for microseconds; stamps error lines. Default: `Date.now`. */
  readonly now?: () => number;
}

/**
 * Either the options to run with, or what to print before exiting. `warnings` are messages without time and level: options that have
 * no effect, unknown keys, arguments that were ignored.
 */
export type Resolution<Table extends OptionTable> =
  | { readonly kind: 'run'; readonly options: OptionValues<Table>; readonly warnings: readonly string[] }
  | { readonly kind: 'exit'; readonly code: 0 | 1 | 2; readonly stdout: string; readonly stderr: string };

type Exit = Extract<Resolution<OptionTable>, { kind: 'exit' }>;

/** `<program> v<version> (built w/<runtime>)`: the output of `--version` and the first line of the log. */
export function versionLine(program: string, version: string, runtime = `node${process.versions.node}`): string {
  return `${program} v${version} (built w/${runtime})`;
}

const failure = (code: 1 | 2, stderr: string): Exit => ({ kind: 'exit', code, stdout: '', stderr });

function effectWarnings(table: OptionTable, values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(table).flatMap(([name, option]) => {
    const { type, flag, key, later, deprecated } = option;
    if (type.show(values[name]) === type.show(option.defaultValue())) return [];
    const shown = flag === null ? (key ?? name) : `--${flag}`;
    if (deprecated !== null) return [`${shown} is deprecated: ${deprecated}`];
    return later === null ? [] : [`${shown} has no effect until ${later} is in`];
  });
}

function restWarnings(rest: readonly string[]): string[] {
  const [first] = rest;
  return first === undefined ? [] : [`arguments from ${quote(first)} on are ignored`];
}

/**
 * Settles every option: a flag that was given wins over the config file, which wins over the default. Does not print or exit, and
 * never throws, whatever the arguments and the file hold.
 */
export function resolveOptions<Table extends ProgramTable>(input: ResolveInput<Table>): Resolution<Table> {
  const { program, table, now = Date.now } = input;
  const flags = parseFlags(table, input.argv);
  if (flags.kind === 'help') return { kind: 'exit', code: 0, stdout: '', stderr: usageText(program, table) };
  if (flags.kind === 'error') return failure(2, `${flags.message}\n${usageText(program, table)}`);
  if (flags.kind === 'fatal') return failure(1, `${formatSeconds(now())} ${flags.message}\n`);
  if (flags.values.get('version') === true) {
    return { kind: 'exit', code: 0, stdout: `${versionLine(program, input.version, input.runtime)}\n`, stderr: '' };
  }

  const path = flags.values.get('config') ?? table.config.defaultValue();
  let config: TomlTable = {};
  try {
    if (typeof path === 'string' && path !== '') config = loadConfigFile(path, input.readFile);
    checkSpecialKeys(table, config);
  } catch (error) {
    return failure(1, formatLogLine(`[${program}] `, now(), 'fatal', reasonOf(error)));
  }
  try {
    const pick: Parameters<typeof valuesFrom>[1] = (name, option) =>
      flags.values.has(name) ? flags.values.get(name) : resolveFromConfig(option, config);
    const options = valuesFrom(table, pick);
    const warnings = [...effectWarnings(table, options), ...unknownKeyWarnings(table, config), ...restWarnings(flags.rest)];
    return { kind: 'run', options, warnings };
  } catch (error) {
    return failure(1, `${formatSeconds(now())} ERROR: ${reasonOf(error)}\n`);
  }
}
