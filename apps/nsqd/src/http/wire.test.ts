import net from 'node:net';
import { bindHttp } from '@nsq/service';
import { TestDaemon } from '../../test/http-harness.js';

const WAIT_MS = 5000;

let daemon: TestDaemon;
let port: number;
const sockets = new Set<net.Socket>();

beforeEach(async () => {
  daemon = new TestDaemon();
  daemon.options.maxMsgSize = 1000;
  daemon.options.maxBodySize = 5000;
  const bound = await bindHttp(daemon.server, { kind: 'tcp', host: '127.0.0.1', port: 0 });
  port = (bound as net.AddressInfo).port;
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await daemon.server.close();
});

/** Sends the bytes on a connection of its own; what has come back once it matches. */
function exchange(bytes: string, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = net.connect(port, '127.0.0.1').setEncoding('latin1');
    sockets.add(socket);
    const timer = setTimeout(() => reject(new Error(`no ${String(pattern)} in ${JSON.stringify(received)}`)), WAIT_MS);
    socket.on('error', reject);
    socket.on('data', (text: string) => {
      received += text;
      if (!pattern.test(received)) return;
      clearTimeout(timer);
      resolve(received);
    });
    socket.write(bytes, 'latin1');
  });
}

const head = (line: string, ...headers: string[]): string => [`${line} HTTP/1.1`, 'Host: nsqd', ...headers, '', ''].join('\r\n');
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = (line: string, ...chunks: string[]): string =>
  head(line, 'Transfer-Encoding: chunked') + chunks.map(chunk).join('') + '0\r\n\r\n';
const PING = head('GET /ping');

/** Sends the request and a /ping behind it: status and body of the first reply, and whether the connection lived on. */
async function replyTo(request: string): Promise<string> {
  const received = await exchange(request + PING, /\r\n\r\nOK$|\}$/);
  const [, status, body] = /^HTTP\/1\.1 (\d+) [^]*?\r\n\r\n(?:\{"message":"(\w+)"\}|OK)?/.exec(received) ?? [];
  return `${status ?? ''} ${body ?? ''}`.trimEnd();
}

it('refuses a declared length before the body is sent', async () => {
  expect(await exchange(head('POST /pub?topic=t', 'Content-Length: 1001'), /\}$/)).toMatch(
    /^HTTP\/1.1 413 [^]*\{"message":"MSG_TOO_BIG"\}$/,
  );
  expect(await exchange(head('POST /mpub', 'Content-Length: 5001'), /\}$/)).toMatch(/^HTTP\/1.1 413 [^]*\{"message":"BODY_TOO_BIG"\}$/);
  const waiting = head('POST /pub?topic=t', 'Content-Length: 1001', 'Expect: 100-continue');
  expect(await exchange(waiting, /\}$/)).toMatch(/^HTTP\/1.1 413 /);
  expect(daemon.engine.topics.size).toBe(0);
});

it('lets a client go on that waits for leave to send its body', async () => {
  const channel = daemon.channel('t', 'c');
  const request = head('POST /mpub?topic=t', 'Content-Length: 3', 'Expect: 100-continue');
  expect(await exchange(`${request}a\nb`, /OK$/)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
  expect(daemon.take(channel)).toEqual(['a', 'b']);
});

it('takes chunked bodies up to the limits', async () => {
  const channel = daemon.channel('t', 'c');
  expect(await replyTo(chunked('POST /pub?topic=t', 'x'.repeat(600), 'y'.repeat(400)))).toBe('200');
  expect(await replyTo(chunked('POST /mpub?topic=t', 'a', 'b\nc', '\n'))).toBe('200');
  expect(await replyTo(chunked('POST /mpub?topic=t&binary=1', '\0\0\0\u0001\0\0\0', '\u0002hi'))).toBe('200');
  expect(daemon.take(channel)).toEqual(['x'.repeat(600) + 'y'.repeat(400), 'ab', 'c', 'hi']);
});

it.each([
  ['/pub?topic=t', ['x'.repeat(600), 'x'.repeat(401)], 'MSG_TOO_BIG'],
  ['/mpub?topic=t&binary=true', ['\0\0\0\u0001\0\0\0\u0001a', 'x'.repeat(5000)], 'BODY_TOO_BIG'],
  ['/mpub?topic=t', ['x\n'.repeat(2500), 'y'], 'BODY_TOO_BIG'],
  ['/mpub?topic=t', ['x'.repeat(5001)], 'BODY_TOO_BIG'],
  ['/mpub?topic=t', ['x'.repeat(500), 'x'.repeat(501), '\n', 'y\n'.repeat(3000)], 'MSG_TOO_BIG'],
  ['/mpub?topic=t', ['y\n'.repeat(2001), 'x'.repeat(1001)], 'BODY_TOO_BIG'],
  ['/mpub?topic=t', ['y\n', 'x'.repeat(1001)], 'MSG_TOO_BIG'],
])('refuses a chunked body too big for %s with %j', async (path, chunks, code) => {
  expect(await replyTo(chunked(`POST ${path}`, ...chunks))).toBe(`413 ${code}`);
  expect(daemon.engine.topics.get('t')?.messageCount ?? 0).toBe(0);
});

it('reads and drops the body of a request that has no use for it', async () => {
  const big = 'x'.repeat(20_000);
  expect(await replyTo(head('POST /topic/delete?topic=t', `Content-Length: ${big.length}`) + big)).toBe('404 TOPIC_NOT_FOUND');
  expect(await replyTo(head('POST /topic/create?topic=t', `Content-Length: ${big.length}`) + big)).toBe('200');
});

it.each(['/pub?topic=%zz', '/pub?topic=t;u', '/pub?topic=t&x=%1', '/stats?a;b'])('refuses the query of %s', async (path) => {
  const request = path.startsWith('/pub') ? `${head(`POST ${path}`, 'Content-Length: 1')}x` : head(`GET ${path}`);
  expect(await replyTo(request)).toBe('400 INVALID_REQUEST');
});

it.each([
  ['GET /pub', 'OPTIONS, POST'],
  ['POST /ping', 'GET, OPTIONS'],
  ['DELETE /config/x', 'GET, OPTIONS, PUT'],
  ['GET /debug/freememory', 'OPTIONS, POST'],
  ['PUT /debug/pprof/symbol', 'GET, OPTIONS, POST'],
  ['GET /channel/create', 'OPTIONS, POST'],
])('answers %s with 405 and Allow: %s', async (line, allow) => {
  const reply = await exchange(head(line), /\}$/);
  expect(reply).toMatch(/^HTTP\/1.1 405 [^]*\{"message":"METHOD_NOT_ALLOWED"\}$/);
  expect(reply).toMatch(new RegExp(`^allow: ${allow}\\r$`, 'im'));
  expect(reply).toMatch(/^x-nsq-content-type: nsq; version=1.0\r$/im);
});

it('answers HEAD with 405 and the length of the body it does not send', async () => {
  const reply = await exchange(head('HEAD /stats'), /\r\n\r\n/);
  expect(reply).toMatch(/^HTTP\/1.1 405 [^]*\r\n\r\n$/);
  expect(reply).toMatch(/^allow: GET, OPTIONS\r$/im);
  expect(reply).toMatch(/^content-length: 32\r$/im);
});

it('answers OPTIONS with Allow alone', async () => {
  const reply = await exchange(head('OPTIONS /config/log_level'), /\r\n\r\n/);
  expect(reply).toMatch(/^HTTP\/1.1 200 /);
  expect(reply).toMatch(/^allow: GET, OPTIONS, PUT\r$/im);
  expect(reply).not.toMatch(/x-nsq-content-type/i);
});

it.each([
  ['GET /PING', 301, '/ping'],
  ['GET /stats/?format=json', 301, '/stats?format=json'],
  ['POST /pub/?topic=t', 307, '/pub?topic=t'],
  ['POST //channel//Create?topic=t', 307, '/channel/create?topic=t'],
  ['GET /debug/pprof', 301, '/debug/pprof/'],
])('redirects %s', async (line, status, location) => {
  const reply = await exchange(head(line, ...(status === 307 ? ['Content-Length: 0'] : [])), /\r\n\r\n/);
  expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(reply.toLowerCase()).toContain(`\r\nlocation: ${location}\r\n`);
});
