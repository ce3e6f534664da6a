import { connect } from 'node:net';
import type { HttpAddress } from '../http.js';
import { within } from '../exit.js';
import { reset } from '../reset.js';
import type { Random } from '../random.js';
import type { Heard } from './attack.js';
import { mutateBytes, pieces } from './mutate.js';

const CLOSE_MS = 15_000;
const STATUS = /HTTP\/1\.1 (\d)\d\d /g;

const PATHS = [
  '/pub',
  '/mpub',
  '/topic/create',
  '/topic/delete',
  '/topic/empty',
  '/topic/pause',
  '/topic/unpause',
  '/channel/create',
  '/channel/delete',
  '/channel/empty',
  '/channel/pause',
  '/channel/unpause',
  '/stats',
  '/ping',
  '/info',
  '/metrics',
  '/config/log_level',
  '/config/nope',
  '/debug/pprof/',
  '/debug/pprof/cmdline',
  '/nope',
  '/../pub',
  '//',
  '*',
] as const;
const PARAMETERS = [
  'topic=fuzz',
  'topic=fuzz2',
  'topic=fuzz%23ephemeral',
  'topic=',
  'topic=%zz',
  'topic=a;b',
  'topic=fuzz$',
  'channel=c',
  'channel=c%23ephemeral',
  'channel=%00',
  'binary=true',
  'defer=100',
  'defer=-1',
  'defer=99999999999999999999',
  'format=json',
  'include_clients=0',
  'include_mem=x',
] as const;
const HEADERS = [
  'Connection: close',
  'Connection: keep-alive',
  'Connection: upgrade\r\nUpgrade: websocket',
  'Expect: 100-continue',
  'Expect: nothing',
  'Content-Type: application/json',
  'Content-Encoding: gzip',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Host: b',
  ': empty',
  'X: \x01\x7f',
  ` folded: ${'y'.repeat(200)}`,
  `X-Long: ${'y'.repeat(20_000)}`,
] as const;

function chunked(random: Random, body: Buffer): Buffer {
  const chunks = pieces(random, body).map((piece) =>
    Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
  );
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

/** What daemon and client agree on. */
function plainRequest(random: Random): Buffer {
  const body = Buffer.alloc(random.between(1, 300), 'line\n');
  const path = random.pick(['/pub?topic=fuzz', '/mpub?topic=fuzz', '/topic/create?topic=fuzz2', '/channel/create?topic=fuzz&channel=c']);
  if (random.chance(0.4))
    return Buffer.from(`GET ${random.pick(['/ping', '/stats?format=json', '/stats', '/info', '/metrics'])} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
}

function requestOf(random: Random): Buffer {
  if (random.chance(0.5)) return plainRequest(random);
  const method = random.pick(['GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'CONNECT', 'get', 'M-SEARCH']);
  const query = Array.from({ length: random.between(0, 4) }, () => random.pick(PARAMETERS)).join('&');
  const version = random.pick(['1.1', '1.1', '1.1', '1.1', '1.0', '2.0', '9.9']);
  const body = Buffer.alloc(
    random.chance(0.9) ? random.between(0, 300) : random.between(60_000, 270_000),
    random.pick(['line\n', 'x', '\0\0\0\x01']),
  );
  const headers = ['Host: a', ...Array.from({ length: random.chance(0.5) ? 0 : random.between(1, 3) }, () => random.pick(HEADERS))];
  const isChunked = random.chance(0.2);
  if (isChunked) headers.push('Transfer-Encoding: chunked');
  else if (body.length > 0) headers.push(`Content-Length: ${random.chance(0.9) ? body.length : random.between(0, 100_000)}`);
  const head = `${method} ${random.pick(PATHS)}${query === '' ? '' : `?${query}`} HTTP/${version}\r\n${headers.join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), isChunked ? chunked(random, body) : body]);
}

/**
 * One HTTP client: a few requests one after the other, right or damaged, cut anywhere.
 * @throws {Error} when the daemon keeps a connection whose client has ended
 */
export async function attackHttp({ host, httpPort }: HttpAddress, random: Random): Promise<Heard> {
  const heard: Heard = { responses: 0, errors: 0, messages: 0 };
  const socket = connect({ host, port: httpPort, noDelay: true, allowHalfOpen: true });
  const closed = new Promise<void>((resolve) => socket.once('end', resolve).once('close', resolve));
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    for (const [, kind] of bytes.toString('latin1').matchAll(STATUS)) {
      if (kind === '2') heard.responses++;
      else heard.errors++;
    }
  });
  try {
    let talk: Buffer = Buffer.concat(Array.from({ length: random.between(1, 5) }, () => requestOf(random)));
    if (random.chance(0.5)) talk = mutateBytes(random, talk);
    for (const piece of pieces(random, talk)) {
      if (!socket.writable) break;
      socket.write(piece);
      if (random.chance(0.1)) await new Promise((resolve) => setImmediate(resolve));
    }
    if (random.chance(0.2)) {
      reset(socket);
    } else {
      socket.end();
      await within(CLOSE_MS, 'the end of an HTTP connection whose client has ended', closed);
    }
  } finally {
    socket.destroy();
  }
  return heard;
}
