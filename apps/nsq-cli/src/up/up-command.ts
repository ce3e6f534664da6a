import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { integer } from '../numbers.js';
import { LogLines } from './log-lines.js';
import { MAX_DAEMONS, planStack, type StackOptions } from './plan.js';
import { Stack, type RunningDaemon } from './stack.js';

interface UpOptions extends StackOptions {
  readonly timeout: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** `nsq up`: the stack on this machine, until Ctrl-C. */
export function upCommand(): Command {
  return new Command('up')
    .description('Start the stack on this machine and stop it with Ctrl-C.')
    .option('--nsqd <n>', 'number of queue daemons; ports 4150 and 4151, 100 more for each further one', integer(0, MAX_DAEMONS), 1)
    .option('--lookupd <n>', 'number of discovery daemons; ports 4160 and 4161, 100 more for each further one', integer(0, MAX_DAEMONS), 1)
    .option('--data <dir>', 'folder for the data of each nsqd', 'nsq-data')
    .addOption(
      new Option(
        '--durability <mode>',
        'what an accepted message survives: a clean restart, a killed process, a power loss (default of nsqd: memory)',
      ).choices(['memory', 'disk', 'fsync']),
    )
    .option('--host <address>', 'where the daemons listen; 0.0.0.0 for everywhere', '127.0.0.1')
    .option('--broadcast-address <name>', 'what the daemons tell others of where they are (default: the host)')
    .option('--any-ports', 'use any free ports')
    .option('--nsqd-flag <flag>', 'further flag for each nsqd, --nsqd-flag=--msg-timeout=10s (repeatable)', collect)
    .option('--nsqlookupd-flag <flag>', 'further flag for each nsqlookupd (repeatable)', collect)
    .option('--timeout <seconds>', 'how long a daemon may take until it is ready', integer(1, 86_400), 60)
    .option('--quiet', "leave the daemons' logs out once all are ready")
    .option('--json', 'print what runs as one line of JSON')
    .addHelpText(
      'after',
      `
What runs is printed on standard output, the daemons' logs on standard error. A daemon that ends by itself ends all of them, with exit code 1.
`,
    )
    .action(up);
}

async function up(options: UpOptions): Promise<void> {
  if (options.nsqd + options.lookupd === 0) throw new CliError('nothing to start: --nsqd and --lookupd are both 0');
  const plan = planStack(options);
  const names = [...plan.lookupds, ...plan.nsqds].map(({ name }) => name);
  const log = new LogLines(process.stderr, names);
  let quiet = false;
  let clean = false;
  const stack = new Stack(plan, {
    timeoutMs: options.timeout * 1000,
    onLine: (name, line) => {
      if (!quiet) log.write(name, line);
    },
  });
  const interrupted = new AbortController();
  const onSignal = (): void => {
    if (interrupted.signal.aborted) process.stderr.write('nsq: still stopping, what is queued is being stored\n');
    else interrupted.abort();
  };
  const kill = (): void => stack.kill();
  process.on('exit', kill);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await run(stack, options, interrupted.signal, () => {
      quiet = options.quiet ?? false;
    });
  } finally {
    quiet = false;
    clean = await stack.stop();
    process.off('exit', kill);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  if (!clean) throw new CliError('not every daemon has stopped cleanly; what it said is above');
}

async function run(stack: Stack, { json = false }: UpOptions, signal: AbortSignal, onReady: () => void): Promise<void> {
  let running: readonly RunningDaemon[];
  try {
    running = await stack.start(signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  process.stdout.write(json ? `${JSON.stringify(running)}\n` : summary(running));
  onReady();
  const broken = await Promise.race([stack.broken(), aborted(signal)]);
  if (broken !== null) throw new CliError(broken);
}

function aborted(signal: AbortSignal): Promise<null> {
  if (signal.aborted) return Promise.resolve(null);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
}

function summary(running: readonly RunningDaemon[]): string {
  const width = Math.max(...running.map(({ name }) => name.length));
  const lines = running.map(({ name, tcp, http, dataPath }) => {
    const data = dataPath === null ? '' : `   data ${dataPath}`;
    return `  ${name.padEnd(width)}   clients ${tcp}   http://${http}${data}`;
  });
  return `\nThe stack is up:\n\n${lines.join('\n')}\n\nCtrl-C stops it; what is queued is kept.\n\n`;
}
