import { createReadStream } from 'node:fs';
import { Argument, Command } from 'commander';
import { Producer } from '@nsq/client';
import { addAddressOptions, resolveTargets, type AddressOptions } from '../addresses.js';
import { CliError, ExitCode } from '../cli-error.js';
import { clientAddresses } from '../client-addresses.js';
import { explain } from '../failure.js';
import { interruptible } from '../interrupt.js';
import { topicName } from '../names.js';
import { durationOption, integer } from '../numbers.js';
import { counted, grouped, ProgressLine, Rate } from '../output/progress-line.js';
import { note, print, printJson } from '../output/stdout.js';
import { Pace } from './pace.js';
import { Publishing } from './publishing.js';
import { parseDelimiter, RecordSplitter } from './record-splitter.js';

interface PubOptions extends AddressOptions {
  readonly file?: string;
  readonly delimiter: string;
  readonly rate?: number;
  readonly defer: number;
  readonly batch: number;
  readonly timeout: number;
  readonly maxMsgSize: number;
  readonly json?: boolean;
}

const MAX_MSG_SIZE = 1024 * 1024;
/** A batch takes no further message beyond it. Bytes. */
const BATCH_BYTES = 1024 * 1024;
const HOUR_MS = 3_600_000;
const CONNECT_MS = 5_000;

/** `nsq pub` */
export function pubCommand(): Command {
  return addAddressOptions(new Command('pub'), 'nsqd')
    .description('Publish a message, or each line of standard input.')
    .addArgument(new Argument('<topic>', 'name').argParser(topicName))
    .argument('[message]', 'the message; without it, each line of standard input or of --file is one')
    .option('--file <path>', 'read the messages from a file')
    .option('--delimiter <text>', 'what stands between messages; \\n, \\t and \\0 are known', '\\n')
    .option('--rate <n>', 'publish at most so many messages a second', integer(1, 10_000_000))
    .addOption(durationOption('--defer <duration>', 'have the channels hold each message back', [0, HOUR_MS], 0))
    .option('--batch <n>', 'send up to so many lines together', integer(1, 10_000), 200)
    .addOption(durationOption('--timeout <duration>', 'how long to wait for an answer while nsqd is away', [100, 24 * HOUR_MS], 30_000))
    .option('--max-msg-size <bytes>', 'refuse messages that are larger', integer(1, 2 ** 31 - 1), MAX_MSG_SIZE)
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
Empty lines are left out. Each message is published until nsqd has accepted it: when nsqd is restarted meanwhile no line is lost, but some may come twice.
With several --nsqd, or with --lookupd, the nsqds are used in turn.
`,
    )
    .action((topic: string, message: string | undefined, options: PubOptions) =>
      interruptible((signal) => pub(topic, message, options, signal)),
    );
}

async function pub(topic: string, message: string | undefined, options: PubOptions, signal: AbortSignal): Promise<void> {
  checkCombination(message, options);
  const { timeout, maxMsgSize } = options;
  const addresses = await clientAddresses(await resolveTargets(options, 'nsqd'), true);
  const producer = new Producer({
    ...addresses,
    publishTimeout: timeout,
    maxMessageBytes: maxMsgSize,
    maxBatchBytes: Math.max(maxMsgSize, BATCH_BYTES) * 2,
    userAgent: 'nsq-pub',
  });
  try {
    await connect(producer, signal);
    if (signal.aborted) return;
    producer.on('disconnected', (address, error) => {
      if (error !== null) note(`connection to ${address} lost, trying again`);
    });
    const publishing = new Publishing(producer, topic, options);
    const input = message === undefined ? await publishInput(publishing, options, signal) : await publishOne(publishing, message);
    await conclude(topic, publishing, input, options);
  } finally {
    await producer.close();
  }
}

function checkCombination(message: string | undefined, { file, rate, defer }: PubOptions): void {
  if (message !== undefined && file !== undefined) throw new CliError('a message and --file exclude each other', ExitCode.Usage);
  if (message === '') throw new CliError('the message is empty; NSQ has no empty messages', ExitCode.Usage);
  if (message !== undefined && rate !== undefined)
    throw new CliError('--rate is for messages from standard input or --file', ExitCode.Usage);
  if (!Number.isInteger(defer)) throw new CliError('--defer is in whole milliseconds', ExitCode.Usage);
}

/** The first connection; a daemon that is not there is told at once. */
async function connect(producer: Producer, interrupted: AbortSignal): Promise<void> {
  let failure: unknown = null;
  producer.on('connectFailed', (_, error) => (failure = error));
  try {
    await producer.connect({ signal: AbortSignal.any([interrupted, AbortSignal.timeout(CONNECT_MS)]) });
  } catch (error) {
    if (interrupted.aborted) return;
    throw failure ?? error;
  }
}

/** What became of the input itself. */
interface Input {
  /** Messages that were too large to be sent. */
  readonly oversized: number;
  /** Whether all of it was read. */
  readonly whole: boolean;
}

async function publishOne(publishing: Publishing, message: string): Promise<Input> {
  await publishing.add([Buffer.from(message)]);
  await publishing.finished();
  return { oversized: 0, whole: true };
}

async function publishInput(publishing: Publishing, options: PubOptions, interrupted: AbortSignal): Promise<Input> {
  const { file, maxMsgSize, rate } = options;
  if (file === undefined && process.stdin.isTTY) note('type the messages, one on each line; Ctrl-D ends');
  const stop = AbortSignal.any([interrupted, publishing.broken]);
  const source = file === undefined ? process.stdin : createReadStream(file);
  const splitter = new RecordSplitter(parseDelimiter(options.delimiter), maxMsgSize);
  const pace = rate === undefined ? null : new Pace(rate);
  const size = options.defer > 0 ? 1 : Math.min(options.batch, pace?.batch ?? options.batch);
  const progress = new ProgressLine();
  const speed = new Rate();
  const abort = (): void => void source.destroy();
  stop.addEventListener('abort', abort, { once: true });
  const publishAll = async (records: readonly Buffer[]): Promise<void> => {
    for (const batch of batchesOf(records, size)) {
      await pace?.wait(batch.length, stop);
      if (stop.aborted) return;
      await publishing.add(batch);
      progress.update(() => `${grouped(publishing.published)} published, ${grouped(speed.of(publishing.published))}/s`);
    }
  };
  try {
    for await (const chunk of source) await publishAll(splitter.push(chunk as Buffer));
    if (!stop.aborted) await publishAll(splitter.end());
  } catch (error) {
    if (!stop.aborted) throw inputError(error, file);
  } finally {
    stop.removeEventListener('abort', abort);
    await publishing.finished();
    progress.clear();
  }
  return { oversized: splitter.oversized, whole: !stop.aborted };
}

function* batchesOf(records: readonly Buffer[], size: number): Generator<Buffer[]> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const record of records) {
    if (batch.length >= size || (batch.length > 0 && bytes + record.length > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += record.length;
  }
  if (batch.length > 0) yield batch;
}

function inputError(error: unknown, file: string | undefined): unknown {
  if (!(error instanceof Error)) return error;
  return new CliError(`cannot read ${file ?? 'standard input'}: ${error.message}`);
}

async function conclude(
  topic: string,
  publishing: Publishing,
  { oversized, whole }: Input,
  { json, maxMsgSize }: PubOptions,
): Promise<void> {
  const { published, unanswered, reason } = publishing;
  const refused = publishing.refused + oversized;
  if (json === true) await printJson({ topic, published, refused, unanswered, complete: whole });
  else await print(`${counted(published, 'message')} published to ${topic}\n`);
  const lost = refused + unanswered;
  if (lost > 0) {
    const why = reason === null ? `larger than --max-msg-size ${maxMsgSize}` : explain(reason);
    throw new CliError(`${counted(lost, 'message')} not accepted${whole ? '' : ', the rest of the input was not read'}: ${why}`);
  }
  if (!whole) throw new CliError('interrupted; the rest of the input was not read');
}
