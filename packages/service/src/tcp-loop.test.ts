import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { Client, testLogger } from '../test/helper.js';
import { TcpLoop, type TcpConnection, type TcpLoopOptions } from './tcp-loop.js';

/** Says hello when it is opened. */
class Greeter implements TcpConnection {
  readonly #socket: Socket;

  constructor(socket: Socket, gone: (connection: Greeter) => void) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.once('end', () => socket.end());
    socket.once('close', () => gone(this));
  }

  open(): void {
    this.#socket.write('hello');
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

const started: AbortController[] = [];

afterEach(() => {
  for (const controller of started.splice(0)) controller.abort();
});

async function bound(options: Omit<TcpLoopOptions, 'logger'> = {}) {
  const { logger, lines } = testLogger();
  const peers: string[] = [];
  const loop = new TcpLoop({ logger, ...options }, (socket, peer, gone: (connection: Greeter) => void) => {
    peers.push(peer);
    return new Greeter(socket, gone);
  });
  expect(loop.port).toBe(0);
  await loop.bind({ kind: 'tcp', host: '127.0.0.1', port: 0 });
  const stopping = new AbortController();
  started.push(stopping);
  return { loop, lines, peers, stopping, address: `127.0.0.1:${loop.port}` };
}

it('holds who connects before it runs, and serves them then', async () => {
  const { loop, lines, peers, stopping, address } = await bound();
  const early = new Client(loop.port);
  await once(early.socket, 'connect');
  expect([...loop.connections]).toEqual([]);
  const running = loop.run(stopping.signal);
  await early.until(/^hello$/);
  const late = new Client(loop.port);
  await late.until(/^hello$/);
  expect(peers).toHaveLength(2);
  expect(loop.connections.size).toBe(2);
  stopping.abort();
  await running;
  expect(lines).toEqual([
    `INFO: TCP: listening on ${address}`,
    `INFO: TCP: new client(${peers[0]})`,
    `INFO: TCP: new client(${peers[1]})`,
    `INFO: TCP: closing ${address}`,
  ]);
  await Promise.all([early.ended, late.ended]);
  expect(loop.port).toBe(0);
});

it('forgets a connection that is over', async () => {
  const { loop, stopping } = await bound();
  const running = loop.run(stopping.signal);
  const client = new Client(loop.port);
  await client.until(/hello/);
  const [connection] = loop.connections;
  client.socket.destroy();
  await client.ended;
  while (loop.connections.size > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(connection).toBeInstanceOf(Greeter);
  stopping.abort();
  await running;
});

it('closes one connection too many at once', async () => {
  const { loop, lines, stopping } = await bound({ maxConnections: 1 });
  const running = loop.run(stopping.signal);
  const first = new Client(loop.port);
  await first.until(/hello/);
  const second = new Client(loop.port);
  await second.ended;
  expect(second.received).toBe('');
  expect(lines).toContain('WARNING: TCP: more than 1 connections, refusing one');
  stopping.abort();
  await running;
});

it('closes what it holds when it never runs, and a listener that was never bound', async () => {
  const { loop } = await bound();
  const early = new Client(loop.port);
  await once(early.socket, 'connect');
  await loop.close();
  await early.ended;
  const { logger } = testLogger();
  await new TcpLoop({ logger }, (socket, _peer, gone: (connection: Greeter) => void) => new Greeter(socket, gone)).close();
});

it('does not wait when it is told to run after the end', async () => {
  const { loop, stopping } = await bound();
  stopping.abort();
  await loop.run(stopping.signal);
  expect(loop.port).toBe(0);
});

it('shows -1 as the port of a unix socket', async () => {
  const { logger } = testLogger();
  const loop = new TcpLoop({ logger }, (socket, _peer, gone: (connection: Greeter) => void) => new Greeter(socket, gone));
  const path = `${process.cwd()}/test-${process.pid}.sock`;
  await loop.bind({ kind: 'unix', path });
  expect(loop.port).toBe(-1);
  await once(net.connect(path), 'connect');
  await loop.close();
});
