import { parseFlags } from './flags.js';
import { valuesFrom } from './option.js';
import type { Option, OptionTable, OptionValues } from './option.js';
import { formatSeconds } from './log-line.js';
import { usageText } from './usage.js';

/** The table of a program without a config file. */
export type FlagTable = OptionTable & { readonly version: Option<boolean> };

export interface ResolveFlagsInput<Table extends FlagTable> {
  /** The program's name, as in `nsq_tail`. */
  readonly program: string;
  /** Its version without a `v`. */
  readonly version: string;
  readonly table: Table;
  /** The arguments after the program's path. */
  readonly argv: readonly string[];
}

/** Either the options to run with, or what to print before exiting. */
export type FlagResolution<Table extends OptionTable> =
  | { readonly kind: 'run'; readonly options: OptionValues<Table>; readonly rest: readonly string[] }
  | { readonly kind: 'exit'; readonly code: 0 | 1 | 2; readonly stdout: string; readonly stderr: string };

/** Settles the options of a program that has flags only. Prints nothing and never exits or throws. */
export function resolveFlags<Table extends FlagTable>({ program, version, table, argv }: ResolveFlagsInput<Table>): FlagResolution<Table> {
  const flags = parseFlags(table, argv);
  if (flags.kind === 'help') return { kind: 'exit', code: 0, stdout: '', stderr: usageText(program, table) };
  if (flags.kind === 'error') return { kind: 'exit', code: 2, stdout: '', stderr: `${flags.message}\n${usageText(program, table)}` };
  if (flags.kind === 'fatal') return { kind: 'exit', code: 1, stdout: '', stderr: `${formatSeconds(Date.now())} ${flags.message}\n` };
  const options = valuesFrom(table, (name, option) => (flags.values.has(name) ? flags.values.get(name) : option.defaultValue()));
  if (options.version) return { kind: 'exit', code: 0, stdout: `${program} v${version}\n`, stderr: '' };
  return { kind: 'run', options, rest: flags.rest };
}
