import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FaultProxy } from './fault-proxy.js';

let echo: Server;
let proxy: FaultProxy;
const open: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const address = echo.address();
  proxy = await FaultProxy.start({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

function dial(): Socket {
  const socket = connect({ host: proxy.host, port: proxy.port });
  open.push(socket);
  return socket;
}

async function client(): Promise<Socket> {
  const socket = dial();
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}

it('passes on what is said, and the end', async () => {
  const socket = await client();
  expect(await ask(socket, 'hello')).toBe('hello');
  socket.end();
  await once(socket, 'close');
  expect([proxy.accepted, proxy.open]).toEqual([1, 0]);
});

it('holds everything back while it stalls, new connections too, and loses nothing of it', async () => {
  const [old, other] = [await client(), await client()];
  expect(await ask(old, '1')).toBe('1');
  proxy.stall();
  const young = await client();
  let heard = '';
  old.on('data', (chunk) => (heard += String(chunk)));
  old.write('2');
  young.write('3');
  const answer = once(young, 'data');
  other.end();
  await new Promise((resolve) => setImmediate(resolve));
  expect([heard, proxy.open]).toEqual(['', 3]);
  proxy.heal();
  expect(String((await answer)[0])).toBe('3');
  while (heard === '') await once(old, 'data');
  expect(heard).toBe('2');
  await once(other.resume(), 'close');
});

it('cuts connections off, and lets nobody in until it is healed', async () => {
  const [stays, cut] = [await client(), await client()];
  expect([await ask(stays, '1'), await ask(cut, '1')]).toEqual(['1', '1']);
  const ended = Promise.all([stays, cut].map((socket) => once(socket, 'error')));
  proxy.cut();
  await ended;
  await once(dial(), 'error');
  proxy.heal();
  expect(await ask(await client(), '2')).toBe('2');
});

it('can stall the connections there are alone, and lead new ones elsewhere, slowly', async () => {
  const stalled = await client();
  expect(await ask(stalled, '1')).toBe('1');
  proxy.stallOpen();
  let heard = '';
  stalled.on('data', (chunk) => (heard += String(chunk)));
  stalled.write('2');

  const other = createServer((socket) => socket.end('other'));
  await once(other.listen(0, '127.0.0.1'), 'listening');
  proxy.target = { host: '127.0.0.1', port: (other.address() as AddressInfo).port };
  proxy.slow = true;
  expect(String((await once(await client(), 'data'))[0])).toBe('other');
  expect(heard).toBe('');
  await new Promise((resolve) => other.close(resolve));
});
