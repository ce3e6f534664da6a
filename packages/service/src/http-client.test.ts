import fs from 'node:fs';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { HttpClient, type HttpClientOptions } from './http-client.js';

const read = (name: string): Buffer => fs.readFileSync(path.join(__dirname, '..', 'test', 'fixtures', name));
const files = { cert: read('cert.pem'), key: read('key.pem') };
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function open(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener): Promise<number> => open(http.createServer(listener));
const reply =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status).end(body);
const client = (options: Partial<HttpClientOptions> = {}): HttpClient =>
  new HttpClient({ connectTimeout: 5000, requestTimeout: 5000, maxBodyBytes: 1000, tls: () => ({ ca: files.cert }), ...options });
const get = async (port: number, options: Partial<HttpClientOptions> = {}): Promise<string> =>
  (await client(options).request(`http://localhost:${port}/a?b=c+d`)).toString();

it('sends what the reference sends, on a connection of its own', async () => {
  const port = await serve(({ method, url, headers }, response) => {
    const { accept, connection } = headers;
    response.end(JSON.stringify({ method, url, accept, connection }));
  });
  const expected = { method: 'GET', url: '/a?b=c+d', accept: 'application/vnd.nsq; version=1.0', connection: 'close' };
  expect(JSON.parse(await get(port))).toEqual(expected);
});

it('posts JSON', async () => {
  const port = await serve((request, response) => {
    response.write(`${request.method} ${request.headers['content-type']} `);
    request.pipe(response);
  });
  const body = await client().request(`http://localhost:${port}/`, { json: '{"é":1}' });
  expect(body.toString()).toBe('POST application/json {"é":1}');
});

it.each([
  [404, 'no', 'got response 404 Not Found "no"'],
  [204, '', 'got response 204 No Content ""'],
  [403, 'not "you"', 'got response 403 Forbidden "not \\"you\\""'],
  [403, '{"message":"denied"}', 'got response 403 Forbidden "{\\"message\\":\\"denied\\"}"'],
  [403, '{"https_port":0}', 'got response 403 Forbidden "{\\"https_port\\":0}"'],
  [500, 'x'.repeat(300), `got response 500 Internal Server Error "${'x'.repeat(256)}"...`],
])('fails at a %d with %j', async (status, body, message) => {
  await expect(get(await serve(reply(status, body)))).rejects.toThrow(new Error(message));
});

it('does not follow redirects', async () => {
  let asked = 0;
  const port = await serve((_request, response) => {
    asked++;
    response.writeHead(302, { Location: '/elsewhere' }).end('there');
  });
  await expect(get(port)).rejects.toThrow('got response 302 Found "there"');
  expect(asked).toBe(1);
});

it('goes over to https where a 403 names its port', async () => {
  const secure = await open(https.createServer(files, (request, response) => response.end(`secure ${request.url}`)));
  const port = await serve(reply(403, `{"message": "TLS_REQUIRED", "https_port": ${secure}}`));
  expect(await get(port)).toBe('secure /a?b=c+d');
  await expect(get(port, { tls: () => ({}) })).rejects.toThrow(/self-signed certificate/);
});

it.each([
  ['announced', (response: http.ServerResponse) => response.end('x'.repeat(1001))],
  ['without end', (response: http.ServerResponse) => void response.write('x'.repeat(1001))],
])('gives up a reply that is too long, %s', async (_name, send) => {
  const port = await serve((_request, response) => send(response));
  await expect(get(port)).rejects.toThrow('the reply is longer than 1000 bytes');
});

it('takes a reply as long as allowed', async () => {
  expect(await get(await serve(reply(200, 'x'.repeat(1000))))).toHaveLength(1000);
});

it('fails when the reply breaks off', async () => {
  const port = await serve((_request, response) => {
    response.writeHead(200, { 'Content-Length': 10 }).write('half', () => response.destroy());
  });
  await expect(get(port)).rejects.toThrow(/aborted|closed before the end/);
});

it.each([
  ['says nothing', (): RequestListener => () => undefined],
  ['stops in the middle', (): RequestListener => (_request, response) => void response.write('x')],
])('gives up a server that %s', async (_name, listener) => {
  await expect(get(await serve(listener()), { requestTimeout: 50 })).rejects.toThrow('request timed out after 50 ms');
});

it('counts the request, not only its answer, towards its limit over TLS', async () => {
  const port = await open(net.createServer((socket) => void socket.on('error', () => undefined).resume()));
  await expect(client({ requestTimeout: 50 }).request(`https://localhost:${port}/`)).rejects.toThrow('request timed out');
});

it('has no limit at 0', async () => {
  expect(await get(await serve(reply(200, 'x')), { requestTimeout: 0, connectTimeout: 0 })).toBe('x');
});

it('is given up by its signal', async () => {
  const stopping = new AbortController();
  const port = await serve(() => stopping.abort());
  await expect(client().request(`http://localhost:${port}/secret`, { signal: stopping.signal })).rejects.toMatchObject({
    code: 'ABORT_ERR',
  });
});

it('says why nobody answers, without the URL', async () => {
  const port = await serve(() => undefined);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  const failure = (await client()
    .request(`http://127.0.0.1:${port}/?secret=x`)
    .catch((error: unknown) => error)) as Error;
  expect(failure.message).toBe(`connect ECONNREFUSED 127.0.0.1:${port}`);
});

/** A listener that accepts nobody: its thread stands still. Who comes when its queue is full is left waiting by the kernel. */
const DEAF = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:worker_threads').parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000);
  });
`;

it('gives up connecting', async () => {
  const worker = new Worker(DEAF, { eval: true });
  const fillers: net.Socket[] = [];
  try {
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    const before = net.connect(port, '127.0.0.1');
    fillers.push(before);
    await new Promise((resolve) => before.once('connect', resolve));
    for (let i = 0; i < 4; i++) fillers.push(net.connect(port, '127.0.0.1'));
    await expect(get(port, { connectTimeout: 100 })).rejects.toThrow('connecting timed out after 100 ms');
  } finally {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  }
});
