import { closeServers, startServer, testLogger } from '../test/helper.js';
import { createHttpServer } from './http-server.js';
import { HttpError } from './http-error.js';
import { parseQuery } from './query.js';
import { RawJson } from './reply.js';
import { route } from './route.js';
import { registerInfo, registerPing } from './standard-routes.js';

const V1 = 'nsq; version=1.0';
const JSON_TYPE = 'application/json; charset=utf-8';

function setUp(options: { level?: 'info' | 'warn'; tlsRequiredPort?: () => number } = {}) {
  const { logger, lines } = testLogger(options.level ?? 'info');
  const server = createHttpServer({ logger, ...(options.tlsRequiredPort && { tlsRequiredPort: options.tlsRequiredPort }) });
  registerPing(server, () => undefined);
  registerInfo(server, () => ({ version: '1.3.0', broadcast_address: '<&>' }));
  const results: Record<string, unknown> = {
    text: 'OK',
    nothing: undefined,
    empty: '',
    number: 2500,
    null: null,
    list: ['127.0.0.1:4160'],
    raw: new RawJson('{"a":1}'),
    later: Promise.resolve('later'),
  };
  route(server, { method: ['GET', 'PUT'], url: '/v/:key', style: 'v1', handler: ({ params }) => results[(params as { key: string }).key] });
  route(server, { method: 'POST', url: '/pub', style: 'v1', log: false, handler: () => 'OK' });
  route(server, { method: 'POST', url: '/topic/create', style: 'v1', discardBody: true, handler: () => undefined });
  route(server, {
    method: 'GET',
    url: '/error',
    style: 'v1',
    handler: ({ raw }) => {
      const kind = parseQuery(raw.url ?? '').get('kind');
      if (kind === 'http') throw new HttpError(404, 'TOPIC_NOT_FOUND');
      if (kind === 'later') return Promise.reject(new Error('later'));
      throw new Error('oh\nno');
    },
  });
  route(server, {
    method: 'GET',
    url: '/plain-error',
    style: 'plain',
    handler: () => {
      throw new HttpError(400, 'invalid block rate');
    },
  });
  return { server, lines };
}

describe('V1 replies', () => {
  it.each([
    ['text', 'OK', 'text/plain; charset=utf-8'],
    ['number', '2500', JSON_TYPE],
    ['null', 'null', JSON_TYPE],
    ['list', '["127.0.0.1:4160"]', JSON_TYPE],
    ['raw', '{"a":1}', JSON_TYPE],
    ['later', 'later', 'text/plain; charset=utf-8'],
    ['nothing', '', undefined],
    ['empty', '', undefined],
  ])('sends %s as %j', async (key, body, type) => {
    const { server } = setUp();
    const reply = await server.inject(`/v/${key}`);
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toBe(body);
    expect(reply.headers['content-type']).toBe(type);
    expect(reply.headers['content-length']).toBe(String(body.length));
    expect(reply.headers['x-nsq-content-type']).toBe(V1);
  });

  it('sends an error as a JSON message', async () => {
    const { server } = setUp();
    const reply = await server.inject('/error?kind=http');
    expect([reply.statusCode, reply.body]).toEqual([404, '{"message":"TOPIC_NOT_FOUND"}']);
    expect(reply.headers).toMatchObject({ 'content-type': JSON_TYPE, 'x-nsq-content-type': V1, 'content-length': '29' });
  });

  it.each(['/error', '/error?kind=later'])('answers a crash in %s with INTERNAL_ERROR and logs it in one line', async (url) => {
    const { server, lines } = setUp();
    const reply = await server.inject(url);
    expect([reply.statusCode, reply.body]).toEqual([500, '{"message":"INTERNAL_ERROR"}']);
    expect(reply.headers['x-nsq-content-type']).toBe(V1);
    expect(lines[0]).toMatch(/^ERROR: panic in HTTP handler - Error: (oh\\nno|later)\\n/);
    expect(lines[1]).toMatch(/^INFO: 500 GET \/error/);
  });

  it('refuses a query that cannot be read, and says why in the log', async () => {
    const { server, lines } = setUp();
    const reply = await server.inject('/error?kind=%zz');
    expect([reply.statusCode, reply.body]).toEqual([400, '{"message":"INVALID_REQUEST"}']);
    expect(lines[0]).toBe('ERROR: failed to parse request params - invalid URL escape "%zz"');
  });

  it.each(['application/json', 'nonsense', 'text/xml;;', ''])('takes a body of the type %j', async (type) => {
    const { server } = setUp();
    const reply = await server.inject({ method: 'POST', url: '/pub?topic=t', headers: { 'content-type': type }, payload: '{"bad' });
    expect([reply.statusCode, reply.body]).toEqual([200, 'OK']);
  });
});

describe('plain replies', () => {
  it('answers /ping', async () => {
    const { server } = setUp();
    const reply = await server.inject('/ping');
    expect([reply.statusCode, reply.body]).toEqual([200, 'OK']);
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(reply.headers).not.toHaveProperty('x-nsq-content-type');
  });

  it('tells on /ping what is wrong', async () => {
    const server = createHttpServer(testLogger());
    registerPing(server, () => 'open /data/x: no such file or directory');
    const reply = await server.inject('/ping');
    expect([reply.statusCode, reply.body]).toEqual([500, 'NOK - open /data/x: no such file or directory']);
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('sends an error as its text', async () => {
    const { server } = setUp();
    const reply = await server.inject('/plain-error');
    expect([reply.statusCode, reply.body]).toEqual([400, 'invalid block rate']);
    expect(reply.headers).not.toHaveProperty('x-nsq-content-type');
  });
});

describe('/info', () => {
  it('sends the object in its order', async () => {
    const { server } = setUp();
    const reply = await server.inject('/info');
    expect(reply.body).toBe('{"version":"1.3.0","broadcast_address":"\\u003c\\u0026\\u003e"}');
  });

  it('sends the text of an error', async () => {
    const server = createHttpServer(testLogger());
    registerInfo(server, () => {
      throw new Error('host name unknown');
    });
    const reply = await server.inject('/info');
    expect([reply.statusCode, reply.body]).toEqual([500, '{"message":"host name unknown"}']);
  });
});

describe('requests no route takes', () => {
  it.each([
    ['GET', '/nothing'],
    ['GET', '/'],
    ['POST', '/put?topic=t'],
    ['GET', '/v'],
    ['GET', '/v/'],
    ['OPTIONS', '/nothing'],
    ['PROPFIND', '/nothing'],
  ])('answers %s %s with NOT_FOUND', async (method, url) => {
    const { server, lines } = setUp();
    const reply = await server.inject({ method: method as 'GET', url });
    expect([reply.statusCode, reply.body]).toEqual([404, '{"message":"NOT_FOUND"}']);
    expect(reply.headers).toMatchObject({ 'content-type': JSON_TYPE, 'x-nsq-content-type': V1 });
    expect(lines.at(-1)).toMatch(new RegExp(`^INFO: 404 ${method} ${url.replace('?', '\\?')} \\(127.0.0.1:\\d*\\) [\\d.]+(µs|ms)$|@`));
  });

  it.each([
    ['GET', '/pub', 'OPTIONS, POST'],
    ['POST', '/ping', 'GET, OPTIONS'],
    ['DELETE', '/v/x', 'GET, OPTIONS, PUT'],
    ['PROPFIND', '/ping', 'GET, OPTIONS'],
  ])('answers %s %s with METHOD_NOT_ALLOWED and %s', async (method, url, allow) => {
    const { server } = setUp();
    const reply = await server.inject({ method: method as 'GET', url });
    expect([reply.statusCode, reply.body]).toEqual([405, '{"message":"METHOD_NOT_ALLOWED"}']);
    expect(reply.headers).toMatchObject({ allow, 'content-type': JSON_TYPE, 'x-nsq-content-type': V1 });
  });

  it('has no HEAD, and gives the length of the error', async () => {
    const { port } = await startServer((server) => registerPing(server, () => undefined));
    const reply = await fetch(`http://127.0.0.1:${port}/ping`, { method: 'HEAD' });
    expect([reply.status, reply.headers.get('allow'), reply.headers.get('content-length')]).toEqual([405, 'GET, OPTIONS', '32']);
    expect(await reply.text()).toBe('');
    await closeServers();
  });

  it('answers OPTIONS on a known path with Allow alone and no line in the log', async () => {
    const { server, lines } = setUp();
    const reply = await server.inject({ method: 'OPTIONS', url: '/v/x' });
    expect([reply.statusCode, reply.body, reply.headers.allow]).toEqual([200, '', 'GET, OPTIONS, PUT']);
    expect(reply.headers).not.toHaveProperty('x-nsq-content-type');
    expect(reply.headers).not.toHaveProperty('content-type');
    expect(lines).toEqual([]);
  });

  it.each(['/ping/', '/PING', '//ping'])('redirects GET %s for good, with a small page', async (url) => {
    const { server, lines } = setUp();
    const reply = await server.inject(`${url}?a=1&b=2`);
    expect([reply.statusCode, reply.headers.location]).toEqual([301, '/ping?a=1&b=2']);
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.body).toBe('<a href="/ping?a=1&amp;b=2">Moved Permanently</a>.\n\n');
    expect(reply.headers).not.toHaveProperty('x-nsq-content-type');
    expect(lines).toEqual([]);
  });

  it('redirects other methods with 307 and no body', async () => {
    const { server } = setUp();
    const reply = await server.inject({ method: 'POST', url: '/pub/?topic=t', payload: 'x' });
    expect([reply.statusCode, reply.headers.location, reply.body]).toEqual([307, '/pub?topic=t', '']);
    expect(reply.headers).not.toHaveProperty('content-type');
  });

  it('answers 400 to a path that cannot be decoded', async () => {
    const { server } = setUp();
    const reply = await server.inject('/%zz');
    expect([reply.statusCode, reply.body]).toEqual([400, '400 Bad Request']);
  });
});

describe('access log', () => {
  it('has a line for each request of a route, with the status', async () => {
    const { server, lines } = setUp();
    await server.inject('/ping?x=1');
    await server.inject('/error?kind=http');
    expect(lines[0]).toMatch(/^INFO: 200 GET \/ping\?x=1 \(.*\) [\d.]+(µs|ms|ns)$/);
    expect(lines[1]).toMatch(/^INFO: 404 GET \/error\?kind=http /);
  });

  it('leaves out routes that do not want it', async () => {
    const { server, lines } = setUp();
    await server.inject({ method: 'POST', url: '/pub?topic=t' });
    expect(lines).toEqual([]);
  });

  it('is silent above INFO', async () => {
    const { server, lines } = setUp({ level: 'warn' });
    await server.inject('/ping');
    await server.inject('/nothing');
    expect(lines).toEqual([]);
  });
});

describe('a listener that requires TLS', () => {
  it.each([
    ['GET', '/ping'],
    ['POST', '/pub?topic=t'],
    ['GET', '/nothing'],
    ['OPTIONS', '/ping'],
    ['GET', '/PING'],
  ])('refuses %s %s without a line in the log', async (method, url) => {
    const { server, lines } = setUp({ tlsRequiredPort: () => 20222 });
    const reply = await server.inject({ method: method as 'GET', url });
    expect([reply.statusCode, reply.body]).toEqual([403, '{"message": "TLS_REQUIRED", "https_port": 20222}']);
    expect(reply.headers).toMatchObject({ 'content-type': JSON_TYPE, 'x-nsq-content-type': V1, 'content-length': '48' });
    expect(lines).toEqual([]);
  });
});
