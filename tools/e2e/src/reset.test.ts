import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { reset } from './reset.js';

let server: Server;
let socket: Socket;
let peer: Socket;
let errors: string[];

beforeEach(async () => {
  errors = [];
  server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', (error) => errors.push(error.message));
  [peer] = await accepted;
});
afterEach(() => server.close());

it('tells the other side that the connection is cut', async () => {
  const failure = once(peer.resume(), 'error') as Promise<[NodeJS.ErrnoException]>;
  reset(socket);
  const [error] = await failure;
  expect(error.code).toBe('ECONNRESET');
});

it('closes a connection whose end is being sent', async () => {
  const closed = once(socket, 'close');
  socket.end();
  reset(socket);
  await closed;
  peer.destroy();
  expect(errors).toEqual([]);
});
