import { createHttpServer, Logger } from '@nsq/service';
import { info, TestRegistry } from '../../test/registry.js';
import { registerRoutes } from './routes.js';

const FIRST =
  '"remote_address":"127.0.0.1:50001","hostname":"h1","broadcast_address":"b1.example","tcp_port":4150,"http_port":4151,"version":"1.3.0"';
const SECOND =
  '"remote_address":"[::1]:50002","hostname":"\\u003ch2\\u003e","broadcast_address":"::1","tcp_port":5150,"http_port":5151,"version":"1.3.0"';

class TestApi {
  readonly registry = new TestRegistry();
  readonly lines: string[] = [];
  readonly server = createHttpServer({ logger: this.#logger });

  constructor() {
    registerRoutes(this.server, {
      db: this.registry.db,
      clock: this.registry.clock,
      logger: this.#logger,
      version: '1.3.0',
      connectionCount: 7,
      memory: () => ({
        heapObjects: 0,
        heapIdleBytes: 0,
        heapInUseBytes: 0,
        heapReleasedBytes: 0,
        gcPauseUsec100: 0,
        gcPauseUsec99: 0,
        gcPauseUsec95: 0,
        nextGcBytes: 0,
        gcTotalRuns: 9,
      }),
      processStats: () =>
        Promise.resolve({
          cpuSeconds: 1.5,
          startTime: 0,
          residentBytes: 0,
          heapTotalBytes: 0,
          heapUsedBytes: 0,
          externalBytes: 0,
          openFiles: null,
          eventLoopDelay: [],
        }),
    });
  }

  get #logger(): Logger {
    return new Logger({ write: (line) => this.lines.push(line.replace(/^\S+ \S+ /, '').trimEnd()) });
  }

  /** Two producers of t1 with channels, one of t2 without. */
  withProducers(): this {
    const { db } = this.registry;
    const first = db.identify(info(1));
    const second = db.identify(
      info(2, { remoteAddress: '[::1]:50002', hostname: '<h2>', broadcastAddress: '::1', tcpPort: 5150, httpPort: 5151 }),
    );
    db.register(first, 't1', 'c1');
    db.register(first, 't2');
    db.register(second, 't1', 'c2');
    return this;
  }

  send(method: 'GET' | 'POST' | 'HEAD' | 'OPTIONS', url: string, payload?: string) {
    return this.server.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
  }

  async ask(method: 'GET' | 'POST', url: string): Promise<string> {
    const { statusCode, body } = await this.send(method, url);
    return `${statusCode} ${body}`.trimEnd();
  }

  get(url: string): Promise<string> {
    return this.ask('GET', url);
  }

  post(url: string): Promise<string> {
    return this.ask('POST', url);
  }
}

it('shows how much there is at /metrics, and no names', async () => {
  const api = new TestApi().withProducers();
  api.registry.now = 300_001;
  api.registry.db.identify(info(3));
  const { headers, body } = await api.send('GET', '/metrics');
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(body.split('\n').filter((line) => /^(nsq|process_cpu|nodejs_gc_runs)/.test(line))).toEqual([
    'nsqlookupd_connections 7',
    'nsqlookupd_producers 1',
    'nsqlookupd_inactive_producers 2',
    'nsqlookupd_topics 2',
    'nsqlookupd_channels 2',
    'process_cpu_seconds_total 1.5',
    'nodejs_gc_runs_total 9',
  ]);
  expect(api.lines).toEqual([]);
});

describe('queries', () => {
  it.each([
    ['/ping', '200 OK'],
    ['/info', '200 {"version":"1.3.0"}'],
    ['/topics', '200 {"topics":[]}'],
    ['/nodes', '200 {"producers":[]}'],
    ['/debug', '200 {}'],
    ['/channels?topic=t', '200 {"channels":[]}'],
    ['/lookup?topic=t', '404 {"message":"TOPIC_NOT_FOUND"}'],
    ['/lookup?topic=', '404 {"message":"TOPIC_NOT_FOUND"}'],
    ['/lookup?topic=*', '404 {"message":"TOPIC_NOT_FOUND"}'],
  ])('answers %s of an empty registry with %s', async (url, expected) => {
    expect(await new TestApi().get(url)).toBe(expected);
  });

  it('answers with topics and channels, producers or not', async () => {
    const api = new TestApi().withProducers();
    await api.post('/channel/create?topic=t3&channel=c%23ephemeral');
    expect(await api.get('/topics')).toBe('200 {"topics":["t1","t2","t3"]}');
    expect(await api.get('/channels?topic=t1')).toBe('200 {"channels":["c1","c2"]}');
    expect(await api.get('/channels?topic=t2')).toBe('200 {"channels":[]}');
    expect(await api.get('/lookup?topic=t3')).toBe('200 {"channels":["c#ephemeral"],"producers":[]}');
  });

  it('answers a lookup with the producers, members in order', async () => {
    const api = new TestApi().withProducers();
    expect(await api.get('/lookup?topic=t1')).toBe(`200 {"channels":["c1","c2"],"producers":[{${FIRST}},{${SECOND}}]}`);
    expect(await api.get('/lookup?topic=t2')).toBe(`200 {"channels":[],"producers":[{${FIRST}}]}`);
  });

  it('answers with the nodes, their topics and tombstones aligned', async () => {
    const api = new TestApi().withProducers();
    expect(await api.post('/topic/tombstone?topic=t1&node=b1.example:4151')).toBe('200');
    expect(await api.get('/nodes')).toBe(
      `200 {"producers":[{${FIRST},"tombstones":[true,false],"topics":["t1","t2"]},{${SECOND},"tombstones":[false],"topics":["t1"]}]}`,
    );
    api.registry.db.identify(info(3));
    expect(await api.get('/nodes')).toMatch(/"version":"1\.3\.0","tombstones":\[\],"topics":\[\]\}\]\}$/);
  });

  it('answers with the whole registry, keys sorted, times to the nanosecond', async () => {
    const api = new TestApi();
    const { db } = api.registry;
    db.register(db.identify(info(1)), 't', 'c');
    db.createTopic('a');
    api.registry.now = 27;
    db.tombstone('t', 'b1.example:4151');
    const producer = (tombstoned: string): string =>
      '[{"broadcast_address":"b1.example","hostname":"h1","http_port":4151,"id":"127.0.0.1:50001","last_update":1795355008454146069,' +
      `"tcp_port":4150,${tombstoned},"version":"1.3.0"}]`;
    const never = producer('"tombstoned":false,"tombstoned_at":-6795364578871345152');
    const now = producer('"tombstoned":true,"tombstoned_at":1795355008481146069');
    const expected = `200 {"channel:t:c":${never},"client::":${never},"topic:t:":${now}}`;
    expect(await api.get('/debug')).toBe(expected);
    api.registry.now = 1_000_000;
    expect(await api.get('/debug')).toBe(expected);
  });

  it('sends JSON with the type and header of the reference', async () => {
    const { headers } = await new TestApi().send('GET', '/topics');
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'x-nsq-content-type': 'nsq; version=1.0' });
    expect((await new TestApi().send('GET', '/ping')).headers['x-nsq-content-type']).toBeUndefined();
  });
});

describe('changes', () => {
  it('creates topics and channels once', async () => {
    const api = new TestApi();
    for (let i = 0; i < 2; i++) {
      expect(await api.post('/topic/create?topic=t')).toBe('200');
      expect(await api.post('/channel/create?topic=u&channel=c')).toBe('200');
    }
    expect(await api.get('/topics')).toBe('200 {"topics":["t","u"]}');
    expect(await api.get('/channels?topic=u')).toBe('200 {"channels":["c"]}');
    expect(api.lines).toEqual(
      expect.arrayContaining(['INFO: DB: adding topic(t)', 'INFO: DB: adding channel(c) in topic(u)', 'INFO: DB: adding topic(u)']),
    );
  });

  it('deletes a topic with its channels and producers, and needs none to be there', async () => {
    const api = new TestApi().withProducers();
    expect(await api.post('/topic/delete?topic=t1')).toBe('200');
    expect(await api.get('/lookup?topic=t1')).toBe('404 {"message":"TOPIC_NOT_FOUND"}');
    expect(await api.get('/channels?topic=t1')).toBe('200 {"channels":[]}');
    expect(await api.get('/nodes')).toContain('"tombstones":[false],"topics":["t2"]');
    for (const name of ['t1', '', '*', 'bad!']) expect(await api.post(`/topic/delete?topic=${name}`)).toBe('200');
    expect(await api.get('/topics')).toBe('200 {"topics":["t2"]}');
    expect(api.lines.filter((line) => line.includes('removing'))).toEqual([
      'INFO: DB: removing channel(c1) from topic(t1)',
      'INFO: DB: removing channel(c2) from topic(t1)',
      'INFO: DB: removing topic(t1)',
    ]);
  });

  it('deletes a channel', async () => {
    const api = new TestApi().withProducers();
    expect(await api.post('/channel/delete?topic=t1&channel=c1')).toBe('200');
    expect(await api.get('/channels?topic=t1')).toBe('200 {"channels":["c2"]}');
    expect(await api.post('/channel/delete?topic=t1&channel=c1')).toBe('404 {"message":"CHANNEL_NOT_FOUND"}');
  });

  it('sets a tombstone by plain address and port, and needs neither topic nor node to be there', async () => {
    const api = new TestApi().withProducers();
    expect(await api.post('/topic/tombstone?topic=t1&node=::1:5151')).toBe('200');
    expect(await api.get('/lookup?topic=t1')).toBe(`200 {"channels":["c1","c2"],"producers":[{${FIRST}}]}`);
    expect(await api.post('/topic/tombstone?topic=unknown&node=')).toBe('200');
    expect(api.lines).toContain('INFO: DB: setting tombstone for producer@::1:5151 of topic(t1)');
  });
});

it.each([
  ['GET', '/lookup', '400 MISSING_ARG_TOPIC'],
  ['GET', '/channels', '400 MISSING_ARG_TOPIC'],
  ['GET', '/channels?topic=%zz', '400 INVALID_REQUEST'],
  ['POST', '/topic/create?channel=c', '400 MISSING_ARG_TOPIC'],
  ['POST', '/topic/create?topic=', '400 INVALID_ARG_TOPIC'],
  ['POST', '/topic/create?topic=a;b', '400 INVALID_REQUEST'],
  ['POST', '/topic/delete', '400 MISSING_ARG_TOPIC'],
  ['POST', '/topic/tombstone?node=x', '400 MISSING_ARG_TOPIC'],
  ['POST', '/topic/tombstone?topic=bad!', '400 MISSING_ARG_NODE'],
  ...['create', 'delete'].flatMap((action) => [
    ['POST', `/channel/${action}?channel=c`, '400 MISSING_ARG_TOPIC'],
    ['POST', `/channel/${action}?topic=bad!&channel=`, '400 INVALID_ARG_TOPIC'],
    ['POST', `/channel/${action}?topic=t`, '400 MISSING_ARG_CHANNEL'],
    ['POST', `/channel/${action}?topic=t&channel=bad!`, '400 INVALID_ARG_CHANNEL'],
  ]),
  ['POST', '/channel/delete?topic=t&channel=c', '404 CHANNEL_NOT_FOUND'],
  ['GET', '/stats', '404 NOT_FOUND'],
  ['GET', '/config/log_level', '404 NOT_FOUND'],
  ['GET', '/debug/pprof/mutex', '404 NOT_FOUND'],
  ['GET', '/topic/create?topic=t', '405 METHOD_NOT_ALLOWED'],
  ['POST', '/lookup?topic=t', '405 METHOD_NOT_ALLOWED'],
])('refuses %s %s with %s', async (method, url, expected) => {
  const [status = '', code = ''] = expected.split(' ');
  expect(await new TestApi().ask(method as 'GET' | 'POST', url)).toBe(`${status} {"message":"${code}"}`);
});

it('redirects, allows and profiles as the reference does', async () => {
  const api = new TestApi();
  const redirected = await api.send('GET', '/debug/pprof/');
  expect([redirected.statusCode, redirected.headers.location]).toEqual([301, '/debug/pprof']);
  expect((await api.send('GET', '/Lookup/?topic=t')).headers.location).toBe('/lookup?topic=t');
  expect((await api.send('OPTIONS', '/lookup')).headers.allow).toBe('GET, OPTIONS');
  expect((await api.send('HEAD', '/lookup')).statusCode).toBe(405);
  expect((await api.send('GET', '/debug/pprof')).headers['content-type']).toBe('text/html; charset=utf-8');
  expect(await api.get('/debug/pprof/cmdline')).toContain('node');
  expect(await api.post('/debug/pprof/symbol')).toBe('200 num_symbols: 1');
});

it('reads and drops a body', async () => {
  const { statusCode, body } = await new TestApi().send('POST', '/topic/create?topic=t', 'topic=other');
  expect([statusCode, body]).toEqual([200, '']);
});
