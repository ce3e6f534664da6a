import { clientStats, START_TIME, TestDaemon } from '../../test/http-harness.js';
import { ClientState } from './client-stats.js';
import { renderJson } from './json.js';
import { ALL_STATS, collectStats, type StatsFilter } from './snapshot.js';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});

const render = async (filter: Partial<StatsFilter> = {}): Promise<string> =>
  (await renderJson(await collectStats(daemon, { ...ALL_STATS, ...filter }))).toString();

const HEAD = '{"version":"1.3.0","health":"OK","start_time":1795354823,';
const NO_LATENCY = '"e2e_processing_latency":{"count":0,"percentiles":null}';

it('renders an idle daemon', async () => {
  expect(await render()).toBe(
    `${HEAD}"topics":[],"memory":{"heap_objects":1,"heap_idle_bytes":2,"heap_in_use_bytes":3,"heap_released_bytes":4,` +
      '"gc_pause_usec_100":5,"gc_pause_usec_99":6,"gc_pause_usec_95":7,"next_gc_bytes":8,"gc_total_runs":9},"producers":null}',
  );
  expect(await render({ topic: 'nope', includeMemory: false })).toBe(`${HEAD}"topics":null,"producers":null}`);
});

it('renders topics, channels and what they hold', async () => {
  const archive = daemon.channel('orders', 'archive');
  daemon.channel('orders', 'zero');
  daemon.engine.topic('other');
  for (const body of ['a', 'bc', 'def']) await daemon.ask('POST', '/pub?topic=orders', body);
  await daemon.ask('POST', '/pub?topic=orders&defer=1000', 'later');
  await daemon.ask('POST', '/mpub?topic=other', 'x\ny');
  daemon.take(archive);
  await daemon.ask('POST', '/channel/pause?topic=orders&channel=archive');
  await daemon.ask('POST', '/pub?topic=orders', 'g');

  const channel = (name: string, counts: string, clients: number, paused: boolean): string =>
    `{"channel_name":"${name}",${counts},"message_count":5,"requeue_count":0,"timeout_count":0,"client_count":${clients},` +
    `"clients":null,"paused":${String(paused)},${NO_LATENCY}}`;
  expect(await render({ includeClients: false, includeMemory: false })).toBe(
    `${HEAD}"topics":[{"topic_name":"orders","channels":[` +
      `${channel('archive', '"depth":1,"backend_depth":0,"in_flight_count":3,"deferred_count":1', 1, true)},` +
      `${channel('zero', '"depth":4,"backend_depth":0,"in_flight_count":0,"deferred_count":1', 0, false)}],` +
      `"depth":0,"backend_depth":0,"message_count":5,"message_bytes":12,"paused":false,${NO_LATENCY}},` +
      `{"topic_name":"other","channels":[],"depth":2,"backend_depth":0,"message_count":2,"message_bytes":2,"paused":false,${NO_LATENCY}}],` +
      '"producers":null}',
  );
});

it('renders clients, leaving out what does not apply', async () => {
  const channel = daemon.channel('orders', 'archive');
  daemon.connections = [
    clientStats({
      channel,
      clientId: 'worker-1',
      hostname: 'worker-1.example',
      remoteAddress: '127.0.0.1:46516',
      state: ClientState.Subscribed,
      readyCount: 1,
      inFlightCount: 3,
      messageCount: 5,
      finishCount: 1,
      requeueCount: 1,
      connectTs: START_TIME + 104,
      userAgent: 'test-client/1.0 <x&y>',
    }),
    clientStats({
      authed: true,
      authIdentity: 'bob',
      authIdentityUrl: 'http://id',
      pubCounts: [
        { topic: 'orders', count: 6 },
        { topic: 'other', count: 1 },
      ],
      tls: true,
      tlsCipherSuite: 'Unknown 4865',
      tlsVersion: 'TLS1.3',
      tlsNegotiatedProtocolIsMutual: true,
    }),
  ];
  const rendered = await render({ includeMemory: false });
  expect(rendered).toContain(
    '"clients":[{"client_id":"worker-1","hostname":"worker-1.example","version":"V2","remote_address":"127.0.0.1:46516","state":3,' +
      '"ready_count":1,"in_flight_count":3,"message_count":5,"finish_count":1,"requeue_count":1,"connect_ts":1795354927,"sample_rate":0,' +
      '"deflate":false,"snappy":false,"user_agent":"test-client/1.0 \\u003cx\\u0026y\\u003e","tls":false,"tls_cipher_suite":"",' +
      '"tls_version":"","tls_negotiated_protocol":"","tls_negotiated_protocol_is_mutual":false}],"paused":false,',
  );
  expect(rendered).toContain(
    '"user_agent":"","authed":true,"auth_identity":"bob","auth_identity_url":"http://id",' +
      '"pub_counts":[{"topic":"orders","count":6},{"topic":"other","count":1}],"tls":true,"tls_cipher_suite":"Unknown 4865",' +
      '"tls_version":"TLS1.3","tls_negotiated_protocol":"","tls_negotiated_protocol_is_mutual":true}]}',
  );
});

it('renders latencies in the configured order', async () => {
  const snapshot = await collectStats(daemon);
  const latency = {
    count: 1,
    percentiles: [
      { quantile: 1, value: 2508755 },
      { quantile: 0.99, value: 2508755 },
    ],
  };
  const topic = { name: 't', channels: [], depth: 0, backendDepth: 0, messageCount: 0, messageBytes: 0, paused: false, latency };
  expect((await renderJson({ ...snapshot, topics: [topic] })).toString()).toContain(
    '"e2e_processing_latency":{"count":1,"percentiles":[{"quantile":1,"value":2508755},{"quantile":0.99,"value":2508755}]}}],"memory"',
  );
});
