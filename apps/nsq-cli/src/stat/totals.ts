import type { NsqdStats } from '@nsq/client';

/** A topic, or a channel of it, over all nsqds. */
export interface Totals {
  readonly topic: string;
  /** Null for the topic itself. */
  readonly channel: string | null;
  /** Messages waiting: of a topic those that no channel has received. */
  readonly depth: number;
  /** Those of them that are on disk only. */
  readonly backendDepth: number;
  readonly inFlight: number;
  readonly deferred: number;
  /** Since the daemons started, as those below. */
  readonly messages: number;
  readonly requeued: number;
  readonly timedOut: number;
  readonly clients: number;
  /** nsqds that have it, and on how many of them it is paused. */
  readonly nsqds: number;
  readonly paused: number;
}

type Counts = { -readonly [key in keyof Totals]: Totals[key] };

/** Adds up what several nsqds say; sorted, each topic before its channels. */
export function totalsOf(stats: readonly NsqdStats[]): Totals[] {
  const totals = new Map<string, Counts>();
  const at = (topic: string, channel: string | null): Counts => {
    const key = `${topic} ${channel ?? ''}`;
    let counts = totals.get(key);
    if (counts === undefined) totals.set(key, (counts = nothing(topic, channel)));
    return counts;
  };
  for (const { topics } of stats) {
    for (const topic of topics) {
      const counts = at(topic.topic_name, null);
      add(counts, topic);
      for (const channel of topic.channels) {
        const own = at(topic.topic_name, channel.channel_name);
        add(own, channel);
        own.inFlight += channel.in_flight_count;
        own.deferred += channel.deferred_count;
        own.requeued += channel.requeue_count;
        own.timedOut += channel.timeout_count;
        own.clients += channel.client_count;
      }
    }
  }
  return [...totals].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, counts]) => counts);
}

function add(counts: Counts, found: { depth: number; backend_depth: number; message_count: number; paused: boolean }): void {
  counts.depth += found.depth;
  counts.backendDepth += found.backend_depth;
  counts.messages += found.message_count;
  counts.nsqds += 1;
  counts.paused += found.paused ? 1 : 0;
}

function nothing(topic: string, channel: string | null): Counts {
  const counts = {
    depth: 0,
    backendDepth: 0,
    inFlight: 0,
    deferred: 0,
    messages: 0,
    requeued: 0,
    timedOut: 0,
    clients: 0,
    nsqds: 0,
    paused: 0,
  };
  return { topic, channel, ...counts };
}

/** What changed in a time, messages a second. */
export interface Rates {
  /** Published, or come into the channel. */
  readonly in: number;
  /** Finished, or dropped; negative while more are queued than came. */
  readonly out: number;
}

/** Null when there is nothing to compare with: the first report, a new topic, a daemon that was restarted. */
export function ratesOf(now: Totals, before: Totals | undefined, seconds: number): Rates | null {
  if (before === undefined || seconds <= 0 || now.messages < before.messages || now.nsqds !== before.nsqds) return null;
  const came = now.messages - before.messages;
  const left = came - (held(now) - held(before));
  return { in: Math.round(came / seconds), out: Math.round(left / seconds) };
}

const held = ({ depth, inFlight, deferred }: Totals): number => depth + inFlight + deferred;
