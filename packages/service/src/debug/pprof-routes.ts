import { getHeapSnapshot, getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.js';
import { parseQuery } from '../query.js';
import { route, type RouteHandler } from '../route.js';
import { takeCpuProfile } from './cpu-profile.js';
import { watchEventLoop } from './event-loop.js';
import { OneAtATime } from './one-at-a-time.js';

const MAX_SECONDS = 300;
const DEFAULT_PROFILE_SECONDS = 30;
const DEFAULT_WATCH_SECONDS = 5;
/** How long a client may take over a heap snapshot, which is kept in memory until then. Milliseconds. */
const SNAPSHOT_MS = 300_000;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

const PAGES = {
  cmdline: 'the command line of the process',
  'profile?seconds=30': 'CPU profile, a .cpuprofile file',
  heap: 'heap snapshot, a .heapsnapshot file; stops the process while it is taken; from this machine only',
  'heap?debug=1': 'what the heap consists of',
  'block?seconds=5': 'delay and use of the event loop, garbage collection',
  goroutine: 'what the event loop waits for, counted',
};
const INDEX = `<html>
<head><title>/debug/pprof/</title></head>
<body>
<p>/debug/pprof/</p>
<ul>
${Object.entries(PAGES)
  .map(([page, text]) => `<li><a href="/debug/pprof/${page}">${page}</a>: ${text}</li>`)
  .join('\n')}
</ul>
</body>
</html>
`;

// The process has one profiler and one heap, however many servers.
const profiles = new OneAtATime('a CPU profile');
const snapshots = new OneAtATime('a heap snapshot');
const watches = new OneAtATime('a look at the event loop');

/**
 * The reference's paths below `/debug/pprof`, with what Node has in the place of Go's profiles.
 * @param index where its first page is, with a slash behind it or without; the other form redirects there
 */
export function registerPprof(server: FastifyInstance, index: '/debug/pprof' | '/debug/pprof/'): void {
  const stopping = new AbortController();
  server.addHook('preClose', (done) => {
    stopping.abort();
    done();
  });
  const get = (name: string, handler: RouteHandler): void =>
    route(server, { method: 'GET', url: `/debug/pprof/${name}`, style: 'plain', log: false, handler });

  server.get(index, (_request, reply) => reply.type('text/html; charset=utf-8').send(INDEX));
  get('cmdline', () => process.argv.join('\0'));
  route(server, {
    method: ['GET', 'POST'],
    url: '/debug/pprof/symbol',
    style: 'plain',
    log: false,
    handler: () => 'num_symbols: 1\n',
  });
  get('profile', async (request, reply) => {
    const ms = secondsOf(request, DEFAULT_PROFILE_SECONDS) * 1000;
    const profile = await during(profiles, request, stopping.signal, (signal) => takeCpuProfile(ms, signal));
    return reply.headers(file('profile.cpuprofile')).send(Buffer.from(profile));
  });
  get('block', (request) => {
    const ms = secondsOf(request, DEFAULT_WATCH_SECONDS) * 1000;
    return during(watches, request, stopping.signal, (signal) => watchEventLoop(ms, signal));
  });
  get('heap', (request, reply) => (parseQuery(request.raw.url ?? '').get('debug') === '1' ? describeHeap() : sendSnapshot(request, reply)));
  get('goroutine', countResources);
  const handler = (): never => {
    throw new HttpError(404, 'NOT_FOUND');
  };
  route(server, { method: 'GET', url: '/debug/pprof/threadcreate', style: 'v1', log: false, handler });
}

/** Does something that takes time, one at a time. It ends when it is done, the client goes away or the server closes. */
async function during<T>(
  gate: OneAtATime,
  { raw }: FastifyRequest,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const leave = gate.enter();
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  raw.socket.once('close', onClose);
  try {
    return await work(AbortSignal.any([gone.signal, stopping]));
  } finally {
    raw.socket.off('close', onClose);
    leave();
  }
}

/** As in the reference, what is no number above 0 counts as the default. @throws {HttpError} 400 for too long a time */
function secondsOf(request: FastifyRequest, otherwise: number): number {
  const text = parseQuery(request.raw.url ?? '').get('seconds') ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > MAX_SECONDS) throw new HttpError(400, `at most ${MAX_SECONDS} seconds`);
  return seconds > 0 ? seconds : otherwise;
}

/** The snapshot has all that is in memory, messages and keys too. @throws {HttpError} 403 for clients of other machines */
function sendSnapshot({ raw }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { remoteAddress } = raw.socket;
  if (remoteAddress !== undefined && !LOOPBACK.test(remoteAddress)) throw new HttpError(403, 'heap snapshots are for this machine only');
  const leave = snapshots.enter();
  try {
    const snapshot = getHeapSnapshot();
    const timer = setTimeout(() => snapshot.destroy(), SNAPSHOT_MS).unref();
    snapshot.once('close', () => {
      clearTimeout(timer);
      leave();
    });
    return reply.headers(file('heap.heapsnapshot')).send(snapshot);
  } catch (error) {
    leave();
    throw error;
  }
}

function file(name: string): Record<string, string> {
  return { 'Content-Type': 'application/octet-stream', 'Content-Disposition': `attachment; filename="${name}"` };
}

function describeHeap(): object {
  return { memory: process.memoryUsage(), heap: getHeapStatistics(), spaces: getHeapSpaceStatistics() };
}

function countResources(): object {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
