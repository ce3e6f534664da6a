import type { Ledger } from './ledger.js';
import type { Life } from './life.js';

/** What a topic or channel holds, to compare before and after a stop. */
export interface TopicStanding {
  readonly head: number;
  readonly paused: boolean;
  readonly depth: number;
  readonly channels: ReadonlyMap<string, ChannelStanding>;
}

interface ChannelStanding {
  readonly paused: boolean;
  readonly depth: number;
  readonly inFlight: number;
  readonly deferred: number;
  /** By id: attempts, and the time of the day until which it is deferred, 0 for none. */
  readonly unfinished: ReadonlyMap<string, { readonly attempts: number; readonly dueAt: number }>;
}

/** Positions make sense, whatever has happened. */
export function checkPositions({ topics }: Life): void {
  for (const topic of topics) {
    const { head, dispatched, name } = topic;
    if (dispatched > head) throw new Error(`topic ${name} has dispatched ${dispatched} of ${head}`);
    if (topic.window.start > head) throw new Error(`the window of ${name} begins behind its head`);
    for (const channel of topic.channels.values()) {
      if (channel.position > dispatched) throw new Error(`channel ${name}/${channel.name} is at ${channel.position}, behind ${dispatched}`);
      if (channel.depth < 0) throw new Error(`channel ${name}/${channel.name} has depth ${channel.depth}`);
    }
  }
}

/** Everything that is owed is in exactly one place. */
export function checkCounts({ engine }: Life, ledger: Ledger): void {
  for (const [name, expected] of ledger.topics) {
    const topic = engine.topics.get(name);
    if (topic === undefined) throw new Error(`topic ${name} is missing`);
    if (topic.depth !== expected.waiting.size) throw new Error(`topic ${name} has depth ${topic.depth}, not ${expected.waiting.size}`);
    for (const [channelName, { owed }] of expected.channels) {
      if (channelName.includes('#')) continue;
      const channel = topic.channels.get(channelName);
      if (channel === undefined) throw new Error(`channel ${name}/${channelName} is missing`);
      const { depth, inFlightCount, deferredCount } = channel;
      if (depth + inFlightCount + deferredCount !== owed.size) {
        throw new Error(`channel ${name}/${channelName} has ${depth} + ${inFlightCount} + ${deferredCount}, not ${owed.size}`);
      }
    }
  }
}

export function snapshot({ engine, topics }: Life): ReadonlyMap<string, TopicStanding> {
  const standing = new Map<string, TopicStanding>();
  for (const topic of topics) {
    const channels = new Map<string, ChannelStanding>();
    for (const channel of topic.channels.values()) {
      if (channel.ephemeral) continue;
      const unfinished = new Map<string, { attempts: number; dueAt: number }>();
      for (const message of channel.unfinished) {
        const dueAt = channel.isDeferred(message) ? message.due + engine.wallOffset : 0;
        unfinished.set(`${message.idHi}/${message.idLo}`, { attempts: message.attempts, dueAt });
      }
      const { paused, depth, inFlightCount, deferredCount } = channel;
      channels.set(channel.name, { paused, depth, inFlight: inFlightCount, deferred: deferredCount, unfinished });
    }
    standing.set(topic.name, { head: topic.head, paused: topic.paused, depth: topic.depth, channels });
  }
  return standing;
}

/** After a stop and a start everything is where it was; what was in flight is to be delivered again. */
export function checkSame(before: ReadonlyMap<string, TopicStanding>, after: ReadonlyMap<string, TopicStanding>, wall: number): void {
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  for (const [name, was] of before) {
    const is = after.get(name);
    expect([name, [...(is?.channels.keys() ?? [])].sort()]).toEqual([name, [...was.channels.keys()].sort()]);
    // A topic that only ephemeral channels read has none after a start.
    expect([name, is?.paused, is?.depth]).toEqual([name, was.paused, was.depth]);
    for (const [channelName, channel] of was.channels) {
      const found = is?.channels.get(channelName);
      const over = [...channel.unfinished.values()].filter(({ dueAt }) => dueAt > 0 && dueAt <= wall).length;
      expect([name, channelName, found?.paused]).toEqual([name, channelName, channel.paused]);
      expect([name, channelName, found?.depth, found?.inFlight, found?.deferred]).toEqual([
        name,
        channelName,
        channel.depth + channel.inFlight + over,
        0,
        channel.deferred - over,
      ]);
      for (const [id, { attempts, dueAt }] of channel.unfinished) {
        const message = found?.unfinished.get(id);
        expect([name, channelName, id, message?.attempts]).toEqual([name, channelName, id, attempts]);
        expect(Math.abs((message?.dueAt ?? NaN) - (dueAt > wall ? dueAt : 0))).toBeLessThan(0.01);
      }
    }
  }
}
