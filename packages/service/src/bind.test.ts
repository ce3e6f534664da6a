import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { closeServers, startServer, testLogger } from '../test/helper.js';
import { bind, bindHttp } from './bind.js';
import { createHttpServer } from './http-server.js';
import { formatBoundAddress, formatListenAddress, ListenError, parseListenAddress } from './listen-address.js';
import { formatPeer } from './peer.js';

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:4150', '127.0.0.1', 4150],
    [':4150', '', 4150],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['name:4150', 'name', 4150],
    ['[::1]:4150', '::1', 4150],
    ['[::1%lo]:80', '::1%lo', 80],
    ['127.0.0.1:', '127.0.0.1', 0],
    ['host:65535', 'host', 65535],
  ])('reads %s as TCP', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ kind: 'tcp', host, port });
  });

  it.each(['/run/nsqd.sock', 'foo', 'localhost', '[::1]', '::1', '1:2:3', '[a]b:1', 'a]:1', '[::1]4150'])(
    'reads %s as a unix socket',
    (text) => {
      expect(parseListenAddress(text)).toEqual({ kind: 'unix', path: text });
      expect(formatListenAddress(parseListenAddress(text))).toBe(text);
    },
  );

  it.each([
    ['127.0.0.1:99999', 'listen (127.0.0.1:99999) failed - listen tcp: address 99999: invalid port'],
    ['x:-1', 'listen (x:-1) failed - listen tcp: address -1: invalid port'],
    ['x:http2', 'listen (x:http2) failed - listen tcp: lookup tcp/http2: unknown port'],
    ['', 'listen () failed - listen unix: missing address'],
  ])('refuses %j', (text, message) => {
    expect(() => parseListenAddress(text)).toThrow(new ListenError(text, message.replace(/^.* failed - /, '')));
    expect(() => parseListenAddress(text)).toThrow(message);
  });

  it('shows addresses as the reference does', () => {
    expect(formatBoundAddress({ address: '::', family: 'IPv6', port: 4150 })).toBe('[::]:4150');
    expect(formatBoundAddress({ address: '127.0.0.1', family: 'IPv4', port: 1 })).toBe('127.0.0.1:1');
    expect(formatBoundAddress('/run/nsqd.sock')).toBe('/run/nsqd.sock');
    expect(formatBoundAddress(null)).toBe('');
    expect(formatListenAddress({ kind: 'tcp', host: '::1', port: 80 })).toBe('[::1]:80');
    expect(formatPeer({ remoteAddress: '::ffff:10.0.0.1', remotePort: 5 })).toBe('10.0.0.1:5');
    expect(formatPeer({ remoteAddress: '::1', remotePort: 5 })).toBe('[::1]:5');
    expect(formatPeer({ remoteAddress: undefined, remotePort: undefined })).toBe('@');
  });
});

describe('bind', () => {
  const servers: net.Server[] = [];
  const newServer = (): net.Server => {
    const server = net.createServer((socket) => socket.end('hello'));
    servers.push(server);
    return server;
  };
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('opens a TCP port', async () => {
    const bound = await bind(newServer(), parseListenAddress('127.0.0.1:0'));
    expect(bound).toMatchObject({ address: '127.0.0.1' });
  });

  it.each([':0', '0.0.0.0:0'])('opens %s for IPv4, and for IPv6 where there is any', async (text) => {
    const bound = (await bind(newServer(), parseListenAddress(text))) as net.AddressInfo;
    expect(['::', '0.0.0.0']).toContain(bound.address);
    const greeting = await new Promise((resolve, reject) =>
      net.connect(bound.port, '127.0.0.1').once('data', resolve).once('error', reject),
    );
    expect(String(greeting)).toBe('hello');
  });

  it('resolves a name to IPv4 first', async () => {
    expect(await bind(newServer(), parseListenAddress('localhost:0'))).toMatchObject({ address: '127.0.0.1' });
  });

  it('says when the address is in use', async () => {
    const { port } = (await bind(newServer(), parseListenAddress('127.0.0.1:0'))) as net.AddressInfo;
    await expect(bind(newServer(), parseListenAddress(`localhost:${port}`))).rejects.toMatchObject({
      name: 'ListenError',
      message: `listen (localhost:${port}) failed - listen tcp 127.0.0.1:${port}: bind: address already in use`,
    });
  });

  it('says when the address is not of this host', async () => {
    await expect(bind(newServer(), parseListenAddress('192.0.2.1:0'))).rejects.toThrow(
      'listen (192.0.2.1:0) failed - listen tcp 192.0.2.1:0: bind: cannot assign requested address',
    );
  });

  it('opens a unix socket, refuses a path that exists and removes its own', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nsq-bind-'));
    const file = path.join(folder, 's');
    const server = newServer();
    expect(await bind(server, parseListenAddress(file))).toBe(file);
    await expect(bind(newServer(), parseListenAddress(file))).rejects.toThrow(
      `listen (${file}) failed - listen unix ${file}: bind: address already in use`,
    );
    const missing = path.join(folder, 'no', 's');
    await expect(bind(newServer(), parseListenAddress(missing))).rejects.toThrow(
      /listen unix .*: bind: (no such file or directory|permission denied)$/,
    );
    await new Promise((resolve) => server.close(resolve));
    expect(fs.existsSync(file)).toBe(false);
    fs.rmdirSync(folder);
  });
});

describe('bindHttp', () => {
  afterEach(closeServers);

  it('says when the address is in use', async () => {
    const { port } = await startServer(() => undefined);
    const server = createHttpServer(testLogger());
    await expect(bindHttp(server, parseListenAddress(`127.0.0.1:${port}`))).rejects.toThrow(
      `listen (127.0.0.1:${port}) failed - listen tcp 127.0.0.1:${port}: bind: address already in use`,
    );
    await server.close();
  });

  it('opens every interface and a unix socket', async () => {
    const server = createHttpServer(testLogger());
    expect(['::', '0.0.0.0']).toContain(((await bindHttp(server, parseListenAddress(':0'))) as net.AddressInfo).address);
    await server.close();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nsq-bind-'));
    const file = path.join(folder, 'h');
    const unix = createHttpServer(testLogger());
    expect(await bindHttp(unix, parseListenAddress(file))).toBe(file);
    await unix.close();
    fs.rmdirSync(folder);
  });
});
