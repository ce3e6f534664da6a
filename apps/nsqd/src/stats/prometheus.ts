import { isEphemeral } from '@nsq/protocol';
import type { MemoryStats } from './memory.js';
import type { ProcessStats } from './process-stats.js';
import { Slices } from './slices.js';
import type { ChannelStats, LatencyStats, StatsSnapshot, TopicStats } from './snapshot.js';

const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/** Characters that become bytes together. */
const CHUNK_LENGTH = 64 * 1024;

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

type Kind = 'counter' | 'gauge';

/** All samples of one name. */
interface Family<T> {
  readonly name: string;
  readonly kind: Kind;
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

const PROCESS_FAMILIES: readonly Family<ProcessStats>[] = [
  counter('process_cpu_seconds_total', 'CPU time used.', ({ cpuSeconds }) => cpuSeconds),
  gauge('process_start_time_seconds', 'Start of the process, Unix time.', ({ startTime }) => startTime),
  gauge('process_resident_memory_bytes', 'Resident memory.', ({ residentBytes }) => residentBytes),
  gauge('nodejs_heap_size_total_bytes', 'Heap that V8 holds.', ({ heapTotalBytes }) => heapTotalBytes),
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', ({ heapUsedBytes }) => heapUsedBytes),
  gauge('nodejs_external_memory_bytes', 'Memory outside the heap, of buffers above all.', ({ externalBytes }) => externalBytes),
];

/**
 * The metrics in Prometheus' text format 0.0.4. Made in slices, and as bytes, which are sent as they are: to turn megabytes of text into
 * bytes at once would hold up the event loop for longer than any slice.
 */
export async function renderPrometheus(metrics: Metrics, slices = new Slices()): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let text = '';
  for (const line of lines(metrics)) {
    text += line;
    if (text.length >= CHUNK_LENGTH) {
      chunks.push(Buffer.from(text));
      text = '';
    }
    if (slices.due) await slices.pause();
  }
  chunks.push(Buffer.from(text));
  return Buffer.concat(chunks);
}

function* lines({ snapshot, connections, lookup, process, includeEphemeral }: Metrics): Generator<string> {
  yield* single('nsq_healthy', 'gauge', '1 while /ping says OK.', Number(snapshot.health === undefined));
  yield* single('nsq_connections', 'gauge', 'Open TCP connections of clients.', connections);
  yield* single('nsq_lookupd_configured', 'gauge', 'nsqlookupds to register with.', lookup.configured);
  yield* single('nsq_lookupd_connected', 'gauge', 'Of these, those with a connection.', lookup.connected);

  const shown = (snapshot.topics ?? []).filter(({ name }) => includeEphemeral || !isEphemeral(name));
  const topics: Labelled<TopicStats>[] = [];
  const channels: Labelled<ChannelStats>[] = [];
  for (const topic of shown) {
    const labels = label('topic', topic.name);
    topics.push({ item: topic, labels });
    for (const channel of topic.channels) {
      if (includeEphemeral || !isEphemeral(channel.name))
        channels.push({ item: channel, labels: `${labels},${label('channel', channel.name)}` });
    }
    yield '';
  }
  for (const family of TOPIC_FAMILIES) yield* familyLines(family, topics);
  yield* latencyLines('nsq_topic_e2e_processing_latency_seconds', topics);
  for (const family of CHANNEL_FAMILIES) yield* familyLines(family, channels);
  yield* latencyLines('nsq_channel_e2e_processing_latency_seconds', channels);

  for (const { name, kind, help, value } of PROCESS_FAMILIES) yield* single(name, kind, help, value(process));
  if (process.openFiles !== null) yield* single('process_open_fds', 'gauge', 'Open files and sockets.', process.openFiles);
  yield* runtimeLines(process, snapshot.memory);
}

function* runtimeLines({ eventLoopDelay }: ProcessStats, memory: MemoryStats): Generator<string> {
  yield header('nodejs_eventloop_delay_seconds', 'gauge', 'How late the event loop was since the previous scrape.');
  for (const { quantile, seconds } of eventLoopDelay) yield sample('nodejs_eventloop_delay_seconds', quantileLabel(quantile), seconds);
  yield* single('nodejs_gc_runs_total', 'counter', 'Garbage collections.', memory.gcTotalRuns);
  yield header('nodejs_gc_pause_seconds', 'gauge', 'Pauses for garbage collection, of the last 256.');
  yield sample('nodejs_gc_pause_seconds', quantileLabel(0.95), memory.gcPauseUsec95 / MICROSECONDS);
  yield sample('nodejs_gc_pause_seconds', quantileLabel(0.99), memory.gcPauseUsec99 / MICROSECONDS);
  yield sample('nodejs_gc_pause_seconds', quantileLabel(1), memory.gcPauseUsec100 / MICROSECONDS);
}

function* familyLines<T>({ name, kind, help, value }: Family<T>, items: readonly Labelled<T>[]): Generator<string> {
  yield header(name, kind, help);
  for (const { item, labels } of items) yield sample(name, labels, value(item));
}

/** Nothing at all where latencies are not kept. */
function* latencyLines(name: string, items: readonly Labelled<{ readonly latency: LatencyStats }>[]): Generator<string> {
  if (items.every(({ item }) => item.latency.percentiles === null)) return;
  yield header(name, 'gauge', 'Time from publication to FIN, of the messages of the last minutes.');
  for (const { item, labels } of items) {
    // By quantile, as one that is configured twice must not come twice.
    const values = new Map(item.latency.percentiles?.map(({ quantile, value }) => [quantile, value]));
    for (const [quantile, value] of values) yield sample(name, `${labels},${quantileLabel(quantile)}`, value / NANOSECONDS);
  }
}

function* single(name: string, kind: Kind, help: string, value: number): Generator<string> {
  yield header(name, kind, help);
  yield `${name} ${value}\n`;
}

function header(name: string, kind: Kind, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;
}

function sample(name: string, labels: string, value: number): string {
  return `${name}{${labels}} ${value}\n`;
}

function quantileLabel(quantile: number): string {
  return label('quantile', String(quantile));
}

/** One label; the value may hold any characters. */
export function label(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function gauge<T>(name: string, help: string, value: (item: T) => number): Family<T> {
  return { name, kind: 'gauge', help, value };
}

function counter<T>(name: string, help: string, value: (item: T) => number): Family<T> {
  return { name, kind: 'counter', help, value };
}
