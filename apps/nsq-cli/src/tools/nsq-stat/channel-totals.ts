import type { NsqdStats } from '@nsq/client';

/** A channel's numbers, added up over nsqds. */
export interface ChannelTotals {
  readonly depth: number;
  readonly backendDepth: number;
  readonly inFlight: number;
  readonly deferred: number;
  readonly requeued: number;
  readonly timedOut: number;
  readonly messages: number;
  readonly clients: number;
}

const NOTHING: ChannelTotals = { depth: 0, backendDepth: 0, inFlight: 0, deferred: 0, requeued: 0, timedOut: 0, messages: 0, clients: 0 };

/** @returns null when none of them has the channel */
export function totalsOf(stats: readonly NsqdStats[], topic: string, channel: string): ChannelTotals | null {
  const found = stats
    .flatMap(({ topics }) => topics)
    .filter(({ topic_name }) => topic_name === topic)
    .flatMap(({ channels }) => channels)
    .filter(({ channel_name }) => channel_name === channel);
  if (found.length === 0) return null;
  return found.reduce<ChannelTotals>(
    (sum, each) => ({
      depth: sum.depth + each.depth,
      backendDepth: sum.backendDepth + each.backend_depth,
      inFlight: sum.inFlight + each.in_flight_count,
      deferred: sum.deferred + each.deferred_count,
      requeued: sum.requeued + each.requeue_count,
      timedOut: sum.timedOut + each.timeout_count,
      messages: sum.messages + each.message_count,
      clients: sum.clients + each.client_count,
    }),
    NOTHING,
  );
}
