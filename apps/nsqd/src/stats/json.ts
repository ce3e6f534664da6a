import { goJson, memoryFields, type MemoryStats } from '@nsq/service';
import type { ClientStats } from './client-stats.js';
import { bytesInSlices, Slices } from './slices.js';
import type { ChannelStats, LatencyStats, StatsSnapshot, TopicStats } from './snapshot.js';

/** The snapshot as `GET /stats?format=json` replies with it. Made in slices. */
export function renderJson(snapshot: StatsSnapshot, slices = new Slices()): Promise<Buffer> {
  return bytesInSlices(jsonPieces(snapshot), slices);
}

/** Small pieces: a channel without its clients, or one client. */
function* jsonPieces(snapshot: StatsSnapshot): Generator<string> {
  const health = snapshot.health === undefined ? 'OK' : `NOK - ${snapshot.health}`;
  const { version, startTime, topics, memory, producers } = snapshot;
  yield `{"version":${goJson(version)},"health":${goJson(health)},"start_time":${Math.floor(startTime)},"topics":`;
  yield* list(topics, topicPieces);
  if (memory !== null) yield `,"memory":${memoryJson(memory)}`;
  yield ',"producers":';
  yield* list(producers, clientPieces);
  yield '}';
}

function* list<T>(items: readonly T[] | null, pieces: (item: T) => Iterable<string>): Generator<string> {
  if (items === null) {
    yield 'null';
    return;
  }
  let before = '[';
  for (const item of items) {
    yield before;
    yield* pieces(item);
    before = ',';
  }
  yield items.length === 0 ? '[]' : ']';
}

function* topicPieces(topic: TopicStats): Generator<string> {
  yield `{"topic_name":"${topic.name}","channels":`;
  yield* list(topic.channels, channelPieces);
  yield (
    `,"depth":${topic.depth},"backend_depth":${topic.backendDepth},"message_count":${topic.messageCount}` +
    `,"message_bytes":${topic.messageBytes},"paused":${String(topic.paused)},"e2e_processing_latency":${latencyJson(topic.latency)}}`
  );
}

function* channelPieces(channel: ChannelStats): Generator<string> {
  yield (
    `{"channel_name":"${channel.name}","depth":${channel.depth},"backend_depth":${channel.backendDepth}` +
    `,"in_flight_count":${channel.inFlightCount},"deferred_count":${channel.deferredCount},"message_count":${channel.messageCount}` +
    `,"requeue_count":${channel.requeueCount},"timeout_count":${channel.timeoutCount},"client_count":${channel.clientCount},"clients":`
  );
  yield* list(channel.clients, clientPieces);
  yield `,"paused":${String(channel.paused)},"e2e_processing_latency":${latencyJson(channel.latency)}}`;
}

function clientPieces(client: ClientStats): [string] {
  return [
    goJson({
      client_id: client.clientId,
      hostname: client.hostname,
      version: 'V2',
      remote_address: client.remoteAddress,
      state: client.state,
      ready_count: client.readyCount,
      in_flight_count: client.inFlightCount,
      message_count: client.messageCount,
      finish_count: client.finishCount,
      requeue_count: client.requeueCount,
      connect_ts: client.connectTs,
      sample_rate: client.sampleRate,
      deflate: client.deflate,
      snappy: client.snappy,
      user_agent: client.userAgent,
      ...(client.authed ? { authed: true } : {}),
      ...(client.authIdentity === '' ? {} : { auth_identity: client.authIdentity }),
      ...(client.authIdentityUrl === '' ? {} : { auth_identity_url: client.authIdentityUrl }),
      ...(client.pubCounts.length === 0 ? {} : { pub_counts: client.pubCounts.map(({ topic, count }) => ({ topic, count })) }),
      tls: client.tls,
      tls_cipher_suite: client.tlsCipherSuite,
      tls_version: client.tlsVersion,
      tls_negotiated_protocol: client.tlsNegotiatedProtocol,
      tls_negotiated_protocol_is_mutual: client.tlsNegotiatedProtocolIsMutual,
    }),
  ];
}

function memoryJson(memory: MemoryStats): string {
  return goJson(Object.fromEntries(memoryFields(memory)));
}

function latencyJson({ count, percentiles }: LatencyStats): string {
  const values = percentiles === null ? null : percentiles.map(({ quantile, value }) => ({ quantile, value }));
  return `{"count":${count},"percentiles":${JSON.stringify(values)}}`;
}
