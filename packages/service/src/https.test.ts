import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
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
  const client = new Client(port).send('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.ended;
  expect(lines[0]).toMatch(/^WARNING: http: TLS handshake error from 127.0.0.1:\d+: /);
  expect(lines).toHaveLength(1);
});
