import type { Command } from 'commander';
import { addAddressOptions, type AddressOptions } from '../addresses.js';
import { CliError } from '../cli-error.js';
import { act, type Outcome, type Subject, type Verb } from '../cluster/actions.js';
import { Cluster, type Problem } from '../cluster/cluster.js';
import { note, print, printJson } from '../output/stdout.js';
import { formatRows, type Column } from '../output/table.js';

export interface AdminOptions extends AddressOptions {
  readonly json?: boolean;
}

const PAST: Readonly<Record<Verb, string>> = {
  create: 'created',
  delete: 'deleted',
  pause: 'paused',
  unpause: 'unpaused',
  empty: 'emptied',
};

/** The options that all commands of this kind have. */
export function addAdminOptions<T extends Command>(command: T): T {
  return addAddressOptions(command, 'lookupd').option('--json', 'print JSON');
}

/** Prints a list: a table on a terminal, lines with tabs elsewhere, or JSON. @throws {CliError} when part of it is missing */
export async function printList<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  problems: readonly Problem[],
  json = false,
): Promise<void> {
  if (json) await printJson(rows);
  else await print(formatRows(columns, rows, process.stdout.isTTY));
  if (problems.length > 0) throw incomplete(problems);
}

/** Does it to one after the other, and tells of each. @throws {CliError} when something was not done */
export async function actOnAll(verb: Verb, subjects: readonly Subject[], options: AdminOptions): Promise<void> {
  const cluster = await Cluster.of(options);
  await tellAll(subjects, PAST[verb], options, (subject) => act(cluster, verb, subject));
}

export async function tellAll<T extends Subject>(
  subjects: readonly T[],
  past: string,
  { json = false }: AdminOptions,
  run: (subject: T) => Promise<Outcome>,
): Promise<void> {
  const problems: Problem[] = [];
  for (const subject of subjects) {
    const outcome = await run(subject);
    problems.push(...outcome.problems);
    if (json) await printJson({ ...subject, ...outcome });
    else if (outcome.done.length > 0) await print(`${subjectName(subject)}: ${past} at ${[...new Set(outcome.done)].join(', ')}\n`);
    else if (outcome.problems.length === 0) await print(`${subjectName(subject)}: nothing to do\n`);
  }
  if (problems.length > 0) throw incomplete(problems);
}

const subjectName = ({ topic, channel }: Subject): string => (channel === null ? `topic ${topic}` : `channel ${channel} of topic ${topic}`);

/** One line for each, the last as the error of the command. */
export function incomplete(problems: readonly Problem[]): CliError {
  const lines = [...new Set(problems.map(problemLine))];
  const last = lines.pop() ?? '';
  for (const line of lines) note(line);
  return new CliError(last);
}

/** Names the daemon, where the message does not. */
export function problemLine({ at, message }: Problem): string {
  return at === '' || message.includes(at) ? message : `${at}: ${message}`;
}
