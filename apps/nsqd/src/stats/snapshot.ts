import type { MemoryStats } from '@nsq/service';
import type { Channel } from '../queue/channel.js';
import type { Clock } from '../queue/clock.js';
import type { Engine } from '../queue/engine.js';
import type { Topic } from '../queue/topic.js';
import type { ClientStats } from './client-stats.js';
import type { LatencySketch } from './latency-sketch.js';
import { Slices } from './slices.js';

/** How long messages took from publish to FIN. `percentiles` is null when none are configured, and of a topic without channels. */
export interface LatencyStats {
  readonly count: number;
  /** In the configured order; `quantile` above 0 up to 1, `value` in nanoseconds. */
  readonly percentiles: readonly { readonly quantile: number; readonly value: number }[] | null;
}

export interface ChannelStats {
  readonly name: string;
  readonly depth: number;
  readonly backendDepth: number;
  readonly inFlightCount: number;
  readonly deferredCount: number;
  readonly messageCount: number;
  readonly requeueCount: number;
  readonly timeoutCount: number;
  readonly clientCount: number;
  /** Null when clients were not asked for. */
  readonly clients: readonly ClientStats[] | null;
  readonly paused: boolean;
  readonly latency: LatencyStats;
}

export interface TopicStats {
  readonly name: string;
  /** By name. */
  readonly channels: readonly ChannelStats[];
  readonly depth: number;
  readonly backendDepth: number;
  readonly messageCount: number;
  readonly messageBytes: number;
  readonly paused: boolean;
  readonly latency: LatencyStats;
}

/** What the daemon knows of itself, topic by topic. The renderings take it as it is. */
export interface StatsSnapshot {
  readonly version: string;
  /** What is wrong; undefined when nothing is. */
  readonly health: string | undefined;
  /** Unix seconds, may have a fraction. */
  readonly startTime: number;
  /** When the snapshot was begun, milliseconds since the Unix epoch with a fraction. */
  readonly takenAt: number;
  /** By name; null when a single topic was asked for and does not exist. */
  readonly topics: readonly TopicStats[] | null;
  /** Null when it was not asked for. */
  readonly memory: MemoryStats | null;
  /** Null when there are none, or clients were not asked for. */
  readonly producers: readonly ClientStats[] | null;
}

/** Where a snapshot is taken from. */
export interface StatsSource {
  readonly engine: Pick<Engine, 'topics'>;
  readonly clock: Clock;
  readonly version: string;
  /** Unix seconds, may have a fraction. */
  readonly startTime: number;
  /** What is wrong; undefined when nothing is. */
  health(): string | undefined;
  /** Every TCP connection. It is walked over several turns of the event loop, in which connections may come and go. */
  clients(): Iterable<ClientStats>;
  memory(): MemoryStats;
}

export interface StatsFilter {
  /** Only this topic; `''` for all. */
  readonly topic: string;
  /** Only this channel, and only topics that have it; `''` for all. */
  readonly channel: string;
  readonly includeClients: boolean;
  readonly includeMemory: boolean;
}

export const ALL_STATS: StatsFilter = { topic: '', channel: '', includeClients: true, includeMemory: true };

const NO_LATENCY: LatencyStats = { count: 0, percentiles: null };
const NO_CLIENTS: readonly ClientStats[] = [];

interface ClientGroups {
  readonly consumers: ReadonlyMap<Channel, readonly ClientStats[]>;
  readonly producers: readonly ClientStats[];
}

interface Latencies {
  readonly channels: ReadonlyMap<Channel, LatencyStats>;
  readonly topic: LatencyStats;
}

/** Takes a snapshot, in slices: what a topic shows is of one moment, different topics may be some milliseconds apart. */
export async function collectStats(source: StatsSource, filter: StatsFilter = ALL_STATS, slices = new Slices()): Promise<StatsSnapshot> {
  const head = {
    version: source.version,
    health: source.health(),
    startTime: source.startTime,
    takenAt: source.clock.wall(),
    memory: filter.includeMemory ? source.memory() : null,
  };
  const chosen = chooseTopics(source.engine.topics, filter.topic);
  if (chosen === null) return { ...head, topics: null, producers: null };
  const clients = filter.includeClients ? await groupClients(source.clients(), filter.topic, slices) : null;

  const topics: TopicStats[] = [];
  for (const topic of chosen) {
    if (filter.channel !== '' && !topic.channels.has(filter.channel)) continue;
    // In slices, so before the rest, which is of one moment.
    const latencies = await readLatencies(topic, source.clock.monotonic(), slices);
    const channels = chooseChannels(topic.channels, filter.channel);
    if (channels === null) continue;
    topics.push(topicStats(topic, channels, clients, latencies));
    if (slices.due) await slices.pause();
  }
  const producers = clients === null || clients.producers.length === 0 ? null : clients.producers;
  return { ...head, topics, producers };
}

function chooseTopics(topics: ReadonlyMap<string, Topic>, name: string): Topic[] | null {
  if (name === '') return sortByName(topics.values());
  const topic = topics.get(name);
  return topic === undefined ? null : [topic];
}

function chooseChannels(channels: ReadonlyMap<string, Channel>, name: string): Channel[] | null {
  if (name === '') return sortByName(channels.values());
  const channel = channels.get(name);
  return channel === undefined ? null : [channel];
}

/** Names are ASCII, so the order of code units is the order of bytes. */
function sortByName<T extends { readonly name: string }>(named: Iterable<T>): T[] {
  return [...named].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function groupClients(clients: Iterable<ClientStats>, topic: string, slices: Slices): Promise<ClientGroups> {
  const consumers = new Map<Channel, ClientStats[]>();
  const producers: ClientStats[] = [];
  for (const each of clients) {
    const client = topic === '' ? each : withPubCountsOf(each, topic);
    if (client.channel !== null) {
      const group = consumers.get(client.channel);
      if (group === undefined) consumers.set(client.channel, [client]);
      else group.push(client);
    }
    // Whoever published to other topics only is listed all the same, as in the reference.
    if (each.pubCounts.length > 0) producers.push(client);
    if (slices.due) await slices.pause();
  }
  return { consumers, producers };
}

function withPubCountsOf(client: ClientStats, topic: string): ClientStats {
  if (client.pubCounts.length === 0) return client;
  return { ...client, pubCounts: client.pubCounts.filter((entry) => entry.topic === topic) };
}

/** Of all channels, also of those that are not asked for: the topic's latencies are theirs together. */
async function readLatencies(topic: Topic, now: number, slices: Slices): Promise<Latencies> {
  const channels = new Map<Channel, LatencyStats>();
  let merged: LatencySketch | null = null;
  for (const channel of topic.channels.values()) {
    if (channel.latency === null) continue;
    const sketch = channel.latency.read(now);
    channels.set(channel, sketch.stats());
    if (merged === null) merged = sketch;
    else merged.absorb(sketch);
    if (slices.due) await slices.pause();
  }
  return { channels, topic: merged?.stats() ?? NO_LATENCY };
}

function topicStats(topic: Topic, channels: readonly Channel[], clients: ClientGroups | null, latencies: Latencies): TopicStats {
  return {
    name: topic.name,
    channels: channels.map((channel) => channelStats(channel, clients, latencies)),
    depth: topic.depth,
    backendDepth: topic.backendDepth,
    messageCount: topic.messageCount,
    messageBytes: topic.messageBytes,
    paused: topic.paused,
    latency: latencies.topic,
  };
}

function channelStats(channel: Channel, clients: ClientGroups | null, latencies: Latencies): ChannelStats {
  return {
    name: channel.name,
    depth: channel.depth,
    backendDepth: channel.backendDepth,
    inFlightCount: channel.inFlightCount,
    deferredCount: channel.deferredCount,
    messageCount: channel.messageCount,
    requeueCount: channel.requeueCount,
    timeoutCount: channel.timeoutCount,
    clientCount: channel.consumers.size,
    clients: clients === null ? null : (clients.consumers.get(channel) ?? NO_CLIENTS),
    paused: channel.paused,
    latency: latencies.channels.get(channel) ?? NO_LATENCY,
  };
}
