import { setTimeout as sleep } from 'node:timers/promises';
import { NsqdHttpClient, NsqlookupdHttpClient, findProducers, formatHostPort, type HttpOptions, type NsqdStats } from '@nsq/client';
import { durationOption, makeOption, stringListOption, stringOption, type OptionValues } from '@nsq/options';
import { versionFlag } from '../common-flags.js';
import { countType } from './count-type.js';
import { OutputStream } from '../output-stream.js';
import { checkOneKind } from '../source.js';
import { ToolError, reasonOf, type Tool, type ToolIo } from '../tool.js';
import { totalsOf, type ChannelTotals } from './channel-totals.js';
import { HEADER, statRow } from './stat-row.js';

const HEADER_EVERY = 25;

const table = {
  ...versionFlag(),
  topic: stringOption({ flag: 'topic', default: '', help: 'NSQ topic' }),
  channel: stringOption({ flag: 'channel', default: '', help: 'NSQ channel' }),
  nsqds: stringListOption({ flag: 'nsqd-http-address', default: [], help: 'nsqd HTTP address (may be given multiple times)' }),
  lookupds: stringListOption({ flag: 'lookupd-http-address', default: [], help: 'lookupd HTTP address (may be given multiple times)' }),
  interval: durationOption({ flag: 'interval', default: 2_000, help: 'duration of time between polling/printing output' }),
  count: makeOption<number | null>(countType, { flag: 'count', default: null, help: 'number of reports' }),
  connectTimeout: durationOption({ flag: 'http-client-connect-timeout', default: 2_000, help: 'timeout for HTTP connect' }),
  requestTimeout: durationOption({ flag: 'http-client-request-timeout', default: 5_000, help: 'timeout for HTTP request' }),
};

type Options = OptionValues<typeof table>;

/** `nsq_stat`: a channel's numbers over all nsqds, a line for each interval. */
export const nsqStat: Tool<typeof table> = { name: 'nsq_stat', table, run };

function check({ topic, channel, interval, connectTimeout, requestTimeout, count, ...options }: Options): void {
  if (topic === '' || channel === '') throw new ToolError('--topic and --channel are required');
  if (interval <= 0) throw new ToolError('--interval should be positive');
  if (connectTimeout <= 0) throw new ToolError('--http-client-connect-timeout should be positive');
  if (requestTimeout <= 0) throw new ToolError('--http-client-request-timeout should be positive');
  if (count !== null && count <= 0) throw new ToolError('--count should be positive');
  checkOneKind(options, 'nsqd-http-address');
  for (const [flag, addresses] of [
    ['nsqd', options.nsqds],
    ['lookupd', options.lookupds],
  ] as const) {
    if (addresses.some((address) => address.startsWith('http'))) {
      throw new ToolError(`--${flag}-http-address error - address should not contain scheme`);
    }
  }
}

async function run(options: Options, { signal }: ToolIo): Promise<void> {
  check(options);
  const hangup = new AbortController();
  const onHangup = (): void => hangup.abort();
  process.on('SIGHUP', onHangup);
  const stop = AbortSignal.any([signal, hangup.signal]);
  try {
    await report(options, stop);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    process.off('SIGHUP', onHangup);
  }
}

async function report(options: Options, signal: AbortSignal): Promise<void> {
  const { topic, channel, interval, count } = options;
  const output = new OutputStream(process.stdout);
  let before: ChannelTotals | null = null;
  for (let round = 0; count === null || round <= count; round++) {
    const now = totalsOf(await statsOfAll(options, signal), topic, channel);
    if (now === null) throw new ToolError(`ERROR: failed to find channel(${channel}) in stats metadata for topic(${topic})`);
    if (round % HEADER_EVERY === 0) await output.write(`${HEADER}\n`);
    if (before !== null) await output.write(`${statRow(before, now, interval)}\n`);
    before = now;
    await sleep(interval, undefined, { signal });
  }
}

/** The statistics of every nsqd that has the topic. @throws {ToolError} when one of them, or of the nsqlookupds, does not answer */
async function statsOfAll(options: Options, signal: AbortSignal): Promise<NsqdStats[]> {
  const { topic, connectTimeout, requestTimeout } = options;
  const http: HttpOptions = { connectTimeout: Math.ceil(connectTimeout), timeout: Math.ceil(requestTimeout) };
  // All channels: asked for one that it does not have, an nsqd leaves out the topic.
  const ask = (address: string): Promise<NsqdStats> =>
    new NsqdHttpClient(address, http).stats({ topic, includeClients: false, includeMemory: false, signal });
  const addresses = options.lookupds.length === 0 ? null : await lookUp(options, http, signal);
  const stats = await Promise.all((addresses ?? options.nsqds).map(ask)).catch((error: unknown) => {
    throw new ToolError(`ERROR: failed to get ${addresses === null ? 'topic producers' : 'nsqd stats'} - ${reasonOf(error)}`);
  });
  const having = stats.filter(({ topics }) => topics.some(({ topic_name }) => topic_name === topic));
  if (having.length === 0) throw new ToolError(`ERROR: failed to get nsqd stats - failed to query any nsqd: none has topic(${topic})`);
  return having;
}

async function lookUp({ topic, lookupds }: Options, http: HttpOptions, signal: AbortSignal): Promise<string[]> {
  const { producers, errors } = await findProducers(
    lookupds.map((address) => new NsqlookupdHttpClient(address, http)),
    topic,
    { signal },
  );
  const [failure] = errors.values();
  if (failure !== undefined) throw new ToolError(`ERROR: failed to get topic producers - ${failure.message}`);
  return [...producers.values()].map(({ broadcast_address, http_port }) => formatHostPort(broadcast_address, http_port));
}
