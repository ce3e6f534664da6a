import { Consumer } from '@nsq/client';
import { boolOption, intOption, stringListOption, stringOption, type OptionValues } from '@nsq/options';
import { clientOptFlag } from '../client-opts/client-opt-flag.js';
import { consumerOptions } from '../client-opts/client-options.js';
import { checkMaxInFlight, maxInFlightFlag, versionFlag } from '../common-flags.js';
import { libraryLog, logConsumer } from '../consumer-log.js';
import { OutputStream } from '../output-stream.js';
import { checkNames, checkOneKind, readSource, sourceFlags } from '../source.js';
import { startConsumer } from '../start-consumer.js';
import { aborted } from '../../interrupt.js';
import { ToolError, type Tool, type ToolIo } from '../tool.js';
import { TopicTail } from './topic-tail.js';

const table = {
  ...versionFlag(),
  ...sourceFlags(),
  ...maxInFlightFlag(),
  topics: stringListOption({ flag: 'topic', default: [], help: 'NSQ topic (may be given multiple times)' }),
  channel: stringOption({ flag: 'channel', default: '', help: 'NSQ channel; by default one that goes away with this program' }),
  count: intOption({ flag: 'n', default: 0, help: 'total messages to show of a topic (will wait if starved); 0 for all' }),
  printTopic: boolOption({ flag: 'print-topic', default: false, help: 'print topic name where message was received' }),
  settings: clientOptFlag('consumer-opt'),
};

/** `nsq_tail`: prints the bodies of messages, a line each. */
export const nsqTail: Tool<typeof table> = { name: 'nsq_tail', table, run };

async function run(options: OptionValues<typeof table>, io: ToolIo): Promise<void> {
  const { topics, count, printTopic } = options;
  checkOneKind(options);
  if (topics.length === 0) throw new ToolError('--topic required');
  checkMaxInFlight(options.maxInFlight);
  const source = readSource(options);
  const channel = options.channel === '' ? temporaryChannel() : options.channel;
  const maxInFlight = count > 0 ? Math.min(count, options.maxInFlight) : options.maxInFlight;
  const settings = consumerOptions(options.settings, io.name);
  for (const topic of topics) checkNames(topic, channel);

  const output = new OutputStream(process.stdout);
  const consumers: Consumer[] = [];
  const over = new AbortController();
  const failures: Error[] = [];
  const failed = (error: Error): void => {
    failures.push(new ToolError(`ERROR: failed to write to os.Stdout - ${error.message}`));
    over.abort();
  };
  try {
    for (const [index, topic] of topics.entries()) {
      io.log(`Adding consumer for topic: ${topic}`);
      const consumer = new Consumer({ ...settings, ...source, topic, channel, maxInFlight, autoFinish: false });
      consumers.push(consumer);
      logConsumer(consumer, libraryLog(io.log, index + 1, `${topic}/${channel}`), source.nsqds);
      const tail = new TopicTail(output, {
        prefix: printTopic ? `${topic} | ` : '',
        limit: count,
        onLimit: () => over.abort(),
        onFailure: failed,
      });
      await startConsumer(consumer, (message) => tail.show(message), source.nsqds);
    }
    await Promise.race([aborted(io.signal), aborted(over.signal)]);
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.close()));
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure;
}

function temporaryChannel(): string {
  const number = Math.floor(Math.random() * 1_000_000);
  return `tail${String(number).padStart(6, '0')}#ephemeral`;
}
