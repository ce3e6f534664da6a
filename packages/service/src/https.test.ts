import { once } from 'node:events';
import fs from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import path from 'node:path';
import tls from 'node:tls';
import { Client, closeServers, startServer } from '../test/helper.js';
import { registerPing } from './standard-routes.js';

const read = (name: string): Buffer => fs.readFileSync(path.join(__dirname, '..', 'test', 'fixtures', name));
const cert = read('cert.pem');

afterEach(closeServers);

const get = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    https
      .get({ port, path: '/ping', ca: cert, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => resolve(`${response.statusCode} ${body}`));
      })
      .on('error', reject);
  });

it('serves the same routes over TLS', async () => {
  const { port, lines } = await startServer((server) => registerPing(server, () => undefined), { https: { cert, key: read('key.pem') } });
  expect(await get(port)).toBe('200 OK');
  expect(await get(port)).toBe('200 OK');
  expect(lines[0]).toMatch(/^INFO: 200 GET \/ping \(127.0.0.1:\d+\)/);
});

it('logs a handshake that fails', async () => {
  const { port, lines } = await startServer((server) => registerPing(server, () => undefined), { https: { cert, key: read('key.pem') } });
  const client = new Client(port).send(Buffer.from('1603010005ffffffffff', 'hex'));
  await client.ended;
  expect(lines[0]).toMatch(/^WARNING: http: TLS handshake error from 127.0.0.1:\d+: /);
  expect(lines).toHaveLength(1);
});

it.each(['GET /ping HTTP/1.1\r\nHost: x\r\n\r\n', `POST /pub HTTP/1.1\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`])(
  'tells a client that speaks plain HTTP',
  async (request) => {
    const { port, lines } = await startServer((server) => registerPing(server, () => undefined), { https: { cert, key: read('key.pem') } });
    const client = new Client(port).send(request);
    await client.ended;
    expect(client.received).toBe('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
    expect(lines).toEqual([
      expect.stringMatching(
        /^WARNING: http: TLS handshake error from 127.0.0.1:\d+: client sent an HTTP request to an HTTPS server$/,
      ) as string,
    ]);
  },
);

it.each([[undefined], [['h2', 'http/1.1']], [['h2']], [['no-such-protocol']]])('leaves ALPN %j alone', async (protocols) => {
  const { port } = await startServer((server) => registerPing(server, () => undefined), { https: { cert, key: read('key.pem') } });
  const socket = tls.connect({ port, host: '127.0.0.1', ca: cert, checkServerIdentity: () => undefined, ALPNProtocols: protocols ?? [] });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  expect(socket.alpnProtocol).toBe(false);
  socket.write('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  socket.destroy();
});

it('keeps a connection for the next request', async () => {
  const { port } = await startServer((server) => registerPing(server, () => undefined), { https: { cert, key: read('key.pem') } });
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: cert });
  const ports = new Set<number | undefined>();
  for (let i = 0; i < 3; i++) {
    const request = https.get({ port, path: '/ping', agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    ports.add(response.socket.localPort);
    response.resume();
    await once(response, 'end');
  }
  expect(ports.size).toBe(1);
  agent.destroy();
});

it('lets a client that connects and leaves without a word go', async () => {
  const { port, server } = await startServer((each) => registerPing(each, () => undefined), { https: { cert, key: read('key.pem') } });
  const client = new Client(port);
  await once(client.socket, 'connect');
  client.socket.end();
  await client.ended;
  await server.close();
});

it('does not wait for clients that say nothing, or stall in their handshake, when it closes', async () => {
  const options = { https: { cert, key: read('key.pem') }, closeGraceMs: 50 };
  const { port, server } = await startServer((each) => registerPing(each, () => undefined), options);
  const silent = new Client(port);
  const stalled = new Client(port).send(Buffer.from('1603010200', 'hex'));
  const done = new Client(port);
  expect(await get(port)).toBe('200 OK'); // those before it have been accepted
  done.socket.end();
  await server.close();
  await Promise.all([silent.ended, stalled.ended, done.ended]);
});
