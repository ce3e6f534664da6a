import { setTimeout as sleep } from 'node:timers/promises';
import { Producer, isValidName } from '@nsq/client';
import { intOption, stringListOption, stringOption, type OptionValues } from '@nsq/options';
import { clientOptFlag } from '../client-opts/client-opt-flag.js';
import { producerOptions } from '../client-opts/client-options.js';
import { versionFlag } from '../common-flags.js';
import { libraryLog, logProducer } from '../consumer-log.js';
import { publishNow } from '../publish-now.js';
import { readNsqdAddress } from '../source.js';
import { Throttle } from '../throttle.js';
import { ToolError, reasonOf, type Tool, type ToolIo } from '../tool.js';
import { RecordSplitter } from './record-splitter.js';

const CLOSE_MS = 2_000;

const table = {
  ...versionFlag(),
  topic: stringOption({ flag: 'topic', default: '', help: 'NSQ topic to publish to' }),
  delimiter: stringOption({ flag: 'delimiter', default: '\n', help: 'character to split input from stdin' }),
  destinations: stringListOption({
    flag: 'nsqd-tcp-address',
    default: [],
    help: 'destination nsqd TCP address (may be given multiple times): each gets every message',
  }),
  rate: intOption({ flag: 'rate', default: 0, help: 'Throttle messages to n/second. 0 to disable' }),
  settings: clientOptFlag('producer-opt'),
};

/** `to_nsq`: publishes what comes on standard input, a record each. */
export const toNsq: Tool<typeof table> = { name: 'to_nsq', table, run };

interface Destination {
  readonly address: string;
  readonly producer: Producer;
}

async function run(options: OptionValues<typeof table>, io: ToolIo): Promise<void> {
  const { topic, rate } = options;
  if (topic === '') throw new ToolError('--topic required');
  const delimiter = Buffer.from(options.delimiter);
  const [byte] = delimiter;
  if (byte === undefined || delimiter.length !== 1) throw new ToolError('--delimiter must be a single byte');
  const destinations = connectLater(options, io);
  if (destinations.length === 0) throw new ToolError('--nsqd-tcp-address required');
  if (!isValidName(topic)) throw new ToolError(`invalid topic name ${JSON.stringify(topic)}: 1 to 64 of a-z A-Z 0-9 . _ -`);
  if (rate >= 1) io.log(`Throttling messages rate to max:${rate}/second`);
  try {
    await publishAll(process.stdin, new RecordSplitter(byte), {
      throttle: rate >= 1 ? new Throttle(rate, performance.now()) : null,
      publish: (record) => toEach(destinations, topic, record),
      signal: io.signal,
    });
  } finally {
    await Promise.all(destinations.map(({ producer }) => producer.close({ timeout: CLOSE_MS })));
  }
}

function connectLater({ destinations, settings }: OptionValues<typeof table>, io: ToolIo): Destination[] {
  try {
    return destinations.map((text, index) => {
      const address = readNsqdAddress(text);
      const producer = new Producer({ ...producerOptions(settings, io.name), nsqds: address });
      logProducer(producer, libraryLog(io.log, index + 1));
      return { address, producer };
    });
  } catch (error) {
    throw new ToolError(`failed to create nsq.Producer - ${reasonOf(error)}`);
  }
}

interface Publishing {
  readonly throttle: Throttle | null;
  readonly publish: (record: Buffer) => Promise<void>;
  readonly signal: AbortSignal;
}

async function publishAll(input: NodeJS.ReadStream, splitter: RecordSplitter, { throttle, publish, signal }: Publishing): Promise<void> {
  let done = 0;
  const stop = (): void => void input.destroy();
  signal.addEventListener('abort', stop);
  const take = async (record: Buffer): Promise<void> => {
    const delay = throttle?.delay(performance.now()) ?? 0;
    if (delay > 0) await sleep(delay, undefined, { signal });
    throttle?.spend(performance.now());
    if (record.length === 0) return;
    await publish(record);
    done++;
  };
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      for (const record of splitter.push(chunk)) {
        if (signal.aborted) return;
        await take(record);
      }
    }
    const last = splitter.end();
    if (last !== null) await take(last);
  } catch (error) {
    if (signal.aborted) return;
    throw new ToolError(`${reasonOf(error)}; published before it: ${done}`);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

async function toEach(destinations: readonly Destination[], topic: string, record: Buffer): Promise<void> {
  for (const { address, producer } of destinations) {
    try {
      await publishNow(producer, topic, record);
    } catch (error) {
      throw new ToolError(`failed to publish to ${address} - ${reasonOf(error)}`);
    }
  }
}
