import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NsqdHttpClient, NsqlookupdHttpClient, type HttpOptions } from '../src/index.js';
import { failure } from './eventually.js';
import { FakeHttp } from './fake-http.js';

let server: FakeHttp;
beforeEach(async () => {
  server = await FakeHttp.start();
});
afterEach(() => server.stop());
const nsqd = (options?: HttpOptions): NsqdHttpClient => new NsqdHttpClient(server.address, options);
const lookupd = (options?: HttpOptions): NsqlookupdHttpClient => new NsqlookupdHttpClient(server.address, options);

it.each<[(client: NsqdHttpClient) => Promise<unknown>, string]>([
  [(client) => client.ping(), 'GET /ping'],
  [(client) => client.publish('t#ephemeral', 'body'), 'POST /pub?topic=t%23ephemeral body'],
  [(client) => client.publish('t', Buffer.from('body'), { defer: 100 }), 'POST /pub?topic=t&defer=100 body'],
  [(client) => client.publishAll('t', ['a', 'bc']), 'POST /mpub?topic=t&binary=true \0\0\0\x02\0\0\0\x01a\0\0\0\x02bc'],
  [(client) => client.createTopic('t'), 'POST /topic/create?topic=t'],
  [(client) => client.deleteTopic('t'), 'POST /topic/delete?topic=t'],
  [(client) => client.emptyTopic('t'), 'POST /topic/empty?topic=t'],
  [(client) => client.pauseTopic('t'), 'POST /topic/pause?topic=t'],
  [(client) => client.unpauseTopic('t'), 'POST /topic/unpause?topic=t'],
  [(client) => client.createChannel('t', 'c'), 'POST /channel/create?topic=t&channel=c'],
  [(client) => client.deleteChannel('t', 'c'), 'POST /channel/delete?topic=t&channel=c'],
  [(client) => client.emptyChannel('t', 'c'), 'POST /channel/empty?topic=t&channel=c'],
  [(client) => client.pauseChannel('t', 'c'), 'POST /channel/pause?topic=t&channel=c'],
  [(client) => client.unpauseChannel('t', 'c'), 'POST /channel/unpause?topic=t&channel=c'],
  [(client) => client.config('log_level'), 'GET /config/log_level'],
  [(client) => client.setConfig('log_level', 'debug'), 'PUT /config/log_level debug'],
])('asks nsqd: %s', async (ask, request) => {
  await ask(nsqd());
  expect(server.requests).toEqual([request]);
});

it.each<[(client: NsqlookupdHttpClient) => Promise<unknown>, string]>([
  [(client) => client.ping(), 'GET /ping'],
  [(client) => client.createTopic('t'), 'POST /topic/create?topic=t'],
  [(client) => client.deleteTopic('t'), 'POST /topic/delete?topic=t'],
  [(client) => client.tombstone('t', 'h:4151'), 'POST /topic/tombstone?topic=t&node=h%3A4151'],
  [(client) => client.createChannel('t', 'c'), 'POST /channel/create?topic=t&channel=c'],
  [(client) => client.deleteChannel('t', 'c'), 'POST /channel/delete?topic=t&channel=c'],
])('asks nsqlookupd: %s', async (ask, request) => {
  await ask(lookupd());
  expect(server.requests).toEqual([request]);
});

it('reads what nsqlookupd knows', async () => {
  const producers = [{ broadcast_address: 'h', tcp_port: 4150 }];
  const answers: Record<string, unknown> = {
    'GET /info': { version: '1.3.0' },
    'GET /topics': { topics: ['a'] },
    'GET /channels?topic=a': { channels: ['c'] },
    'GET /lookup?topic=a': { channels: ['c'], producers },
    'GET /nodes': { producers },
  };
  server.answer = (request) => ({ body: JSON.stringify(answers[request]) });
  const client = lookupd();
  expect(await client.info()).toEqual({ version: '1.3.0' });
  expect(await client.topics()).toEqual(['a']);
  expect(await client.channels('a')).toEqual(['c']);
  expect(await client.lookup('a')).toEqual({ channels: ['c'], producers });
  expect(await client.nodes()).toEqual(producers);
});

it('reads statistics, with empty lists for null', async () => {
  server.answer = () => ({ body: '{"version":"1.3.0","health":"OK","start_time":1,"topics":null,"producers":null}' });
  const stats = await nsqd().stats({ topic: 't', channel: 'c', includeClients: false, includeMemory: false });
  expect(server.requests).toEqual(['GET /stats?format=json&topic=t&channel=c&include_clients=false&include_mem=false']);
  expect(stats).toMatchObject({ topics: [], producers: [], health: 'OK' });
  await nsqd().stats();
  expect(server.requests[1]).toBe('GET /stats?format=json');
});

it('rejects with what the daemon says', async () => {
  server.answer = () => ({ status: 404, body: '{"message":"TOPIC_NOT_FOUND"}' });
  expect(await failure(nsqd().deleteTopic('t'))).toMatchObject({
    name: 'NsqHttpError',
    code: 'TOPIC_NOT_FOUND',
    status: 404,
    address: server.address,
    message: `${server.address}: POST /topic/delete: 404 TOPIC_NOT_FOUND`,
  });
  server.answer = () => ({ status: 500, body: 'NOK - no space left on device' });
  expect(await failure(nsqd().ping())).toMatchObject({ code: 'ERR_NSQ_HTTP', status: 500, body: 'NOK - no space left on device' });
  server.answer = () => ({ body: 'OK' });
  expect(await failure(lookupd().topics())).toMatchObject({ code: 'ERR_NSQ_HTTP', message: /the answer is no JSON/ });
});

it('has limits: of time, of length, and those of the caller', async () => {
  server.answer = () => ({ silent: true });
  expect(await failure(nsqd({ timeout: 30 }).info())).toMatchObject({ code: 'ERR_NSQ_TIMEOUT', message: /GET \/info: not within 30 ms/ });
  expect(await failure(nsqd().info({ signal: AbortSignal.timeout(10) }))).toMatchObject({ code: 'ERR_NSQ_ABORTED' });
  expect(await failure(nsqd().info({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_NSQ_ABORTED' });
  server.answer = () => ({ body: 'x'.repeat(100_000) });
  expect(await failure(nsqd({ maxBodyBytes: 99_999 }).config('x'))).toMatchObject({
    code: 'ERR_NSQ_HTTP',
    message: /more than 99999 bytes/,
  });
  expect(await nsqd({ maxBodyBytes: 100_000 }).config('x')).toHaveLength(100_000);
});

it('rejects when nobody listens', async () => {
  const { address } = server;
  await server.stop();
  expect(await failure(new NsqdHttpClient(address).ping())).toMatchObject({ code: 'ERR_NSQ_CONNECT', cause: { code: 'ECONNREFUSED' } });
  server = await FakeHttp.start();
});

it('takes URLs with a path, unix sockets and a token', async () => {
  await new NsqdHttpClient(`http://${server.address}/behind/a/proxy/`, { token: 'secret' }).ping();
  expect(server.requests).toEqual(['GET /behind/a/proxy/ping']);
  expect(server.headers[0]?.['authorization']).toBe('Bearer secret');
  const folder = await mkdtemp(join(tmpdir(), 'nsq-client-'));
  const path = join(folder, 'nsqd.sock');
  const local = await FakeHttp.start(() => ({ body: 'OK' }), path);
  await new NsqdHttpClient(path).ping();
  expect(local.requests).toEqual(['GET /ping']);
  await local.stop();
  await rm(folder, { recursive: true });
});

it.each([
  ['h', 'h:4151'],
  ['h:80', 'h'],
  ['h:5000', 'h:5000'],
  ['[::1]', '[::1]:4151'],
  ['http://h', 'h'],
  ['https://h:1', 'h:1'],
])('knows the port of %s', (address, host) => {
  expect(new NsqdHttpClient(address).address).toBe(host);
});

it.each(['ftp://h', 'h:port', ''])('refuses %j', (address) => {
  expect(() => new NsqdHttpClient(address)).toThrow(TypeError);
});
