import { clientStats, TestDaemon } from '../../test/http-harness.js';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});

const json = async (query: string): Promise<Record<string, unknown>> =>
  JSON.parse((await daemon.send('GET', `/stats?format=json${query}`)).body) as Record<string, unknown>;

it('replies with JSON for format=json and with text for anything else', async () => {
  const asJson = await daemon.send('GET', '/stats?format=json');
  expect(asJson.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'x-nsq-content-type': 'nsq; version=1.0',
  });
  for (const query of ['', '?format=', '?format=JSON', '?format=text']) {
    const asText = await daemon.send('GET', `/stats${query}`);
    expect(asText.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'x-nsq-content-type': 'nsq; version=1.0' });
    expect(asText.body).toMatch(/^nsqd v1\.3\.0 /);
  }
});

it('leaves memory and clients out when it is told so, in the words it knows', async () => {
  daemon.connections = [clientStats({ pubCounts: [{ topic: 't', count: 1 }] })];
  daemon.channel('t', 'c');
  for (const word of ['false', '0']) {
    const stats = await json(`&include_mem=${word}&include_clients=${word}`);
    expect(stats).not.toHaveProperty('memory');
    expect(stats).toMatchObject({ producers: null, topics: [{ channels: [{ clients: null, client_count: 0 }] }] });
  }
  for (const word of ['true', '1', 'False', 'no', '']) {
    const stats = await json(`&include_mem=${word}&include_clients=${word}`);
    expect(stats).toHaveProperty('memory');
    expect(stats).toMatchObject({ producers: [{}], topics: [{ channels: [{ clients: [] }] }] });
  }
});

it('filters by topic and channel', async () => {
  daemon.channel('a', 'x');
  daemon.channel('b', 'y');
  const names = async (query: string): Promise<unknown> => (await json(query)).topics;
  expect(await names('&topic=&channel=')).toMatchObject([{ topic_name: 'a' }, { topic_name: 'b' }]);
  expect(await names('&topic=a')).toMatchObject([{ topic_name: 'a' }]);
  expect(await names('&channel=y')).toMatchObject([{ topic_name: 'b', channels: [{ channel_name: 'y' }] }]);
  expect(await names('&topic=a&channel=y')).toEqual([]);
  expect(await names('&topic=nope')).toBeNull();
});

it('refuses nothing but a query that cannot be read', async () => {
  expect(await daemon.ask('GET', '/stats?topic=%zz')).toBe('400 {"message":"INVALID_REQUEST"}');
  expect((await daemon.send('GET', '/stats?topic=$$$&channel=%20')).status).toBe(200);
});

describe('/ping and /info', () => {
  it('tell of health and identity', async () => {
    expect(await daemon.ask('GET', '/ping')).toBe('200 OK');
    daemon.problem = 'disk full';
    expect(await daemon.ask('GET', '/ping')).toBe('500 NOK - disk full');
    expect(await json('')).toMatchObject({ health: 'NOK - disk full' });
    expect(await daemon.ask('GET', '/info')).toBe(
      '200 {"version":"1.3.0","broadcast_address":"127.0.0.1","hostname":"vm","http_port":20211,"tcp_port":20210,"start_time":1795354823,' +
        '"max_heartbeat_interval":60000000000,"max_output_buffer_size":65536,"max_output_buffer_timeout":30000000000,"max_deflate_level":6}',
    );
  });
});
