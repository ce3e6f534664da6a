import type { ChannelStats, NsqdStats, TopicStats } from '@nsq/client';
import { ratesOf, totalsOf } from './totals.js';

const latency = { count: 0, percentiles: null };

function channel(name: string, depth: number, more: Partial<ChannelStats> = {}): ChannelStats {
  const counts = { backend_depth: 0, in_flight_count: 1, deferred_count: 2, message_count: 10, requeue_count: 3, timeout_count: 4 };
  return { channel_name: name, depth, ...counts, client_count: 5, clients: null, paused: false, e2e_processing_latency: latency, ...more };
}

function nsqd(...topics: { name: string; depth: number; paused?: boolean; channels?: ChannelStats[] }[]): NsqdStats {
  const all = topics.map(({ name, depth, paused = false, channels = [] }): TopicStats => {
    const counts = { backend_depth: 1, message_count: 100, message_bytes: 0 };
    return { topic_name: name, depth, paused, channels, ...counts, e2e_processing_latency: latency };
  });
  return { version: '1.3.0', health: 'OK', start_time: 0, topics: all, producers: [] };
}

describe('totalsOf', () => {
  it('adds up over nsqds, each topic before its channels, in the order of names', () => {
    const one = nsqd({ name: 'b', depth: 1 }, { name: 'a', depth: 2, channels: [channel('y', 3), channel('x', 4)] });
    const other = nsqd({ name: 'a', depth: 5, paused: true, channels: [channel('x', 6)] });
    const totals = totalsOf([one, other]);
    expect(totals.map(({ topic, channel: name, depth }) => [topic, name, depth])).toEqual([
      ['a', null, 7],
      ['a', 'x', 10],
      ['a', 'y', 3],
      ['b', null, 1],
    ]);
    expect(totals[0]).toMatchObject({ nsqds: 2, paused: 1, messages: 200, backendDepth: 2 });
    expect(totals[1]).toMatchObject({ inFlight: 2, deferred: 4, requeued: 6, timedOut: 8, clients: 10, messages: 20 });
  });
});

describe('ratesOf', () => {
  const [before] = totalsOf([nsqd({ name: 'a', depth: 10 })]);

  it('counts what came and what left, a second', () => {
    const [now] = totalsOf([nsqd({ name: 'a', depth: 10 })]).map((totals) => ({ ...totals, messages: totals.messages + 50, depth: 30 }));
    expect(now && ratesOf(now, before, 2)).toEqual({ in: 25, out: 15 });
  });

  it('has none without a report before, or after a restart', () => {
    const [now] = totalsOf([nsqd({ name: 'a', depth: 0 })]);
    expect(now && ratesOf(now, undefined, 2)).toBeNull();
    expect(now && ratesOf({ ...now, messages: 1 }, before, 2)).toBeNull();
    expect(now && ratesOf({ ...now, nsqds: 2 }, before, 2)).toBeNull();
  });
});
