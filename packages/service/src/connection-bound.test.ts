import type { FastifyInstance } from 'fastify';
import { Client, closeServers, startServer } from '../test/helper.js';
import { route } from './route.js';
import { registerPing } from './standard-routes.js';

const GET = 'GET /ping HTTP/1.1\r\nHost: x\r\n\r\n';
let release: (text: string) => void = () => undefined;

const setUp = (server: FastifyInstance): void => {
  registerPing(server, () => undefined);
  route(server, { method: 'GET', url: '/slow', style: 'v1', handler: () => new Promise((resolve) => (release = resolve)) });
};

afterEach(closeServers);

async function connected(client: Client): Promise<Client> {
  if (client.socket.connecting) await new Promise((resolve) => client.socket.once('connect', resolve));
  return client;
}

describe('the bound on connections', () => {
  it('closes the connection that has been idle longest', async () => {
    const { port, lines } = await startServer(setUp, { maxConnections: 2 });
    const first = await connected(new Client(port));
    const second = await connected(new Client(port));
    await first.send(GET).until(/OK$/); // now the second is the one that waits longest
    const third = new Client(port).send(GET);
    await third.until(/OK$/);
    await second.ended;
    expect(first.socket.destroyed).toBe(false);
    expect(lines).toContain('WARNING: HTTP: more than 2 connections, closing the one that has been idle longest');
  });

  it('closes one that never finishes its header', async () => {
    const { port } = await startServer(setUp, { maxConnections: 1 });
    const slow = (await connected(new Client(port))).send('GET /ping HTTP/1.1\r\nX-Slow: ');
    const next = new Client(port).send(GET);
    await next.until(/OK$/);
    await slow.ended;
    expect(slow.received).toBe('');
  });

  it('leaves connections with a request under way alone', async () => {
    const { port, server } = await startServer(setUp, { maxConnections: 1 });
    const begun = new Promise((resolve) => server.server.once('request', resolve));
    const busy = new Client(port).send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun;
    const refused = new Client(port).send(GET);
    await refused.ended;
    expect(refused.received).toBe('');
    release('done');
    await busy.until(/done$/);
  });
});

describe('close', () => {
  it('ends idle connections, also those that never sent anything, and lets a request under way finish', async () => {
    const { port, server } = await startServer(setUp);
    const silent = await connected(new Client(port));
    const idle = new Client(port).send(GET);
    await idle.until(/OK$/);
    const begun = new Promise((resolve) => server.server.once('request', resolve));
    const busy = new Client(port).send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun;
    const closed = server.close();
    await Promise.all([silent.ended, idle.ended]);
    release('done');
    await busy.until(/done$/);
    await closed;
    await busy.ended;
  });

  it('does not wait for ever for a request that does not finish', async () => {
    const { port, server } = await startServer(setUp, { closeGraceMs: 20 });
    const begun = new Promise((resolve) => server.server.once('request', resolve));
    const stuck = new Client(port).send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun;
    await server.close();
    await stuck.ended;
  });
});

it('answers what is not HTTP with 400, and too long a header with 431', async () => {
  const { port, lines } = await startServer(setUp);
  const bad = new Client(port).send('  V2\r\n\r\n');
  await bad.ended;
  expect(bad.received).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*\r\n\r\n400 Bad Request$/);
  const long = new Client(port).send(`GET /ping HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
  await long.ended;
  expect(long.received).toMatch(/^HTTP\/1.1 431 /);
  expect(lines[0]).toMatch(/^WARNING: http: malformed request from 127.0.0.1:\d+: /);
});

it('serves HTTP/1.0, and connections that pipeline', async () => {
  const { port } = await startServer(setUp);
  const old = new Client(port).send('GET /ping HTTP/1.0\r\n\r\n');
  await old.ended;
  expect(old.received).toMatch(/^HTTP\/1.1 200 OK[^]*OK$/);
  const pipelined = new Client(port).send(GET.repeat(20));
  await pipelined.until(/(OK[^O]*){20}$/);
});

it('has no timeouts', async () => {
  const { server } = await startServer(setUp);
  const { requestTimeout, headersTimeout, keepAliveTimeout, timeout, maxRequestsPerSocket } = server.server;
  expect([requestTimeout, headersTimeout, keepAliveTimeout, timeout, maxRequestsPerSocket]).toEqual([0, 0, 0, 0, 0]);
});
