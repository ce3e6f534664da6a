import fc from 'fast-check';
import { TestDaemon } from '../../test/http-harness.js';
import { LatencyWindow } from './latency-window.js';
import { collectStats, type StatsSnapshot } from './snapshot.js';
import { packLines, statsdLines, type StatsdFormat } from './statsd-lines.js';

const FORMAT: StatsdFormat = { prefix: 'nsq.vm.', excludeEphemeral: false };

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});

const take = (includeMemory = false): Promise<StatsSnapshot> =>
  collectStats(daemon, { topic: '', channel: '', includeClients: false, includeMemory });

const lines = (now: StatsSnapshot, base: StatsSnapshot | null = null, format = FORMAT): string[] => [...statsdLines(now, base, format)];

it('renders topics, then their channels, then memory, with totals at first and differences afterwards', async () => {
  const channel = daemon.channel('orders', 'archive');
  daemon.engine.topic('bare');
  await daemon.ask('POST', '/mpub?topic=orders', 'a\nbc');
  daemon.take(channel);
  await daemon.ask('POST', '/pub?topic=orders&defer=1000', 'd');
  const first = await take(true);
  expect(lines(first)).toEqual([
    'nsq.vm.topic.bare.message_count:0|c\n',
    'nsq.vm.topic.bare.message_bytes:0|c\n',
    'nsq.vm.topic.bare.depth:0|g\n',
    'nsq.vm.topic.bare.backend_depth:0|g\n',
    'nsq.vm.topic.orders.message_count:3|c\n',
    'nsq.vm.topic.orders.message_bytes:4|c\n',
    'nsq.vm.topic.orders.depth:0|g\n',
    'nsq.vm.topic.orders.backend_depth:0|g\n',
    'nsq.vm.topic.orders.channel.archive.message_count:3|c\n',
    'nsq.vm.topic.orders.channel.archive.depth:0|g\n',
    'nsq.vm.topic.orders.channel.archive.backend_depth:0|g\n',
    'nsq.vm.topic.orders.channel.archive.in_flight_count:2|g\n',
    'nsq.vm.topic.orders.channel.archive.deferred_count:1|g\n',
    'nsq.vm.topic.orders.channel.archive.requeue_count:0|c\n',
    'nsq.vm.topic.orders.channel.archive.timeout_count:0|c\n',
    'nsq.vm.topic.orders.channel.archive.clients:1|g\n',
    'nsq.vm.mem.heap_objects:1|g\n',
    'nsq.vm.mem.heap_idle_bytes:2|g\n',
    'nsq.vm.mem.heap_in_use_bytes:3|g\n',
    'nsq.vm.mem.heap_released_bytes:4|g\n',
    'nsq.vm.mem.gc_pause_usec_100:5|g\n',
    'nsq.vm.mem.gc_pause_usec_99:6|g\n',
    'nsq.vm.mem.gc_pause_usec_95:7|g\n',
    'nsq.vm.mem.next_gc_bytes:8|g\n',
    'nsq.vm.mem.gc_runs:9|c\n',
  ]);
  channel.requeueCount = 4;
  channel.timeoutCount = 2;
  await daemon.ask('POST', '/pub?topic=orders', 'efg');
  const changes = lines(await take(true), first).filter((line) => line.endsWith('|c\n') && !line.includes(':0|'));
  expect(changes.map((line) => line.slice('nsq.vm.topic.orders.'.length, -3))).toEqual([
    'message_count:1',
    'message_bytes:3',
    'channel.archive.message_count:1',
    'channel.archive.requeue_count:4',
    'channel.archive.timeout_count:2',
  ]);
});

it('falls below zero when a topic was made anew, and starts from its total when it appears', async () => {
  await daemon.ask('POST', '/mpub?topic=again', 'a\nb');
  const base = await take();
  daemon.engine.deleteTopic('again');
  await daemon.ask('POST', '/pub?topic=again', 'c');
  await daemon.ask('POST', '/pub?topic=fresh', 'd');
  const changes = lines(await take(), base).filter((line) => line.includes('message_count'));
  expect(changes).toEqual(['nsq.vm.topic.again.message_count:-1|c\n', 'nsq.vm.topic.fresh.message_count:1|c\n']);
});

it('counts collections across the wrap of their total', async () => {
  const snapshot = await take(true);
  const withRuns = (gcTotalRuns: number): StatsSnapshot =>
    snapshot.memory === null ? snapshot : { ...snapshot, memory: { ...snapshot.memory, gcTotalRuns } };
  expect(lines(withRuns(5), withRuns(2 ** 32 - 1)).at(-1)).toBe('nsq.vm.mem.gc_runs:6|c\n');
});

it('leaves ephemeral topics and channels out on demand, not what they add to a topic', async () => {
  daemon.channel('t', 'c#ephemeral');
  daemon.channel('t', 'd');
  daemon.channel('e#ephemeral', 'd');
  const names = async (excludeEphemeral: boolean): Promise<string[]> =>
    lines(await take(), null, { prefix: '', excludeEphemeral }).filter((line) => line.includes('.message_count'));
  expect(await names(false)).toEqual([
    'topic.e#ephemeral.message_count:0|c\n',
    'topic.e#ephemeral.channel.d.message_count:0|c\n',
    'topic.t.message_count:0|c\n',
    'topic.t.channel.c#ephemeral.message_count:0|c\n',
    'topic.t.channel.d.message_count:0|c\n',
  ]);
  expect(await names(true)).toEqual(['topic.t.message_count:0|c\n', 'topic.t.channel.d.message_count:0|c\n']);
});

it.each([
  [0.99, '99'],
  [0.5, '50'],
  [0.999, '100'],
  [1, '100'],
  [0.005, '0'],
  [0.015, '2'],
  [0.125, '12'],
  [0.995, '100'],
])('sends the latency at %d under the name %s, in whole nanoseconds', async (quantile, name) => {
  daemon = new TestDaemon({ createLatencyWindow: (now) => new LatencyWindow([quantile], 1000, now) });
  daemon.channel('t', 'c').latency?.record(1234.9, 0);
  expect(lines(await take()).filter((line) => line.includes('e2e'))).toEqual([
    `nsq.vm.topic.t.e2e_processing_latency_${name}:1234|g\n`,
    `nsq.vm.topic.t.channel.c.e2e_processing_latency_${name}:1234|g\n`,
  ]);
});

describe('packLines', () => {
  it('fills each packet as far as whole lines go', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '\u{1f600}'), maxLength: 12 }).map((text) => `${text}\n`);
    return fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 60 }), async (all, limit) => {
        const packets = await packLines(all, limit);
        expect(packets.join('')).toBe(all.join(''));
        for (const [i, packet] of packets.entries()) {
          const size = Buffer.byteLength(packet);
          if (size > limit) expect(packet.indexOf('\n')).toBe(packet.length - 1);
          const next = packets[i + 1];
          if (next !== undefined) expect(size + Buffer.byteLength(next.slice(0, next.indexOf('\n') + 1))).toBeGreaterThan(limit);
        }
      }),
    );
  });

  it('takes a size of 0 or less for 4096', async () => {
    const all = Array.from({ length: 1000 }, () => '0123456\n');
    for (const size of [0, -1]) expect((await packLines(all, size)).map(({ length }) => length)).toEqual([4096, 3904]);
    expect(await packLines([], 508)).toEqual([]);
  });
});
