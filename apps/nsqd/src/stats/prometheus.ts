import { isEphemeral } from '@nsq/protocol';
import {
  metric,
  metricHeader,
  metricLabel,
  metricSample,
  processMetrics,
  type MemoryStats,
  type MetricKind,
  type ProcessStats,
} from '@nsq/service';
import { bytesInSlices, Slices } from './slices.js';
import type { ChannelStats, LatencyStats, StatsSnapshot, TopicStats } from './snapshot.js';

const NANOSECONDS = 1e9;

/** What `GET /metrics` shows. */
export interface Metrics {
  /** With memory; clients are not looked at. */
  readonly snapshot: StatsSnapshot & { readonly memory: MemoryStats };
  /** Open TCP connections. */
  readonly connections: number;
  /** nsqlookupds: how many there are, and with how many a connection stands. */
  readonly lookup: { readonly configured: number; readonly connected: number };
  readonly process: ProcessStats;
  /** False leaves out ephemeral topics with all their channels, and ephemeral channels. */
  readonly includeEphemeral: boolean;
}

/** All samples of one name. */
interface Family<T> {
  readonly name: string;
  readonly kind: MetricKind;
  readonly help: string;
  readonly value: (item: T) => number;
}

/** A topic or channel and the labels that name it. */
interface Labelled<T> {
  readonly item: T;
  /** `topic="orders"`, without braces. */
  readonly labels: string;
}

const TOPIC_FAMILIES: readonly Family<TopicStats>[] = [
  gauge('nsq_topic_depth', 'Messages waiting in the topic itself, in no channel yet.', ({ depth }) => depth),
  gauge('nsq_topic_backend_depth', 'Of these, messages on disk only.', ({ backendDepth }) => backendDepth),
  counter('nsq_topic_messages_total', 'Messages published since the start.', ({ messageCount }) => messageCount),
  counter('nsq_topic_message_bytes_total', 'Bytes of their bodies.', ({ messageBytes }) => messageBytes),
  gauge('nsq_topic_paused', '1 while the topic is paused.', ({ paused }) => Number(paused)),
];

const CHANNEL_FAMILIES: readonly Family<ChannelStats>[] = [
  gauge('nsq_channel_depth', 'Messages waiting for delivery.', ({ depth }) => depth),
  gauge('nsq_channel_backend_depth', 'Of these, messages on disk only.', ({ backendDepth }) => backendDepth),
  gauge('nsq_channel_in_flight', 'Messages delivered and not answered yet.', ({ inFlightCount }) => inFlightCount),
  gauge('nsq_channel_deferred', 'Messages that wait for their time.', ({ deferredCount }) => deferredCount),
  counter('nsq_channel_messages_total', 'Messages that entered the channel since the start.', ({ messageCount }) => messageCount),
  counter('nsq_channel_requeued_total', 'Messages given back with REQ.', ({ requeueCount }) => requeueCount),
  counter('nsq_channel_timed_out_total', 'Messages not answered in time.', ({ timeoutCount }) => timeoutCount),
  gauge('nsq_channel_clients', 'Consumers connected.', ({ clientCount }) => clientCount),
  gauge('nsq_channel_paused', '1 while the channel is paused.', ({ paused }) => Number(paused)),
];

/** The metrics in Prometheus' text format 0.0.4. Made in slices. */
export function renderPrometheus(metrics: Metrics, slices = new Slices()): Promise<Buffer> {
  return bytesInSlices(lines(metrics), slices);
}

function* lines({ snapshot, connections, lookup, process, includeEphemeral }: Metrics): Generator<string> {
  yield metric('nsq_healthy', 'gauge', '1 while /ping says OK.', Number(snapshot.health === undefined));
  yield metric('nsq_connections', 'gauge', 'Open TCP connections of clients.', connections);
  yield metric('nsq_lookupd_configured', 'gauge', 'nsqlookupds to register with.', lookup.configured);
  yield metric('nsq_lookupd_connected', 'gauge', 'Of these, those with a connection.', lookup.connected);

  const shown = (snapshot.topics ?? []).filter(({ name }) => includeEphemeral || !isEphemeral(name));
  const topics: Labelled<TopicStats>[] = [];
  const channels: Labelled<ChannelStats>[] = [];
  for (const topic of shown) {
    const labels = metricLabel('topic', topic.name);
    topics.push({ item: topic, labels });
    for (const channel of topic.channels) {
      if (includeEphemeral || !isEphemeral(channel.name))
        channels.push({ item: channel, labels: `${labels},${metricLabel('channel', channel.name)}` });
    }
    yield '';
  }
  for (const family of TOPIC_FAMILIES) yield* familyLines(family, topics);
  yield* latencyLines('nsq_topic_e2e_processing_latency_seconds', topics);
  for (const family of CHANNEL_FAMILIES) yield* familyLines(family, channels);
  yield* latencyLines('nsq_channel_e2e_processing_latency_seconds', channels);

  yield* processMetrics(process, snapshot.memory);
}

/** Samples that come as one piece. */
const SAMPLES_AT_ONCE = 32;

function* familyLines<T>({ name, kind, help, value }: Family<T>, items: readonly Labelled<T>[]): Generator<string> {
  yield metricHeader(name, kind, help);
  for (let from = 0; from < items.length; from += SAMPLES_AT_ONCE) {
    let piece = '';
    for (const { item, labels } of items.slice(from, from + SAMPLES_AT_ONCE)) piece += metricSample(name, labels, value(item));
    yield piece;
  }
}

/** Nothing at all where latencies are not kept. */
function* latencyLines(name: string, items: readonly Labelled<{ readonly latency: LatencyStats }>[]): Generator<string> {
  if (items.every(({ item }) => item.latency.percentiles === null)) return;
  yield metricHeader(name, 'summary', 'Time from publication to FIN, of the messages of the last minutes.');
  for (const { item, labels } of items) {
    // By quantile, as one that is configured twice must not come twice.
    const values = new Map(item.latency.percentiles?.map(({ quantile, value }) => [quantile, value]));
    for (const [quantile, value] of values) yield metricSample(name, `${labels},${quantileLabel(quantile)}`, value / NANOSECONDS);
  }
}

function quantileLabel(quantile: number): string {
  return metricLabel('quantile', String(quantile));
}

function gauge<T>(name: string, help: string, value: (item: T) => number): Family<T> {
  return { name, kind: 'gauge', help, value };
}

function counter<T>(name: string, help: string, value: (item: T) => number): Family<T> {
  return { name, kind: 'counter', help, value };
}
