import { createHash } from 'node:crypto';
import http from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Client, closeServers, startServer } from '../test/helper.js';
import { readBody } from './body.js';
import { route } from './route.js';

const LIMIT = 1000;
const LARGE = 1024 * 1024;
const seen: string[] = [];

const setUp = (server: FastifyInstance): void => {
  const pub = async (request: Parameters<typeof readBody>[0], limit: number): Promise<string> => {
    const body = await readBody(request, limit, 'MSG_TOO_BIG');
    seen.push(createHash('md5').update(body).digest('hex'));
    return String(body.length);
  };
  route(server, { method: 'POST', url: '/pub', style: 'v1', log: false, handler: (request) => pub(request, LIMIT) });
  route(server, { method: 'POST', url: '/large', style: 'v1', log: false, handler: (request) => pub(request, LARGE) });
  route(server, { method: 'POST', url: '/topic/create', style: 'v1', discardBody: true, handler: () => undefined });
};

let port: number;
beforeEach(async () => {
  seen.length = 0;
  ({ port } = await startServer(setUp));
});
afterEach(closeServers);

const head = (url: string, ...headers: string[]): string => [`POST ${url} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
const chunk = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n`;
const PING = 'POST /pub HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nping';

describe('readBody', () => {
  it.each([0, 1, LIMIT])('takes %d bytes', async (size) => {
    const client = new Client(port).send(head('/pub', `Content-Length: ${size}`) + 'x'.repeat(size));
    expect(await client.until(/\r\n\r\n\d+$/)).toMatch(new RegExp(`^HTTP/1.1 200[^]*\r\n${size}$`));
    client.socket.destroy();
  });

  it('takes a body without a length up to the limit, chunk by chunk', async () => {
    const client = new Client(port).send(head('/pub', 'Transfer-Encoding: chunked'));
    for (let i = 0; i < LIMIT; i++) client.send(chunk('y'));
    client.send(chunk(''));
    await client.until(/\r\n1000$/);
    expect(seen).toEqual([createHash('md5').update('y'.repeat(LIMIT)).digest('hex')]);
    client.socket.destroy();
  });

  it('joins a large body correctly, with and without a length', async () => {
    const body = Buffer.alloc(LARGE, 'abcdefg');
    const sent = (headers: http.OutgoingHttpHeaders): Promise<void> =>
      new Promise((resolve, reject) => {
        const request = http.request({ port, method: 'POST', path: '/large', headers, agent: false }, (response) => {
          response.resume().on('end', resolve);
        });
        request.on('error', reject);
        for (let at = 0; at < LARGE; at += 9999) request.write(body.subarray(at, at + 9999));
        request.end();
      });
    await sent({ 'Content-Length': LARGE });
    await sent({ 'Transfer-Encoding': 'chunked' });
    const md5 = createHash('md5').update(body).digest('hex');
    expect(seen).toEqual([md5, md5]);
  });

  it('refuses an announced byte too many without reading, and keeps the connection', async () => {
    const client = new Client(port).send(head('/pub', `Content-Length: ${LIMIT + 1}`));
    expect(await client.until(/\}$/)).toMatch(/^HTTP\/1.1 413[^]*\r\n\r\n\{"message":"MSG_TOO_BIG"\}$/);
    expect(client.received).not.toMatch(/connection: close/i);
    client.received = '';
    client.send('z'.repeat(LIMIT + 1) + PING);
    await client.until(/\r\n4$/);
    client.socket.destroy();
  });

  it('refuses at the byte after the limit when nothing was announced, and keeps the connection when the body ends soon', async () => {
    const client = new Client(port).send(head('/pub', 'Transfer-Encoding: chunked') + chunk('z'.repeat(LIMIT + 1)) + chunk(''));
    await client.until(/413[^]*MSG_TOO_BIG"\}$/);
    client.received = '';
    client.send(PING);
    await client.until(/\r\n4$/);
    client.socket.destroy();
  });

  it('closes after the reply when too much is unread, and the reply still arrives', async () => {
    const size = 8 * 1024 * 1024;
    const client = new Client(port).send(head('/pub', `Content-Length: ${size}`)).send(Buffer.alloc(size));
    await client.ended;
    expect(client.received).toMatch(/^HTTP\/1.1 413[^]*connection: close[^]*MSG_TOO_BIG"\}$/i);
  });

  it('closes when a body without a length goes on and on', async () => {
    const client = new Client(port).send(head('/pub', 'Transfer-Encoding: chunked'));
    for (let i = 0; i < 40; i++) client.send(chunk('z'.repeat(10_000)));
    await client.ended;
    expect(client.received).toMatch(/^HTTP\/1.1 413[^]*connection: close/i);
  });

  it('closes when a refused body without a length does not end in time', async () => {
    const client = new Client(port).send(head('/pub', 'Transfer-Encoding: chunked') + chunk('z'.repeat(LIMIT + 1)));
    await client.until(/413[^]*connection: close/i);
    await client.ended;
  });

  it('does not carry out a request that follows a refused one on a closing connection', async () => {
    const client = new Client(port).send(head('/pub', 'Transfer-Encoding: chunked') + chunk('z'.repeat(LIMIT + 1)));
    await client.until(/413[^]*\}$/);
    client.send(chunk('') + PING);
    await client.ended;
    expect(seen).toEqual([]);
  });

  it('asks for a body only when somebody wants it', async () => {
    const client = new Client(port).send(head('/pub', 'Content-Length: 4', 'Expect: 100-continue'));
    await client.until(/^HTTP\/1.1 100 Continue\r\n\r\n$/);
    client.send('ping');
    await client.until(/\r\n4$/);

    const refused = new Client(port).send(head('/pub', `Content-Length: ${LIMIT + 1}`, 'Expect: 100-continue'));
    await refused.ended;
    expect(refused.received).toMatch(/^HTTP\/1.1 413[^]*connection: close/i);
    client.socket.destroy();
  });

  it('survives a client that goes away in the middle', async () => {
    const client = new Client(port).send(head('/pub', 'Content-Length: 100') + 'half');
    client.socket.end();
    await client.ended;
    const next = new Client(port).send(PING);
    await next.until(/\r\n4$/);
    expect(seen).toHaveLength(1);
    next.socket.destroy();
  });
});

it('reads a body that is not wanted to its end before the handler', async () => {
  const size = 3 * 1024 * 1024;
  const client = new Client(port)
    .send(head('/topic/create', `Content-Length: ${size}`))
    .send(Buffer.alloc(size))
    .send(PING);
  await client.until(/^HTTP\/1.1 200[^]*content-length: 0[^]*HTTP\/1.1 200[^]*\r\n4$/i);
  client.socket.destroy();
});

it('closes the connection of a 404 with a long body', async () => {
  const client = new Client(port).send(head('/nothing', 'Content-Length: 9000000'));
  await client.ended;
  expect(client.received).toMatch(/^HTTP\/1.1 404[^]*connection: close/i);
});
