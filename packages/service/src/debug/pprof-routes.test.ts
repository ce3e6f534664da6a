import { once } from 'node:events';
import net from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Client, closeServers, startServer } from '../../test/helper.js';
import { registerPprof } from './pprof-routes.js';

afterEach(closeServers);

const setUp = (server: FastifyInstance): void => registerPprof(server, '/debug/pprof');

async function get(port: number, path: string): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/debug/pprof${path}`);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

/** Asks, and resolves when the server has begun with it. */
async function begin(server: FastifyInstance, port: number, path: string): Promise<Client> {
  const begun = once(server.server, 'request');
  const client = new Client(port).send(`GET /debug/pprof${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await begun;
  return client;
}

it.each([
  ['/debug/pprof', '/debug/pprof/'],
  ['/debug/pprof/', '/debug/pprof'],
] as const)('has its index at %s, where %s redirects to', async (index, other) => {
  const { server, lines } = await startServer((instance) => registerPprof(instance, index));
  const page = await server.inject({ url: index });
  expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const redirect = await server.inject({ url: other });
  expect([redirect.statusCode, redirect.headers.location]).toEqual([301, index]);
  expect(lines).toEqual([]);
});

it('has pages at all links of its index but those that take long', async () => {
  const { server } = await startServer(setUp);
  const { body } = await server.inject({ url: '/debug/pprof' });
  const links = [...body.matchAll(/href="([^"]*)"/g)].map(([, link = '']) => link);
  expect(links).toHaveLength(6);
  for (const link of links.filter((each) => !each.includes('seconds='))) expect((await server.inject({ url: link })).statusCode).toBe(200);
});

it('shows the command line, and no symbols', async () => {
  const { server } = await startServer(setUp);
  expect((await server.inject({ url: '/debug/pprof/cmdline' })).body).toBe(process.argv.join('\0'));
  expect((await server.inject({ method: 'POST', url: '/debug/pprof/symbol' })).body).toBe('num_symbols: 1\n');
});

it.each(['threadcreate', 'mutex', 'trace'])('has no profile %s', async (name) => {
  const { server } = await startServer(setUp);
  expect((await server.inject({ url: `/debug/pprof/${name}` })).statusCode).toBe(404);
});

describe('a CPU profile', () => {
  it('is one that the tools of V8 read', async () => {
    const { port } = await startServer(setUp);
    const { status, type, body } = await get(port, '/profile?seconds=0.1');
    expect([status, type]).toEqual([200, 'application/octet-stream']);
    const profile = JSON.parse(body) as {
      nodes: { id: number; callFrame: object }[];
      samples: number[];
      startTime: number;
      endTime: number;
    };
    expect(profile.endTime).toBeGreaterThan(profile.startTime);
    expect(profile.nodes[0]?.callFrame).toMatchObject({ functionName: '(root)' });
    expect(profile.samples.every((id) => profile.nodes.some((node) => node.id === id))).toBe(true);
  });

  it('is taken one at a time, and given up when its client goes', async () => {
    const { server, port } = await startServer(setUp);
    const first = await begin(server, port, '/profile?seconds=300');
    expect(await get(port, '/profile')).toMatchObject({ status: 503, body: 'a CPU profile is being taken already' });
    first.socket.destroy();
    await first.ended;
    while ((await get(port, '/profile?seconds=0.01')).status === 503) continue;
  });

  it('ends with what it has when the server closes', async () => {
    const { server, port } = await startServer(setUp);
    const client = await begin(server, port, '/profile');
    await server.close();
    await client.until(/"timeDeltas":\[[^\]]*\]\}$/);
  });

  it('has a longest time', async () => {
    const { server } = await startServer(setUp);
    const reply = await server.inject({ url: '/debug/pprof/profile?seconds=301' });
    expect([reply.statusCode, reply.body]).toEqual([400, 'at most 300 seconds']);
  });
});

describe('a look at the event loop', () => {
  it('shows how late it was, and the garbage collection', async () => {
    const { server, port } = await startServer(setUp);
    const watching = begin(server, port, '/block?seconds=0.3').then((client) => client.until(/\}$/));
    const busy = setInterval(() => {
      for (const until = performance.now() + 30; performance.now() < until;) JSON.parse(JSON.stringify(Array(1000).fill({})));
    }, 1);
    const text = await watching.finally(() => clearInterval(busy));
    const report = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as {
      seconds: number;
      utilization: number;
      delay: { max: number };
      gc: object;
    };
    expect(report.seconds).toBeGreaterThan(0);
    expect(report.utilization).toBeGreaterThan(0);
    expect(report.delay.max).toBeGreaterThan(0);
    expect(report).toMatchObject({
      delay: { p50: expect.any(Number) as number, p99: expect.any(Number) as number },
      gc: { runs: expect.any(Number) as number, total: expect.any(Number) as number, longest: expect.any(Number) as number },
    });
  });

  it('is numbers even when it ends at once', async () => {
    const { port } = await startServer(setUp);
    const { status, body } = await get(port, '/block?seconds=0.001');
    expect(status).toBe(200);
    expect(body).not.toContain('null');
  });
});

describe('the heap', () => {
  it('comes as a snapshot that the tools of V8 read', async () => {
    const { port } = await startServer(setUp);
    const { status, type, body } = await get(port, '/heap');
    expect([status, type]).toEqual([200, 'application/octet-stream']);
    const { snapshot, nodes } = JSON.parse(body) as { snapshot: { node_count: number; meta: { node_fields: string[] } }; nodes: number[] };
    expect(nodes).toHaveLength(snapshot.node_count * snapshot.meta.node_fields.length);
    expect((await get(port, '/heap')).status).toBe(200);
  }, 60_000);

  it('is let go of when the client does not want to hear it', async () => {
    const { server, port } = await startServer(setUp);
    const client = new Client(port);
    await once(client.socket, 'connect');
    client.socket.pause();
    const begun = once(server.server, 'request');
    client.send('GET /debug/pprof/heap HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun;
    expect(await get(port, '/heap')).toMatchObject({ status: 503, body: 'a heap snapshot is being taken already' });
    client.socket.destroy();
    await client.ended;
    while ((await get(port, '/heap')).status === 503) continue;
  }, 60_000);

  it('is not shown to other machines', async () => {
    const { server } = await startServer(setUp);
    const reply = await server.inject({ url: '/debug/pprof/heap', remoteAddress: '192.0.2.1' });
    expect([reply.statusCode, reply.body]).toEqual([403, 'heap snapshots are for this machine only']);
    expect((await server.inject({ url: '/debug/pprof/heap?debug=1', remoteAddress: '192.0.2.1' })).statusCode).toBe(200);
  });

  it('is described in numbers', async () => {
    const { server } = await startServer(setUp);
    const { memory, heap, spaces } = (await server.inject({ url: '/debug/pprof/heap?debug=1' })).json<Record<string, object>>();
    expect(memory).toHaveProperty('rss');
    expect(heap).toHaveProperty('used_heap_size');
    expect(spaces).toContainEqual(expect.objectContaining({ space_name: 'old_space' }));
  });
});

it('counts what the event loop waits for', async () => {
  const { port } = await startServer(setUp);
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const { status, body } = await get(port, '/goroutine');
  expect(status).toBe(200);
  const counts = JSON.parse(body) as Record<string, number>;
  expect(counts['TCPSocketWrap']).toBeGreaterThan(0);
  expect(counts['TCPServerWrap']).toBeGreaterThan(0);
  socket.destroy();
});
