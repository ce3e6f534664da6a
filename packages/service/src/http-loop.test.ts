import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { Client, testLogger } from '../test/helper.js';
import { HttpLoop, type HttpLoopOptions } from './http-loop.js';
import { registerPing } from './standard-routes.js';

const GET = 'GET /ping HTTP/1.1\r\nHost: x\r\n\r\n';
const read = (name: string): Buffer => fs.readFileSync(path.join(__dirname, '..', 'test', 'fixtures', name));
const files = { cert: read('cert.pem'), key: read('key.pem') };

async function bound(options: Omit<HttpLoopOptions, 'logger'> = {}) {
  const { logger, lines } = testLogger();
  const loop = new HttpLoop({ logger, ...options }, (server) => registerPing(server, () => undefined));
  expect(loop.port).toBe(0);
  await loop.bind({ kind: 'tcp', host: '127.0.0.1', port: 0 });
  const stopping = new AbortController();
  return { loop, lines, stopping, address: `127.0.0.1:${loop.port}` };
}

/** What a TLS client gets for a request; empty when it is closed. */
async function secureGet(port: number): Promise<string> {
  const socket = tls.connect({ port, ca: files.cert, servername: 'localhost' });
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    if (received.endsWith('OK')) socket.end();
  });
  socket.on('error', () => undefined);
  socket.write(GET);
  await once(socket, 'close');
  return received;
}

it('lets requests wait that come before it runs', async () => {
  const { loop, lines, stopping, address } = await bound();
  const early = new Client(loop.port).send(GET);
  await once(early.socket, 'connect');
  const running = loop.run(stopping.signal);
  await early.until(/OK$/);
  stopping.abort();
  await running;
  await early.ended;
  expect(lines).toEqual([
    `INFO: HTTP: listening on ${address}`,
    expect.stringMatching(/^INFO: 200 GET \/ping /),
    `INFO: HTTP: closing ${address}`,
  ]);
  expect(loop.port).toBe(0);
});

it('answers what waited when it is closed without having run', async () => {
  const { loop } = await bound();
  const early = new Client(loop.port).send(GET);
  await once(early.socket, 'connect');
  await Promise.all([loop.close(), loop.close()]);
  await early.ended;
});

it('refuses plain HTTP where TLS is required', async () => {
  const { loop, stopping } = await bound({ tlsRequiredPort: () => 4152 });
  const running = loop.run(stopping.signal);
  const client = new Client(loop.port).send(GET);
  await client.until(/403 Forbidden[^]*\{"message": "TLS_REQUIRED", "https_port": 4152\}$/);
  stopping.abort();
  await running;
});

it('serves HTTPS to the clients that its policy takes', async () => {
  const problems: string[] = [];
  const { loop, lines, stopping, address } = await bound({ tls: { serverOptions: files, clientProblem: () => problems[0] } });
  const running = loop.run(stopping.signal);
  expect(await secureGet(loop.port)).toMatch(/^HTTP\/1.1 200 OK[^]*OK$/);
  problems.push('tls: not you');
  expect(await secureGet(loop.port)).toBe('');
  stopping.abort();
  await running;
  expect(lines[0]).toBe(`INFO: HTTPS: listening on ${address}`);
  expect(lines).toContainEqual(expect.stringMatching(/^WARNING: http: TLS handshake error from 127\.0\.0\.1:\d+: tls: not you$/));
});

it('takes another certificate and policy for new connections, over HTTPS only', async () => {
  const { loop, stopping } = await bound({ tls: { serverOptions: files, clientProblem: () => undefined } });
  const running = loop.run(stopping.signal);
  const old = tls.connect({ port: loop.port, ca: files.cert, servername: 'localhost' });
  await once(old, 'secureConnect');
  loop.replaceTls({ serverOptions: { ...files, minVersion: 'TLSv1.3' }, clientProblem: () => undefined });
  const older = tls.connect({ port: loop.port, ca: files.cert, servername: 'localhost', maxVersion: 'TLSv1.2' });
  await expect(once(older, 'secureConnect')).rejects.toThrow(/alert protocol version/);
  expect(await secureGet(loop.port)).toMatch(/^HTTP\/1.1 200 OK/);
  old.write(GET);
  await once(old, 'data');
  stopping.abort();
  await running;
  const { loop: plain } = await bound();
  expect(() => plain.replaceTls({ serverOptions: files, clientProblem: () => undefined })).toThrow('not an HTTPS server');
  await plain.close();
});
