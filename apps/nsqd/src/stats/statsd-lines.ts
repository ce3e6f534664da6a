import { isEphemeral } from '@nsq/protocol';
import { memoryFields, type MemoryStats } from '@nsq/service';
import { Slices } from './slices.js';
import type { ChannelStats, LatencyStats, StatsSnapshot, TopicStats } from './snapshot.js';

/** Bytes of a datagram when the option says 0 or less, as in the reference. */
const DEFAULT_PACKET_BYTES = 4096;

export interface StatsdFormat {
  /** In front of each name; `''` or with its dot at the end. */
  readonly prefix: string;
  /** Leaves out ephemeral topics with all their channels, and ephemeral channels. */
  readonly excludeEphemeral: boolean;
}

/**
 * A snapshot as lines for statsd, each with its newline: gauges as they are, counters as what was added since `base`. Against a topic of
 * `base` that was deleted and made anew that is negative, as in the reference.
 * @param base the snapshot before; null reports totals
 */
export function* statsdLines(snapshot: StatsSnapshot, base: StatsSnapshot | null, format: StatsdFormat): Generator<string> {
  const before = byName(base?.topics);
  for (const topic of snapshot.topics ?? []) {
    if (format.excludeEphemeral && isEphemeral(topic.name)) continue;
    const last = before.get(topic.name);
    const path = `${format.prefix}topic.${topic.name}.`;
    yield* topicLines(path, topic, last);
    const channelsBefore = byName(last?.channels);
    for (const channel of topic.channels) {
      if (format.excludeEphemeral && isEphemeral(channel.name)) continue;
      yield* channelLines(`${path}channel.${channel.name}.`, channel, channelsBefore.get(channel.name));
    }
  }
  if (snapshot.memory !== null) yield* memoryLines(`${format.prefix}mem.`, snapshot.memory, base?.memory ?? null);
}

function* topicLines(path: string, topic: TopicStats, last: TopicStats | undefined): Generator<string> {
  yield counter(`${path}message_count`, topic.messageCount - (last?.messageCount ?? 0));
  yield counter(`${path}message_bytes`, topic.messageBytes - (last?.messageBytes ?? 0));
  yield gauge(`${path}depth`, topic.depth);
  yield gauge(`${path}backend_depth`, topic.backendDepth);
  yield* latencyLines(path, topic.latency);
}

function* channelLines(path: string, channel: ChannelStats, last: ChannelStats | undefined): Generator<string> {
  yield counter(`${path}message_count`, channel.messageCount - (last?.messageCount ?? 0));
  yield gauge(`${path}depth`, channel.depth);
  yield gauge(`${path}backend_depth`, channel.backendDepth);
  yield gauge(`${path}in_flight_count`, channel.inFlightCount);
  yield gauge(`${path}deferred_count`, channel.deferredCount);
  yield counter(`${path}requeue_count`, channel.requeueCount - (last?.requeueCount ?? 0));
  yield counter(`${path}timeout_count`, channel.timeoutCount - (last?.timeoutCount ?? 0));
  yield gauge(`${path}clients`, channel.clientCount);
  yield* latencyLines(path, channel.latency);
}

function* latencyLines(path: string, { percentiles }: LatencyStats): Generator<string> {
  for (const { quantile, value } of percentiles ?? []) {
    yield gauge(`${path}e2e_processing_latency_${wholePercent(quantile)}`, Math.trunc(value));
  }
}

function* memoryLines(path: string, memory: MemoryStats, last: MemoryStats | null): Generator<string> {
  for (const [name, value] of memoryFields(memory)) {
    if (name !== 'gc_total_runs') yield gauge(`${path}${name}`, value);
  }
  yield counter(`${path}gc_runs`, (memory.gcTotalRuns - (last?.gcTotalRuns ?? 0)) >>> 0); // wraps as the total does
}

function byName<T extends { readonly name: string }>(items: readonly T[] | null | undefined): ReadonlyMap<string, T> {
  return new Map(items?.map((item) => [item.name, item]));
}

function counter(name: string, value: number): string {
  return `${name}:${value}|c\n`;
}

function gauge(name: string, value: number): string {
  return `${name}:${value}|g\n`;
}

/** Without decimals, a half to the even neighbour. */
function wholePercent(quantile: number): number {
  const percent = quantile * 100;
  const below = Math.floor(percent);
  const rest = percent - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/**
 * Packs lines into datagrams of at most `maxBytes`. A line is never cut: one that is longer goes alone, in a datagram of its length.
 * @param maxBytes 0 or less means 4096
 */
export async function packLines(lines: Iterable<string>, maxBytes: number, slices = new Slices()): Promise<string[]> {
  const limit = maxBytes <= 0 ? DEFAULT_PACKET_BYTES : maxBytes;
  const packets: string[] = [];
  let packet = '';
  let bytes = 0;
  for (const line of lines) {
    const length = Buffer.byteLength(line);
    if (packet !== '' && bytes + length > limit) {
      packets.push(packet);
      packet = '';
      bytes = 0;
      if (slices.due) await slices.pause();
    }
    packet += line;
    bytes += length;
  }
  if (packet !== '') packets.push(packet);
  return packets;
}
