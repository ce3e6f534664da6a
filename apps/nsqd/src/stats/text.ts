import { formatDuration, versionLine } from '@nsq/options';
import { memoryFields } from '@nsq/service';
import type { ClientStats } from './client-stats.js';
import { rfc3339 } from './rfc3339.js';
import { bytesInSlices, Slices } from './slices.js';
import type { ChannelStats, LatencyStats, StatsSnapshot, TopicStats } from './snapshot.js';

const SECOND = 1000;

/** The snapshot as `GET /stats` replies with it, for people. Made in slices. */
export function renderText(snapshot: StatsSnapshot, slices = new Slices()): Promise<Buffer> {
  return bytesInSlices(ended(textLines(snapshot)), slices);
}

function* ended(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}

function* textLines(snapshot: StatsSnapshot): Generator<string> {
  const { version, health, startTime, takenAt, memory, topics, producers } = snapshot;
  yield versionLine('nsqd', version);
  yield `start_time ${rfc3339(startTime)}`;
  yield `uptime ${formatDuration(Math.max(0, takenAt - startTime * SECOND))}`;
  yield '';
  yield `Health: ${health === undefined ? 'OK' : `NOK - ${health}`}`;
  yield '';
  if (memory !== null) {
    yield 'Memory:';
    for (const [name, value] of memoryFields(memory)) yield `   ${pad(name, 25)}\t${value}`;
    yield '';
  }
  if (topics === null || topics.length === 0) {
    yield 'Topics: None';
    yield '';
  } else {
    yield 'Topics:';
    for (const topic of topics) {
      yield* topicLines(topic, takenAt);
      yield '';
    }
  }
  if (producers === null) {
    yield 'Producers: None';
    return;
  }
  yield 'Producers:';
  for (const producer of producers) yield `   ${clientLine(producer, takenAt)}`;
}

function* topicLines(topic: TopicStats, now: number): Generator<string> {
  const { paused, name, depth, backendDepth, messageCount, latency } = topic;
  yield (
    `${paused ? '*P ' : '   '}[${pad(name, 15)}] depth: ${pad(depth, 5)} be-depth: ${pad(backendDepth, 5)} ` +
    `msgs: ${pad(messageCount, 8)} e2e%: ${latencyText(latency)}`
  );
  for (const channel of topic.channels) {
    yield channelLine(channel);
    for (const client of channel.clients ?? []) yield `        ${clientLine(client, now)}`;
  }
}

function channelLine(channel: ChannelStats): string {
  return (
    `${channel.paused ? '   *P ' : '      '}[${pad(channel.name, 25)}] depth: ${pad(channel.depth, 5)} ` +
    `be-depth: ${pad(channel.backendDepth, 5)} inflt: ${pad(channel.inFlightCount, 4)} def: ${pad(channel.deferredCount, 4)} ` +
    `re-q: ${pad(channel.requeueCount, 5)} timeout: ${pad(channel.timeoutCount, 5)} msgs: ${pad(channel.messageCount, 8)} ` +
    `e2e%: ${latencyText(channel.latency)}`
  );
}

/** A client that has published is shown as a producer, wherever it stands. */
function clientLine(client: ClientStats, now: number): string {
  const { hostname, remoteAddress, userAgent, pubCounts } = client;
  const port = remoteAddress.slice(remoteAddress.lastIndexOf(':') + 1);
  const id = pad(`${hostname}:${remoteAddress === '@' ? '' : port} ${userAgent}`, 21);
  const seconds = Math.max(0, Math.trunc(now / SECOND - client.connectTs));
  const connected = `connected: ${formatDuration(seconds * SECOND)}`;
  if (pubCounts.length > 0) {
    const total = pubCounts.reduce((sum, { count }) => sum + count, 0);
    const topics = pubCounts.map(({ topic, count }) => `${topic}=${count}`).join(',');
    return `[V2 ${id}] msgs: ${pad(total, 8)} topics: ${topics} ${connected}`;
  }
  return (
    `[V2 ${id}] state: ${client.state} inflt: ${pad(client.inFlightCount, 4)} rdy: ${pad(client.readyCount, 4)} ` +
    `fin: ${pad(client.finishCount, 8)} re-q: ${pad(client.requeueCount, 8)} msgs: ${pad(client.messageCount, 8)} ${connected}`
  );
}

/** Left-justified to at least `width` characters; whole characters count, not halves of surrogate pairs. */
function pad(value: string | number, width: number): string {
  const text = String(value);
  return text + ' '.repeat(Math.max(0, width - Array.from(text).length));
}

function latencyText({ percentiles }: LatencyStats): string {
  return (percentiles ?? []).map(({ value }) => nanosecondsText(value)).join(', ');
}

function nanosecondsText(value: number): string {
  if (value > 1e9) return `${(value / 1e9).toFixed(1)}s`;
  if (value > 1e6) return `${(value / 1e6).toFixed(1)}ms`;
  if (value > 1e3) return `${(value / 1e3).toFixed(1)}us`;
  return `${value.toFixed(1)}ns`;
}
