import { TestDaemon } from '../../test/http-harness.js';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';

describe('GET /config/:opt', () => {
  it.each([
    ['tcp_address', TEXT, '0.0.0.0:4150'],
    ['log_prefix', TEXT, '[nsqd] '],
    ['max_rdy_count', JSON_TYPE, '2500'],
    ['id', JSON_TYPE, '617'],
    ['deflate', JSON_TYPE, 'true'],
    ['msg_timeout', JSON_TYPE, '60000000000'],
    ['nsqlookupd_tcp_addresses', JSON_TYPE, '[]'],
    ['e2e_processing_latency_percentiles', JSON_TYPE, '[]'],
    ['log_level', JSON_TYPE, '2'],
    ['tls_required', JSON_TYPE, '0'],
    ['tls_min_version', JSON_TYPE, '769'],
    ['broadcast_tcp_port', JSON_TYPE, '20210'],
    ['broadcast_http_port', JSON_TYPE, '20211'],
    ['statsd_prefix', TEXT, 'nsq.127_0_0_1_20211.'],
  ])('shows %s as %s %s', async (key, type, body) => {
    const reply = await daemon.send('GET', `/config/${key}`);
    expect(reply).toMatchObject({ status: 200, body, headers: { 'content-type': type, 'x-nsq-content-type': 'nsq; version=1.0' } });
  });

  it('shows an empty string as an empty reply without a type', async () => {
    const reply = await daemon.send('GET', '/config/data_path');
    expect(reply).toMatchObject({ status: 200, body: '' });
    expect(reply.headers).not.toHaveProperty('content-type');
  });

  it('shows what is at work rather than what was configured', async () => {
    Object.assign(daemon.options, { tlsClientAuthPolicy: 'require', authHttpAddresses: ['http://a/?x&y'], broadcastTcpPort: 7 });
    daemon.httpPort = -1;
    expect(await daemon.ask('GET', '/config/tls_required')).toBe('200 2');
    expect(await daemon.ask('GET', '/config/auth_http_addresses')).toBe('200 ["http://a/?x\\u0026y"]');
    expect(await daemon.ask('GET', '/config/broadcast_tcp_port')).toBe('200 7');
    expect(await daemon.ask('GET', '/config/broadcast_http_port')).toBe('200 0');
  });

  it.each(['version', 'config', 'verbose', 'worker_id', 'node_id', 'lookupd_tcp_address', 'tcp-address', 'nope'])(
    'refuses %s',
    async (key) => {
      expect(await daemon.ask('GET', `/config/${key}`)).toBe('400 {"message":"INVALID_OPTION"}');
    },
  );

  it.each(['/config', '/config/'])('does not know %s', async (path) => {
    expect(await daemon.ask('GET', path)).toBe('404 {"message":"NOT_FOUND"}');
  });
});

describe('PUT /config/:opt', () => {
  it.each([
    ['debug', 'debug', '1'],
    ['ERROR', 'error', '4'],
    ['Fatal', 'fatal', '5'],
  ])('sets the log level to %s', async (word, level, shown) => {
    expect(await daemon.ask('PUT', '/config/log_level', word)).toBe(`200 ${shown}`);
    expect(daemon.logger.level).toBe(level);
    expect(await daemon.ask('GET', '/config/log_level')).toBe(`200 ${shown}`);
  });

  it.each(['"info"', 'warning', ' info', 'info\n', '2'])('refuses %j as a log level', async (word) => {
    expect(await daemon.ask('PUT', '/config/log_level', word)).toBe('400 {"message":"INVALID_VALUE"}');
    expect(daemon.logger.level).toBe('info');
  });

  it('replaces the list of nsqlookupds', async () => {
    const path = '/config/nsqlookupd_tcp_addresses';
    expect(await daemon.ask('PUT', path, ' ["a:1", "b:2"] ')).toBe('200 ["a:1","b:2"]');
    expect(await daemon.ask('PUT', path, 'null')).toBe('200 null');
    expect(await daemon.ask('GET', path)).toBe('200 null');
    expect(await daemon.ask('PUT', path, '[]')).toBe('200 []');
    expect(daemon.lookupdAddresses).toEqual([['a:1', 'b:2'], [], []]);
  });

  it.each(['a:1', '"a:1"', '{}', '["a:1",1]', '["a:1"', '[null]'])('refuses %s as a list and keeps the old one', async (body) => {
    daemon.options.nsqlookupdTcpAddresses = ['old:1'];
    expect(await daemon.ask('PUT', '/config/nsqlookupd_tcp_addresses', body)).toBe('400 {"message":"INVALID_VALUE"}');
    expect(await daemon.ask('GET', '/config/nsqlookupd_tcp_addresses')).toBe('200 ["old:1"]');
    expect(daemon.lookupdAddresses).toEqual([]);
  });

  it('looks at the size of the body before the name of the option', async () => {
    daemon.options.maxMsgSize = 5;
    expect(await daemon.ask('PUT', '/config/nope', '')).toBe('413 {"message":"INVALID_VALUE"}');
    expect(await daemon.ask('PUT', '/config/nope', '123456')).toBe('413 {"message":"INVALID_VALUE"}');
    expect(await daemon.ask('PUT', '/config/nope', '12345')).toBe('400 {"message":"INVALID_OPTION"}');
    expect(await daemon.ask('PUT', '/config/max_rdy_count', '1')).toBe('400 {"message":"INVALID_OPTION"}');
  });
});
