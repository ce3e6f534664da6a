import { isValidName } from '@nsq/client';
import { intOption, stringListOption, stringOption, type OptionValues } from '@nsq/options';
import { clientOptFlag } from '../client-opts/client-opt-flag.js';
import { consumerOptions, producerOptions } from '../client-opts/client-options.js';
import { checkMaxInFlight, maxInFlightFlag, versionFlag } from '../common-flags.js';
import { forwardIo } from '../forward-io.js';
import { createHostPool, POOL_MODES } from '../host-pool/create-host-pool.js';
import { checkOneKind, readNsqdAddress, readSource, sourceFlags } from '../source.js';
import { ToolError, type Tool, type ToolIo } from '../tool.js';
import { forwardToNsq } from './forward-to-nsq.js';
import { createJsonFilter } from './json/json-filter.js';

const table = {
  ...versionFlag(),
  ...sourceFlags(),
  ...maxInFlightFlag(),
  topics: stringListOption({ flag: 'topic', default: [], help: 'nsq topic (may be given multiple times)' }),
  channel: stringOption({ flag: 'channel', default: 'nsq_to_nsq', help: 'nsq channel' }),
  destinations: stringListOption({
    flag: 'destination-nsqd-tcp-address',
    default: [],
    help: 'destination nsqd TCP address (may be given multiple times)',
  }),
  destinationTopic: stringOption({ flag: 'destination-topic', default: '', help: 'use this destination topic for all consumed topics' }),
  mode: stringOption({ flag: 'mode', default: 'hostpool', help: `the upstream request mode: ${POOL_MODES.join(', ')}` }),
  statusEvery: intOption({ flag: 'status-every', default: 250, help: 'the # of requests between logging status, 0 disables' }),
  requireField: stringOption({
    flag: 'require-json-field',
    default: '',
    help: 'for JSON messages: only pass messages that contain this field',
  }),
  requireValue: stringOption({
    flag: 'require-json-value',
    default: '',
    help: 'for JSON messages: only pass messages in which the required field has this value',
  }),
  keepFields: stringListOption({
    flag: 'whitelist-json-field',
    default: [],
    help: 'for JSON messages: pass this field (may be given multiple times)',
  }),
  consumerSettings: clientOptFlag('consumer-opt'),
  producerSettings: clientOptFlag('producer-opt'),
};

/** `nsq_to_nsq`: publishes messages again, at other nsqds. */
export const nsqToNsq: Tool<typeof table> = { name: 'nsq_to_nsq', table, run };

async function run(options: OptionValues<typeof table>, io: ToolIo): Promise<void> {
  const { topics, channel, destinations, destinationTopic, mode, statusEvery, maxInFlight } = options;
  if (topics.length === 0 || channel === '') throw new ToolError('--topic and --channel are required');
  if (!topics.every((topic) => isValidName(topic))) throw new ToolError('--topic is invalid');
  if (destinationTopic !== '' && !isValidName(destinationTopic)) throw new ToolError('--destination-topic is invalid');
  if (!isValidName(channel)) throw new ToolError('--channel is invalid');
  checkOneKind(options);
  if (destinations.length === 0) throw new ToolError('--destination-nsqd-tcp-address required');
  checkMaxInFlight(maxInFlight);
  const pool = createHostPool(mode, destinations.length);
  if (pool === null) throw new ToolError(`--mode ${JSON.stringify(mode)} is not known: use ${POOL_MODES.join(', ')}`);
  await forwardToNsq(
    {
      topics,
      channel,
      source: readSource(options),
      consumer: consumerOptions(options.consumerSettings, io.name),
      maxInFlight,
      destinations: destinations.map((address) => readNsqdAddress(address, 'destination-nsqd-tcp-address')),
      pool,
      producer: producerOptions(options.producerSettings, io.name),
      destinationTopic,
      filter: createJsonFilter(options),
      statusEvery,
    },
    forwardIo(io),
  );
}
