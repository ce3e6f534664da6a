import type { NsqdStats } from '@nsq/client';
import { totalsOf, type ChannelTotals } from './channel-totals.js';
import { HEADER, statRow } from './stat-row.js';

const before: ChannelTotals = { depth: 10, backendDepth: 0, inFlight: 0, deferred: 0, requeued: 0, timedOut: 0, messages: 20, clients: 0 };
const now: ChannelTotals = { depth: 48, backendDepth: 45, inFlight: 2, deferred: 0, requeued: 0, timedOut: 0, messages: 50, clients: 1 };

it('has the header and the columns of the reference', () => {
  expect(HEADER.split('\n')).toEqual([
    '------rate------+----------------depth----------------+--------------metadata---------------',
    'ingress  egress |   total     mem    disk inflt   def |     req     t-o         msgs clients',
  ]);
  expect(statRow(before, now, 2_000)).toBe('     15      -4 |      48       3      45     2     0 |       0       0           50       1');
});

it('cuts rates to whole numbers, towards zero', () => {
  expect(statRow(before, { ...now, messages: 21, depth: 13 }, 3_000)).toMatch(/^ {6}0 {7}0 \|/);
});

it('lets wide numbers push the line', () => {
  expect(statRow(now, { ...now, messages: 1e9 }, 100)).toMatch(/^9999999500 9999999500 \|/);
});

it('adds up the channel over nsqds, and finds none where there is none', () => {
  const channel = {
    channel_name: 'c',
    depth: 1,
    backend_depth: 1,
    in_flight_count: 1,
    deferred_count: 1,
    requeue_count: 1,
    timeout_count: 1,
    message_count: 1,
    client_count: 1,
  };
  const stats = [{ topics: [{ topic_name: 't', channels: [channel, { ...channel, channel_name: 'other' }] }] }] as unknown as NsqdStats[];
  expect(totalsOf([...stats, ...stats], 't', 'c')).toEqual({
    depth: 2,
    backendDepth: 2,
    inFlight: 2,
    deferred: 2,
    requeued: 2,
    timedOut: 2,
    messages: 2,
    clients: 2,
  });
  expect(totalsOf(stats, 't', 'none')).toBeNull();
});
