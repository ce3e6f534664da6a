import { Command } from 'commander';
import { addAddressOptions, resolveTargets, type AddressOptions } from '../addresses.js';
import { clientAddresses } from '../client-addresses.js';
import { CliError } from '../cli-error.js';
import { interruptible } from '../interrupt.js';
import { integer } from '../numbers.js';
import { grouped, ProgressLine } from '../output/progress-line.js';
import { print, printJson } from '../output/stdout.js';
import { Bench, type Figures } from './bench.js';

interface BenchOptions extends AddressOptions {
  readonly messages: number;
  readonly size: number;
  readonly batch: number;
  readonly json?: boolean;
}

/** `nsq bench` */
export function benchCommand(): Command {
  return addAddressOptions(new Command('bench'), 'nsqd')
    .description('Measure quickly how fast an nsqd that runs takes and gives messages.')
    .option('--messages <n>', 'how many messages', integer(1, 100_000_000), 100_000)
    .option('--size <bytes>', 'size of each', integer(16, 1024 * 1024), 200)
    .option('--batch <n>', 'messages published together', integer(1, 1_000), 100)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A temporary topic is used that is gone afterwards. The figures are those of this client and the nsqd together, on what else runs here.
`,
    )
    .action((options: BenchOptions) => interruptible((signal) => bench(options, signal)));
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const addresses = await clientAddresses(await resolveTargets(options, 'nsqd'), true);
  const progress = new ProgressLine();
  const run = new Bench(addresses, options, (what, count) => progress.update(() => `${what}: ${grouped(count)}`));
  let figures: Figures | null;
  try {
    figures = await run.run(signal);
  } finally {
    await run.close();
    progress.clear();
  }
  if (figures === null) throw new CliError('interrupted; the temporary topic is gone');
  if (options.json === true) await printJson(figures);
  else await print(describe(figures));
}

function describe({ messages, size, batch, publish, through }: Figures): string {
  const speed = (perSecond: number): string =>
    `${grouped(Math.round(perSecond)).padStart(11)} msgs/s ${((perSecond * size) / 2 ** 20).toFixed(1).padStart(8)} MiB/s`;
  const { p50, p99 } = through.latency;
  return [
    `${grouped(messages)} messages of ${size} bytes, ${batch} in a batch`,
    `publish              ${speed(publish.perSecond)}`,
    `publish and consume  ${speed(through.perSecond)}`,
    `from publish to consumer: half within ${p50.toFixed(1)} ms, 99 % within ${p99.toFixed(1)} ms`,
    '',
  ].join('\n');
}
