import { clientStats, START_TIME, TestDaemon } from '../../test/http-harness.js';
import { ClientState } from './client-stats.js';
import { rfc3339 } from './rfc3339.js';
import { ALL_STATS, collectStats, type StatsSnapshot } from './snapshot.js';
import { renderText as renderBytes } from './text.js';

const renderText = async (snapshot: StatsSnapshot): Promise<string> => (await renderBytes(snapshot)).toString();

const RUNTIME = `node${process.versions.node}`;

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});

it('renders an idle daemon', async () => {
  daemon.clock.elapsed = 1033.25;
  expect(await renderText(await collectStats(daemon))).toBe(`nsqd v1.3.0 (built w/${RUNTIME})
start_time ${rfc3339(START_TIME)}
uptime 1.03325s

Health: OK

Memory:
   heap_objects             \t1
   heap_idle_bytes          \t2
   heap_in_use_bytes        \t3
   heap_released_bytes      \t4
   gc_pause_usec_100        \t5
   gc_pause_usec_99         \t6
   gc_pause_usec_95         \t7
   next_gc_bytes            \t8
   gc_total_runs            \t9

Topics: None

Producers: None
`);
});

it('renders topics, channels, consumers and producers', async () => {
  const channel = daemon.channel('orders', 'archive');
  daemon.clock.elapsed = 104_195;
  daemon.connections = [
    clientStats({
      channel,
      hostname: 'worker-1.example',
      remoteAddress: '127.0.0.1:46516',
      state: ClientState.Subscribed,
      inFlightCount: 3,
      readyCount: 1,
      finishCount: 1,
      requeueCount: 1,
      messageCount: 5,
      connectTs: START_TIME + 103,
      userAgent: 'test-client/1.0 <x&y>',
    }),
    clientStats({
      hostname: 'api-1.example',
      remoteAddress: '127.0.0.1:46528',
      connectTs: START_TIME + 103,
      userAgent: 'prod/2.1',
      pubCounts: [
        { topic: 'other', count: 9 },
        { topic: 'orders', count: 6 },
      ],
    }),
    clientStats({ connectTs: START_TIME + 103, pubCounts: [{ topic: 'other', count: 1 }] }),
  ];
  await daemon.ask('POST', '/mpub?topic=orders', 'a\nb\nc');
  daemon.take(channel);
  await daemon.ask('POST', '/pub?topic=orders&defer=1000', 'd');
  channel.pause();
  channel.topic.pause();
  const snapshot = await collectStats(daemon, { ...ALL_STATS, topic: 'orders', includeMemory: false });
  expect(await renderText(withLatency(snapshot, 2508755))).toBe(`nsqd v1.3.0 (built w/${RUNTIME})
start_time ${rfc3339(START_TIME)}
uptime 1m44.195s

Health: OK

Topics:
*P [orders         ] depth: 0     be-depth: 0     msgs: 4        e2e%: 2.5ms, 2.5ms
   *P [archive                  ] depth: 0     be-depth: 0     inflt: 3    def: 1    re-q: 0     timeout: 0     msgs: 4        e2e%: 2.5ms, 2.5ms
        [V2 worker-1.example:46516 test-client/1.0 <x&y>] state: 3 inflt: 3    rdy: 1    fin: 1        re-q: 1        msgs: 5        connected: 1s

Producers:
   [V2 api-1.example:46528 prod/2.1] msgs: 6        topics: orders=6 connected: 1s
   [V2 127.0.0.1:46538      ] state: 0 inflt: 0    rdy: 0    fin: 0        re-q: 0        msgs: 0        connected: 1s
`);
});

function withLatency(snapshot: StatsSnapshot, value: number): StatsSnapshot {
  const latency = { count: 1, percentiles: [1, 0.99].map((quantile) => ({ quantile, value })) };
  const topics = snapshot.topics?.map((topic) => ({
    ...topic,
    latency,
    channels: topic.channels.map((channel) => ({ ...channel, latency })),
  }));
  return { ...snapshot, topics: topics ?? null };
}

it('adds up what a producer has published, and knows unix sockets and other addresses', async () => {
  daemon.clock.elapsed = 3603_900;
  daemon.connections = [
    clientStats({
      hostname: '',
      remoteAddress: '@',
      pubCounts: [
        { topic: 'a', count: 1 },
        { topic: 'b', count: 2 },
      ],
    }),
    clientStats({ hostname: 'v6', remoteAddress: '[::1]:4711', pubCounts: [{ topic: 'a', count: 1 }], connectTs: START_TIME + 9999 }),
  ];
  expect(await renderText(await collectStats(daemon))).toMatch(
    /\nProducers:\n {3}\[V2 : {20}\] msgs: 3 {8}topics: a=1,b=2 connected: 1h0m3s\n {3}\[V2 v6:4711 {14}\] msgs: 1 {8}topics: a=1 connected: 0s\n$/,
  );
});

it('ends a line without latencies in a space, and separates topics by an empty line', async () => {
  daemon.engine.topic('a');
  daemon.channel('b', 'c');
  const text = await renderText(await collectStats(daemon, { ...ALL_STATS, includeMemory: false }));
  expect(text.split('\n').slice(6, 13)).toEqual([
    'Topics:',
    '   [a              ] depth: 0     be-depth: 0     msgs: 0        e2e%: ',
    '',
    '   [b              ] depth: 0     be-depth: 0     msgs: 0        e2e%: ',
    '      [c                        ] depth: 0     be-depth: 0     inflt: 0    def: 0    re-q: 0     timeout: 0     msgs: 0        e2e%: ',
    '',
    'Producers: None',
  ]);
});

it.each([
  [0, '0.0ns'],
  [999, '999.0ns'],
  [1000, '1000.0ns'],
  [1001, '1.0us'],
  [1.5e6, '1.5ms'],
  [61e9, '61.0s'],
])('prints a latency of %d ns as %s', async (value, shown) => {
  daemon.engine.topic('t');
  const snapshot = withLatency(await collectStats(daemon), value);
  expect(await renderText(snapshot)).toContain(`e2e%: ${shown}, ${shown}\n`);
});

it('says what is wrong', async () => {
  daemon.problem = 'no space left on device';
  expect(await renderText(await collectStats(daemon))).toContain('\nHealth: NOK - no space left on device\n');
});
