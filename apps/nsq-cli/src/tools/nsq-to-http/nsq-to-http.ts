import { durationOption, floatOption, intOption, stringListOption, stringOption, type OptionValues } from '@nsq/options';
import { clientOptFlag } from '../client-opts/client-opt-flag.js';
import { consumerOptions } from '../client-opts/client-options.js';
import { checkMaxInFlight, maxInFlightFlag, versionFlag } from '../common-flags.js';
import { forwardIo } from '../forward-io.js';
import { createHostPool, POOL_MODES } from '../host-pool/create-host-pool.js';
import { checkNames, checkOneKind, readSource, sourceFlags } from '../source.js';
import { NSQ_VERSION, ToolError, type Tool, type ToolIo } from '../tool.js';
import { forwardToHttp } from './forward-to-http.js';
import { parseHeaders } from './headers.js';
import { readTargets } from './targets.js';

const DEFAULT_CONTENT_TYPE = 'application/octet-stream';
/** Every address for each message. Any other word that is no mode means the same, as in the reference. */
const ALL = 'all';
const MAX_CONCURRENCY = 1_000_000;

const table = {
  ...versionFlag(),
  ...sourceFlags(),
  ...maxInFlightFlag(),
  topic: stringOption({ flag: 'topic', default: '', help: 'nsq topic' }),
  channel: stringOption({ flag: 'channel', default: 'nsq_to_http', help: 'nsq channel' }),
  post: stringListOption({
    flag: 'post',
    default: [],
    help: 'HTTP address to make a POST request to. data will be in the body (may be given multiple times)',
  }),
  get: stringListOption({
    flag: 'get',
    default: [],
    help: 'HTTP address to make a GET request to. %s will be printf replaced with data, %% stands for % (may be given multiple times)',
  }),
  headers: stringListOption({
    flag: 'header',
    default: [],
    help: 'custom header for HTTP requests, name: value (may be given multiple times)',
  }),
  contentType: stringOption({ flag: 'content-type', default: DEFAULT_CONTENT_TYPE, help: 'the Content-Type used for POST requests' }),
  mode: stringOption({ flag: 'mode', default: 'hostpool', help: `the upstream request mode: ${POOL_MODES.join(', ')}, ${ALL}` }),
  concurrency: intOption({ flag: 'n', default: 100, help: 'number of concurrent publishers' }),
  sample: floatOption({ flag: 'sample', default: 1, help: '% of messages to publish (float b/w 0.0 -> 1.0)' }),
  statusEvery: intOption({ flag: 'status-every', default: 250, help: 'the # of requests between logging status, 0 disables' }),
  connectTimeout: durationOption({ flag: 'http-client-connect-timeout', default: 2_000, help: 'timeout for HTTP connect' }),
  requestTimeout: durationOption({ flag: 'http-client-request-timeout', default: 20_000, help: 'timeout for HTTP request' }),
  settings: clientOptFlag('consumer-opt'),
};

type Options = OptionValues<typeof table>;

/** `nsq_to_http`: sends messages as HTTP requests. */
export const nsqToHttp: Tool<typeof table> = { name: 'nsq_to_http', table, run };

async function run(options: Options, io: ToolIo): Promise<void> {
  const headers = parseHeaders(options.headers);
  if (headers === null) throw new ToolError("--header value format should be 'key=value' (write it as key: value)");
  check(options);
  const targets = readTargets(options);
  const pool = createHostPool(options.mode, targets.length);
  if (pool === null && options.mode !== ALL)
    io.log(`--mode ${JSON.stringify(options.mode)} is not known: each message goes to all addresses, as with --mode=${ALL}`);
  await forwardToHttp(
    {
      topics: [options.topic],
      channel: options.channel,
      source: readSource(options),
      consumer: consumerOptions(options.settings, io.name),
      maxInFlight: options.maxInFlight,
      targets,
      pool,
      http: {
        concurrency: options.concurrency,
        connectTimeout: Math.ceil(options.connectTimeout),
        requestTimeout: Math.ceil(options.requestTimeout),
        headers: {
          'user-agent': `nsq_to_http v${NSQ_VERSION}`,
          ...(options.post.length === 0 ? {} : { 'content-type': options.contentType }),
          ...headers,
        },
      },
      sample: options.sample,
      statusEvery: options.statusEvery,
    },
    forwardIo(io),
  );
}

/** In the order of the reference. */
function check(options: Options): void {
  const { topic, channel, contentType, post, sample, concurrency, connectTimeout, requestTimeout } = options;
  if (topic === '' || channel === '') throw new ToolError('--topic and --channel are required');
  if (contentType !== DEFAULT_CONTENT_TYPE) {
    if (post.length === 0) throw new ToolError('--content-type only used with --post');
    if (contentType === '') throw new ToolError('--content-type requires a value when used');
  }
  checkOneKind(options);
  readTargets(options);
  if (sample < 0 || sample > 1) throw new ToolError('ERROR: --sample must be between 0.0 and 1.0');
  checkNames(topic, channel);
  checkMaxInFlight(options.maxInFlight);
  if (concurrency < 1 || concurrency > MAX_CONCURRENCY) throw new ToolError(`--n must be from 1 to ${MAX_CONCURRENCY}, got ${concurrency}`);
  if (connectTimeout <= 0) throw new ToolError('--http-client-connect-timeout should be positive');
  if (requestTimeout <= 0) throw new ToolError('--http-client-request-timeout should be positive');
}
