import { Argument, Command } from 'commander';
import { addAddressOptions, type AddressOptions } from '../addresses.js';
import { incomplete, problemLine } from '../admin/subject-commands.js';
import { CliError } from '../cli-error.js';
import { Cluster } from '../cluster/cluster.js';
import { interruptible, isAborted, pause } from '../interrupt.js';
import { channelName, topicName } from '../names.js';
import { duration, integer } from '../numbers.js';
import { LiveView } from '../output/live-view.js';
import { print, printJson } from '../output/stdout.js';
import { tableLines } from '../output/table.js';
import { Reporter, STAT_COLUMNS, type Report } from './report.js';

interface StatOptions extends AddressOptions {
  readonly interval?: number;
  readonly count?: number;
  readonly json?: boolean;
}

const DEFAULT_INTERVAL_MS = 2_000;
const DAY_MS = 86_400_000;

/** `nsq stat` */
export function statCommand(): Command {
  return addAddressOptions(new Command('stat'), 'lookupd')
    .description('Show what is queued where, and how fast it moves.')
    .addArgument(new Argument('[topic]', 'only this topic').argParser(topicName))
    .addArgument(new Argument('[channel]', 'only this channel').argParser(channelName))
    .option('--interval <duration>', 'time between two reports (default: 2s)', duration(100, DAY_MS))
    .option('--count <n>', 'reports to print (default: without end; 1 in a pipe without --interval)', integer(1, 1_000_000_000))
    .option('--json', 'print each report as one line of JSON')
    .addHelpText(
      'after',
      `
Figures are added up over all nsqds. On a terminal the table is redrawn until Ctrl-C; elsewhere each report is lines in columns.
IN/S and OUT/S are what came and what was finished since the report before, messages a second.
`,
    )
    .action((topic: string | undefined, channel: string | undefined, options: StatOptions) =>
      interruptible((signal) => stat(topic, channel, options, signal)),
    );
}

async function stat(topic: string | undefined, channel: string | undefined, options: StatOptions, signal: AbortSignal): Promise<void> {
  const live = process.stdout.isTTY && options.json !== true;
  const { interval = DEFAULT_INTERVAL_MS, json = false } = options;
  const count = options.count ?? (live || options.interval !== undefined ? Infinity : 1);
  const reporter = new Reporter(await Cluster.of(options), topic, channel);
  const view = new LiveView(process.stdout);
  let report: Report | null = null;
  for (let printed = 0; printed < count && !signal.aborted; printed++) {
    if (printed > 0) await pause(interval, signal);
    report = await next(reporter, signal);
    if (report === null) return;
    const first = printed === 0;
    if (first && report.rows.length === 0 && report.problems.length === 0 && topic !== undefined)
      throw new CliError(nothingOf(topic, channel));
    if (live) view.draw(screenOf(report));
    else if (json) await printJson({ ...report, time: report.time.toISOString() });
    else await print(`${linesOf(report, first ? 'all' : 'rows').join('\n')}\n`);
  }
  if (report !== null && report.problems.length > 0) throw incomplete(report.problems);
}

/** Null when it was interrupted. */
async function next(reporter: Reporter, signal: AbortSignal): Promise<Report | null> {
  if (isAborted(signal)) return null;
  try {
    return await reporter.next(signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

const nothingOf = (topic: string, channel: string | undefined): string =>
  channel === undefined
    ? `no nsqd has topic ${topic}; nsq topics lists all`
    : `no nsqd has channel ${channel} of topic ${topic}; nsq channels lists all`;

function linesOf({ rows, nsqds }: Report, which: 'all' | 'rows'): string[] {
  if (rows.length === 0) return [nsqds === 0 ? 'no nsqd' : 'no topics'];
  const lines = tableLines(STAT_COLUMNS, rows);
  return which === 'all' ? lines : lines.slice(1);
}

function screenOf(report: Report): string[] {
  const { time, nsqds, problems } = report;
  const head = `${time.toLocaleTimeString('en-GB')}   ${nsqds} nsqd${nsqds === 1 ? '' : 's'}   Ctrl-C ends`;
  return [head, ...problems.map((problem) => `! ${problemLine(problem)}`), '', ...linesOf(report, 'all')];
}
