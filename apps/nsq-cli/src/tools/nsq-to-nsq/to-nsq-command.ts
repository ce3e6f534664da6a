import { Option, type Command } from 'commander';
import { CliError, ExitCode } from '../../cli-error.js';
import { topicName } from '../../names.js';
import { collect, collectChecked, forward, forwardCommand, type ForwardOptions } from '../forward-command.js';
import { createHostPool, POOL_MODES } from '../host-pool/create-host-pool.js';
import { HealthyHosts } from '../host-pool/healthy-hosts.js';
import { readNsqdAddress } from '../source.js';
import { forwardToNsq } from './forward-to-nsq.js';
import { createJsonFilter } from './json/json-filter.js';

interface ToNsqOptions extends ForwardOptions {
  readonly destination: readonly string[];
  readonly destinationTopic?: string;
  readonly mode: string;
  readonly requireField?: string;
  readonly requireValue?: string;
  readonly keepField?: readonly string[];
}

const PUBLISH_MS = 30_000;
const MAX_BODY_BYTES = 2 ** 31 - 1;

/** `nsq to-nsq` */
export function toNsqCommand(): Command {
  return forwardCommand('to-nsq', 'nsq_to_nsq')
    .description('Publish the messages of topics again, at other nsqds.')
    .requiredOption(
      '--destination <address>',
      'an nsqd to publish to, host:port (repeatable: each message goes to one of them)',
      collectChecked((text) => readNsqdAddress(text, 'destination')),
    )
    .option('--destination-topic <topic>', 'topic to publish to (default: the one it came from)', topicName)
    .addOption(new Option('--mode <mode>', 'which of several nsqds gets a message').choices(POOL_MODES).default(POOL_MODES[0]))
    .option('--require-field <name>', 'JSON: only messages that have this field')
    .option('--require-value <value>', 'JSON: only those in which it has this value, a string or a number')
    .option('--keep-field <name>', 'JSON: leave all other fields out (repeatable)', collect)
    .addHelpText(
      'after',
      `
A message is finished when the nsqd has accepted it; otherwise it is published again later, as often as it takes. With a JSON option, what is no JSON
object is dropped, and told.
`,
    )
    .action((topics: readonly string[], options: ToNsqOptions) => {
      const { destination, destinationTopic = '', requireField = '', requireValue = '', keepField = [] } = options;
      if (requireValue !== '' && requireField === '') throw new CliError('--require-value needs --require-field', ExitCode.Usage);
      return forward(topics, options, 'published', (input, io) => {
        const circle = input.topics.some((topic) => destinationTopic === '' || destinationTopic === topic);
        if (circle && input.source.nsqds.some((address) => destination.includes(address))) {
          throw new CliError('this would publish a topic to itself, without end; give another --destination or --destination-topic');
        }
        return forwardToNsq(
          {
            ...input,
            destinations: destination,
            pool: createHostPool(options.mode, destination.length) ?? new HealthyHosts(destination.length),
            producer: {
              userAgent: 'nsq',
              publishTimeout: PUBLISH_MS,
              maxMessageBytes: MAX_BODY_BYTES,
              reconnect: { initialDelay: 50, maxDelay: 1_000 },
            },
            destinationTopic,
            filter: createJsonFilter({ requireField, requireValue, keepFields: keepField }),
            statusEvery: 0,
          },
          io,
        );
      });
    });
}
