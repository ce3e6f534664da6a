import { once } from 'node:events';
import { existsSync, linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAGIC_V2, OK_FRAME, encodePub } from '@nsq/protocol';
import { Logger } from '@nsq/service';
import { Nsqd } from '../src/index.js';
import type { NsqdOptions } from '../src/options.js';
import { serverCertificate } from './tcp/certificates.js';

const PERMISSIONS = 0o777;

let folder: string;
let tcp: string;
let web: string;
const running: Nsqd[] = [];
const sockets: Socket[] = [];
let folders = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nsqd-unix-'));
  tcp = join(folder, 'tcp.sock');
  web = join(folder, 'http.sock');
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const nsqd of running.splice(0)) await nsqd.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<NsqdOptions> = {}): Promise<Nsqd> {
  const dataPath = mkdtempSync(join(folder, `data-${folders++}-`));
  const logger = new Logger({ level: 'error', write: () => undefined });
  const nsqd = await Nsqd.start({ dataPath, tcpAddress: tcp, httpAddress: web, httpsAddress: '', ...options }, { logger });
  running.push(nsqd);
  return nsqd;
}

async function publish(path: string): Promise<void> {
  const socket = connect(path);
  sockets.push(socket);
  socket.write(Buffer.concat([MAGIC_V2, encodePub('t', Buffer.from('a'))]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.equals(OK_FRAME)).toBe(true);
}

async function get(path: string, socketPath = web): Promise<string> {
  const [response] = (await once(http.get({ socketPath, path, agent: false }), 'response')) as [IncomingMessage];
  let body = '';
  response.setEncoding('utf8').on('data', (text: string) => (body += text));
  await once(response, 'end');
  return body;
}

/** The path of a socket whose listener has died: the file is there, nobody accepts. */
async function stale(): Promise<string> {
  const path = join(folder, 'stale.sock');
  const server = createServer().listen(join(folder, 'other.sock'));
  await once(server, 'listening');
  // A listener that closes takes its file with it: a second name for it stays.
  linkSync(join(folder, 'other.sock'), path);
  server.close();
  await once(server, 'close');
  return path;
}

it('serves TCP and HTTP clients on unix sockets, shows them as @, and has no ports', async () => {
  const nsqd = await start();
  await publish(tcp);
  expect([nsqd.tcpPort, nsqd.httpPort, nsqd.httpsPort]).toEqual([-1, -1, 0]);
  expect(JSON.parse(await get('/info'))).toMatchObject({ tcp_port: -1, http_port: -1 });
  expect(JSON.parse(await get('/stats?format=json'))).toMatchObject({
    topics: [{ topic_name: 't', depth: 1 }],
    producers: [{ client_id: '', hostname: '', remote_address: '@' }],
  });
  expect([nsqd.options.broadcastTcpPort, nsqd.options.broadcastHttpPort]).toEqual([0, 0]);
});

it('takes its socket files away when it stops, so that it can be started again', async () => {
  await (await start()).stop();
  expect([existsSync(tcp), existsSync(web)]).toEqual([false, false]);
  await start();
  await publish(tcp);
});

it.each([0o022, 0o077])('makes socket files with the permissions that umask %o leaves', async (mask) => {
  const before = process.umask(mask);
  try {
    await start();
  } finally {
    process.umask(before);
  }
  for (const path of [tcp, web]) expect(statSync(path).mode & PERMISSIONS).toBe(PERMISSIONS & ~mask);
});

it('refuses a socket on which another one listens, and leaves that one alone', async () => {
  await start();
  for (const options of [{ httpAddress: '' }, { tcpAddress: '127.0.0.1:0' }]) {
    const path = 'httpAddress' in options ? tcp : web;
    await expect(start(options)).rejects.toThrow(
      `failed to instantiate nsqd - listen (${path}) failed - listen unix ${path}: bind: address already in use`,
    );
  }
  await publish(tcp);
  expect(await get('/ping')).toBe('OK');
});

it('refuses a socket file that a dead one has left, and any other file, and leaves both where they are', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'precious');
  for (const path of [await stale(), file]) {
    for (const options of [{ tcpAddress: path }, { httpAddress: path }]) {
      await expect(start(options)).rejects.toThrow(`listen (${path}) failed - listen unix ${path}: bind: address already in use`);
    }
    expect(existsSync(path)).toBe(true);
  }
});

it.each(['relative/missing/s', '/no/such/folder/s'])('says that %s cannot be made', async (path) => {
  await expect(start({ tcpAddress: path })).rejects.toThrow(
    new RegExp(`listen unix ${path}: bind: (no such file or directory|permission denied)$`),
  );
});

it('serves HTTPS over TCP only', async () => {
  const path = join(folder, 'https.sock');
  await expect(start({ ...serverCertificate, httpsAddress: path })).rejects.toThrow(
    `failed to instantiate nsqd - listen (${path}) failed - listen tcp: address ${path}: missing port in address`,
  );
  expect(existsSync(path)).toBe(false);
  const nsqd = await start({ ...serverCertificate, httpsAddress: '127.0.0.1:0' });
  expect([nsqd.httpPort, nsqd.httpsPort > 0]).toEqual([-1, true]);
});

it('answers every request on a unix socket with 403 where TLS is required', async () => {
  const nsqd = await start({ ...serverCertificate, httpsAddress: '127.0.0.1:0', tlsRequired: 'yes' });
  for (const path of ['/ping', '/nope', '/pub?topic=t']) {
    expect(await get(path)).toBe(`{"message": "TLS_REQUIRED", "https_port": ${nsqd.httpsPort}}`);
  }
});
