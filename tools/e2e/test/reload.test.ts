import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { FrameReader, MAGIC_V2, encodeIdentify, encodePub } from '@nsq/protocol';
import { within, type NsqdProcess } from '../src/index.js';
import { Daemons } from './daemon.js';

const PATIENCE_MS = 10_000;
const POLL_MS = 10;
const certificate = (name: string): string => fileURLToPath(new URL(`../../../apps/nsqd/test/fixtures/tls/${name}`, import.meta.url));

const daemons = new Daemons();
const sockets: Socket[] = [];

jest.setTimeout(30_000);
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await daemons.end();
});

const RELOADED = /RELOAD: (configuration and certificates are read again|nothing has changed - .*)\n/g;

/** Sends SIGHUP and waits until it is dealt with; what is logged of it. */
async function reload(nsqd: NsqdProcess): Promise<string> {
  const before = nsqd.log().length;
  process.kill(nsqd.pid, 'SIGHUP');
  for (const start = Date.now(); ;) {
    const text = nsqd.log().slice(before);
    if (text.match(RELOADED)) return text;
    if (Date.now() - start > PATIENCE_MS) throw new Error(`no reload: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function http(nsqd: NsqdProcess, method: string, path: string, body?: string): Promise<string> {
  const init = body === undefined ? { method } : { method, body };
  const response = await fetch(`http://${nsqd.host}:${nsqd.httpPort}${path}`, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
  return response.text();
}

/** A daemon with a config file and certificates that can be replaced. */
async function start(config: string): Promise<{ nsqd: NsqdProcess; folder: string; write: (config: string) => Promise<void> }> {
  const folder = await daemons.folder();
  await copyFile(certificate('server.pem'), join(folder, 'cert.pem'));
  await copyFile(certificate('server.key'), join(folder, 'key.pem'));
  const path = join(folder, 'nsqd.cfg');
  const write = (text: string): Promise<void> => writeFile(path, text.replaceAll('FOLDER', folder));
  await write(config);
  const nsqd = await daemons.start(folder, `--config=${path}`, '--https-address=127.0.0.1:0');
  return { nsqd, folder, write };
}

const TLS = 'tls_cert = "FOLDER/cert.pem"\ntls_key = "FOLDER/key.pem"\n';

/** A connection through the TLS upgrade; `name` is that of the certificate shown. */
async function secured(nsqd: NsqdProcess): Promise<{ name: string; publish: () => Promise<string> }> {
  const plain = connectTcp(nsqd.tcpPort, nsqd.host);
  sockets.push(plain);
  plain.write(Buffer.concat([MAGIC_V2, encodeIdentify({ feature_negotiation: true, tls_v1: true })]));
  await within(PATIENCE_MS, 'answer to IDENTIFY', once(plain, 'data'));
  const socket: TLSSocket = connect({ socket: plain, rejectUnauthorized: false });
  sockets.push(socket);
  const frames: string[] = [];
  let arrived = (): void => undefined;
  const reader = new FrameReader((_type, data) => {
    frames.push(data.toString());
    arrived();
  }, 1024);
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  const next = async (): Promise<string> => {
    if (frames.length === 0) await within(PATIENCE_MS, 'a frame', new Promise<void>((resolve) => (arrived = resolve)));
    return frames.shift() ?? '';
  };
  await within(PATIENCE_MS, 'TLS', once(socket, 'secureConnect'));
  expect(await next()).toBe('OK');
  return {
    name: String(socket.getPeerCertificate().subject.CN),
    publish: () => {
      socket.write(encodePub('t', Buffer.from('x')));
      return next();
    },
  };
}

/** The name in the certificate of the HTTPS listener. */
async function httpsName(nsqd: NsqdProcess): Promise<string> {
  const port = Number(/HTTPS: listening on 127\.0\.0\.1:(\d+)/.exec(nsqd.log())?.[1]);
  const socket = connect({ port, host: nsqd.host, rejectUnauthorized: false });
  sockets.push(socket);
  await within(PATIENCE_MS, 'HTTPS', once(socket, 'secureConnect'));
  return String(socket.getPeerCertificate().subject.CN);
}

it('takes the log level of the config file over, and what changed over HTTP stays where the file has not changed', async () => {
  const { nsqd, write } = await start('log_level = "info"\nnsqlookupd_tcp_addresses = []\n');
  await http(nsqd, 'PUT', '/config/log_level', 'debug');
  expect(await reload(nsqd)).toContain('read again');
  expect(await http(nsqd, 'GET', '/config/log_level')).toBe('1');
  await write('log_level = "info"\nnsqlookupd_tcp_addresses = ["127.0.0.1:1"]\nmax_rdy_count = 7\n');
  const text = await reload(nsqd);
  expect(text).toContain('WARNING: RELOAD: --max-rdy-count has changed, which takes a restart\n');
  expect(await http(nsqd, 'GET', '/config/nsqlookupd_tcp_addresses')).toBe('["127.0.0.1:1"]');
  expect(await http(nsqd, 'GET', '/config/max_rdy_count')).toBe('2500');
  await write('log_level = "warn"\n');
  // The line that says so is one of INFO.
  process.kill(nsqd.pid, 'SIGHUP');
  while ((await http(nsqd, 'GET', '/config/log_level')) !== '3') continue;
  await nsqd.stop();
  expect(nsqd.log()).not.toContain('NSQ: bye');
});

it('puts the prefix of the config file before each line, and takes a flag for more than the file', async () => {
  const folder = await daemons.folder();
  const path = join(folder, 'nsqd.cfg');
  await writeFile(path, 'log_prefix = "[mine] "\nlog_level = "info"\nid = 7\nmax_rdy_count = 5\n');
  const nsqd = await daemons.start(folder, `--config=${path}`, '--log-level=debug', '--node-id=9');
  expect(await http(nsqd, 'GET', '/config/id')).toBe('9');
  expect(await http(nsqd, 'GET', '/config/max_rdy_count')).toBe('5');
  expect(await http(nsqd, 'GET', '/config/log_level')).toBe('1');
  await nsqd.stop();
  const lines = nsqd.log().trimEnd().split('\n');
  expect(lines.filter((line) => !/^\[mine\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6} (DEBUG|INFO): /.test(line))).toEqual([]);
  expect(lines).toContainEqual(expect.stringMatching(/INFO: ID: 9$/));
});

it.each([
  ['no TOML', 'log_level = \n', /failed to load config file/],
  ['a level that is none', 'log_level = "loud"\n', /loud/],
  ['a value that cannot work', 'log_level = "debug"\nstatsd_address = "h:1"\nstatsd_interval = "1s"\n', /--statsd-interval must be/],
])('keeps all that was at %s', async (_name, config, reason) => {
  const { nsqd, write } = await start('log_level = "info"\n');
  await write(config);
  const text = await reload(nsqd);
  expect(text).toMatch(/ERROR: RELOAD: nothing has changed - /);
  expect(text).toMatch(reason);
  expect(await http(nsqd, 'GET', '/config/log_level')).toBe('2');
  expect(await http(nsqd, 'GET', '/ping')).toBe('OK');
});

it('shows a new certificate to new clients, and keeps old connections', async () => {
  const { nsqd, folder } = await start(TLS);
  const old = await secured(nsqd);
  expect([old.name, await httpsName(nsqd)]).toEqual(['localhost', 'localhost']);
  await copyFile(certificate('stranger.pem'), join(folder, 'cert.pem'));
  await copyFile(certificate('stranger.key'), join(folder, 'key.pem'));
  expect(await reload(nsqd)).toContain('read again');
  const fresh = await secured(nsqd);
  expect([fresh.name, await httpsName(nsqd)]).toEqual(['stranger', 'stranger']);
  expect([await old.publish(), await fresh.publish()]).toEqual(['OK', 'OK']);
});

it.each([
  ['does not fit its key', async (folder: string) => copyFile(certificate('stranger.pem'), join(folder, 'cert.pem'))],
  ['is none', (folder: string) => writeFile(join(folder, 'cert.pem'), 'x')],
  [
    'is only half there',
    async (folder: string) => writeFile(join(folder, 'cert.pem'), (await readFile(certificate('server.pem'))).subarray(0, 300)),
  ],
])('keeps the old certificate when the new one %s', async (_name, damage) => {
  const { nsqd, folder } = await start(TLS);
  await damage(folder);
  expect(await reload(nsqd)).toMatch(/ERROR: RELOAD: nothing has changed - failed to build TLS config - /);
  expect([(await secured(nsqd)).name, await httpsName(nsqd)]).toEqual(['localhost', 'localhost']);
});

it('does not switch TLS on while it runs', async () => {
  const { nsqd, write } = await start('');
  await write(TLS);
  expect(await reload(nsqd)).toContain('WARNING: RELOAD: TLS is switched on or off, which takes a restart\n');
  expect(await http(nsqd, 'GET', '/config/tls_cert')).toBe('');
});

it('answers a request that was under way', async () => {
  const { nsqd } = await start('');
  const pending = request({ host: nsqd.host, port: nsqd.httpPort, path: '/pub?topic=t', method: 'POST', headers: { 'Content-Length': 2 } });
  pending.write('x');
  const answered = once(pending, 'response');
  await reload(nsqd);
  pending.end('y');
  expect(await within(PATIENCE_MS, 'answer', answered)).toMatchObject([{ statusCode: 200 }]);
});
