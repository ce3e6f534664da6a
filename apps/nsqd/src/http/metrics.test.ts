import { clientStats, TestDaemon } from '../../test/http-harness.js';
import { LatencyWindow } from '../stats/latency-window.js';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});

const metrics = async (query = ''): Promise<string> => (await daemon.send('GET', `/metrics${query}`)).body;

/** The samples of the metrics whose names begin so. */
const samples = async (start: string, query = ''): Promise<string[]> =>
  (await metrics(query)).split('\n').filter((line) => line.startsWith(start));

it('shows topics and channels under their names', async () => {
  const channel = daemon.channel('orders', 'archive');
  await daemon.ask('POST', '/mpub?topic=orders', 'a\nbc');
  daemon.take(channel);
  await daemon.ask('POST', '/pub?topic=orders&defer=1000', 'd');
  channel.pause();
  channel.requeueCount = 7;
  channel.timeoutCount = 8;
  daemon.engine.topic('empty').pause();
  expect(await samples('nsq_topic_')).toEqual([
    'nsq_topic_depth{topic="empty"} 0',
    'nsq_topic_depth{topic="orders"} 0',
    'nsq_topic_backend_depth{topic="empty"} 0',
    'nsq_topic_backend_depth{topic="orders"} 0',
    'nsq_topic_messages_total{topic="empty"} 0',
    'nsq_topic_messages_total{topic="orders"} 3',
    'nsq_topic_message_bytes_total{topic="empty"} 0',
    'nsq_topic_message_bytes_total{topic="orders"} 4',
    'nsq_topic_paused{topic="empty"} 1',
    'nsq_topic_paused{topic="orders"} 0',
  ]);
  const of = '{topic="orders",channel="archive"}';
  expect(await samples('nsq_channel_')).toEqual([
    `nsq_channel_depth${of} 0`,
    `nsq_channel_backend_depth${of} 0`,
    `nsq_channel_in_flight${of} 2`,
    `nsq_channel_deferred${of} 1`,
    `nsq_channel_messages_total${of} 3`,
    `nsq_channel_requeued_total${of} 7`,
    `nsq_channel_timed_out_total${of} 8`,
    `nsq_channel_clients${of} 1`,
    `nsq_channel_paused${of} 1`,
  ]);
});

it('shows the daemon and its process, and nothing that names a client', async () => {
  daemon.connections = [clientStats({ clientId: 'secret' }), clientStats()];
  const text = await metrics();
  const values = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(values).toEqual([
    'nsq_healthy 1',
    'nsq_connections 2',
    'nsq_lookupd_configured 3',
    'nsq_lookupd_connected 2',
    'process_cpu_seconds_total 1.5',
    'process_start_time_seconds 1795354823',
    'process_resident_memory_bytes 2',
    'nodejs_heap_size_total_bytes 3',
    'nodejs_heap_size_used_bytes 4',
    'nodejs_external_memory_bytes 5',
    'process_open_fds 6',
    'nodejs_eventloop_delay_seconds{quantile="0.99"} 0.25',
    'nodejs_eventloop_delay_seconds{quantile="1"} 0.5',
    'nodejs_gc_runs_total 9',
    'nodejs_gc_pause_seconds{quantile="0.95"} 0.000007',
    'nodejs_gc_pause_seconds{quantile="0.99"} 0.000006',
    'nodejs_gc_pause_seconds{quantile="1"} 0.000005',
  ]);
  expect(text).not.toContain('secret');
  daemon.problem = 'disk full';
  expect(await samples('nsq_healthy')).toEqual(['nsq_healthy 0']);
});

it('is in the text format 0.0.4: each name once, with help and type in front of all its samples', async () => {
  daemon = new TestDaemon({ createLatencyWindow: (now) => new LatencyWindow([0.99, 0.5], 1000, now) });
  for (const channel of ['c', 'd#ephemeral']) daemon.channel('t', channel);
  const reply = await daemon.send('GET', '/metrics');
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': TYPE } });
  expect(reply.body.endsWith('\n')).toBe(true);
  const seen = new Set<string>();
  let name = '';
  let kind = '';
  for (const line of reply.body.trimEnd().split('\n')) {
    const head = /^# (HELP|TYPE) ([a-z0-9_]+) (.+)$/.exec(line);
    if (head?.[1] === 'HELP') {
      name = head[2] ?? '';
      expect(seen).not.toContain(name);
      seen.add(name);
      kind = '';
    } else if (head !== null) {
      expect(head[2]).toBe(name);
      kind = head[3] ?? '';
      expect(kind).toBe(name.endsWith('_total') ? 'counter' : /_(latency|delay|pause)_seconds$/.test(name) ? 'summary' : 'gauge');
    } else {
      expect(kind).not.toBe('');
      expect(line.includes('quantile=')).toBe(kind === 'summary'); // promtool refuses the label elsewhere
      expect(line).toMatch(/^[a-z0-9_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? -?[0-9.]+(e-?[0-9]+)?$/);
      expect(line.slice(0, name.length)).toBe(name);
    }
  }
});

it('shows latencies in seconds where they are kept, a quantile that is configured twice once', async () => {
  daemon.channel('t', 'c');
  expect(await metrics()).not.toContain('e2e');
  daemon = new TestDaemon({ createLatencyWindow: (now) => new LatencyWindow([1, 0.5, 0.5], 1000, now) });
  daemon.channel('t', 'c').latency?.record(2_500_000, 0);
  daemon.engine.topic('u');
  expect(await samples('nsq_topic_e2e')).toEqual([
    'nsq_topic_e2e_processing_latency_seconds{topic="t",quantile="1"} 0.0025',
    'nsq_topic_e2e_processing_latency_seconds{topic="t",quantile="0.5"} 0.0025',
  ]);
  expect(await samples('nsq_channel_e2e')).toHaveLength(2);
});

it('leaves ephemeral topics and channels out when it is told so', async () => {
  daemon.channel('t', 'c#ephemeral');
  daemon.channel('e#ephemeral', 'c');
  expect(await samples('nsq_channel_depth')).toHaveLength(2);
  for (const word of ['false', '0']) {
    expect(await samples('nsq_topic_depth', `?include_ephemeral=${word}`)).toEqual(['nsq_topic_depth{topic="t"} 0']);
    expect(await samples('nsq_channel_depth', `?include_ephemeral=${word}`)).toEqual([]);
  }
  expect(await samples('nsq_topic_depth', '?include_ephemeral=true')).toHaveLength(2);
});

it('refuses a query that cannot be read, and other methods', async () => {
  expect(await daemon.ask('GET', '/metrics?include_ephemeral=%zz')).toBe('400 {"message":"INVALID_REQUEST"}');
  expect(await daemon.ask('POST', '/metrics')).toBe('405 {"message":"METHOD_NOT_ALLOWED"}');
});

it('lets the event loop turn while it makes a large reply', async () => {
  for (let t = 0; t < 1000; t++) for (let c = 0; c < 10; c++) daemon.channel(`topic-${t}`, `channel-${c}`);
  let turns = 0;
  let watching = true;
  const watch = (): void => {
    turns++;
    if (watching) setImmediate(watch);
  };
  watch();
  const begun = performance.now();
  const text = await metrics();
  const slices = (performance.now() - begun) / 4;
  watching = false;
  expect(text.match(/^nsq_channel_depth\{/gm)).toHaveLength(10_000);
  expect(turns).toBeGreaterThan(Math.min(5, slices / 5));
});
