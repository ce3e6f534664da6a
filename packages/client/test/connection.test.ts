import { createServer, type AddressInfo } from 'node:net';
import { FrameType, OK_FRAME, encodeFrame } from '@nsq/protocol';
import { SnappyEncoder } from '@nsq/snappy';
import { parseAddress } from '../src/address.js';
import { connectionSetup, type ConnectionOptions, type SubscriberSettings } from '../src/connection/connection-options.js';
import type { Connection } from '../src/connection/connection.js';
import { openConnection } from '../src/connection/open-connection.js';
import { failure } from './eventually.js';
import { FakeNsqd, IDENTIFY_RESPONSE, using } from './fake-nsqd.js';

const open = (address: string, options: ConnectionOptions & SubscriberSettings = {}, signal?: AbortSignal): Promise<Connection> =>
  openConnection(parseAddress(address), connectionSetup(options), signal);
const nothing = { onMessage: () => undefined, onResponse: () => undefined, onError: () => undefined, onRoom: () => undefined };

it('says everything it was told to say in its IDENTIFY', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const connection = await open(nsqd.address, {
      clientId: 'worker',
      hostname: 'worker.example',
      userAgent: 'test/1',
      heartbeatInterval: 2000,
      outputBufferSize: -1,
      outputBufferTimeout: 100,
      deflate: 3,
      sampleRate: 10,
      msgTimeout: 5000,
      topologyZone: 'a',
      topologyRegion: 'b',
    });
    connection.start(nothing);
    const [identify = ''] = (await nsqd.connection()).commands;
    expect(JSON.parse(identify.slice('IDENTIFY '.length))).toEqual({
      client_id: 'worker',
      hostname: 'worker.example',
      user_agent: 'test/1',
      feature_negotiation: true,
      heartbeat_interval: 2000,
      output_buffer_size: -1,
      output_buffer_timeout: 100,
      deflate: true,
      deflate_level: 3,
      sample_rate: 10,
      msg_timeout: 5000,
      topology_zone: 'a',
      topology_region: 'b',
    });
    expect(connection.identify).toEqual(IDENTIFY_RESPONSE);
    expect(connection.auth).toBeNull();
    await connection.end();
    expect(await connection.closed).toBeNull();
  });
});

it('answers heartbeats, before and behind its handshake', async () => {
  await using(async (defer) => {
    const script = (command: string, to: { answer(text: string): unknown }): null => {
      if (command.startsWith('AUTH')) to.answer('_heartbeat_');
      return null;
    };
    const nsqd = defer(await FakeNsqd.start(script, { auth_required: true }));
    const connection = await open(nsqd.address, { authSecret: 'secret' });
    expect(connection.auth).toEqual({ identity: 'tester', identity_url: '', permission_count: 1 });
    const peer = await nsqd.connection();
    expect(peer.of('AUTH')).toEqual(['AUTH secret']);
    connection.start(nothing);
    peer.answer('_heartbeat_');
    await peer.until('two NOPs', () => peer.of('NOP').length === 2);
    await connection.end();
  });
});

it('refuses to go on without the TLS it was told to use, and without the secret it needs', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start(undefined, { auth_required: true }));
    expect(await failure(open(nsqd.address, { tls: true }))).toMatchObject({ code: 'ERR_NSQ_CONNECT', message: /offers no TLS/ });
    expect(await failure(open(nsqd.address))).toMatchObject({ code: 'ERR_NSQ_CONNECT', message: /requires AUTH/ });
  });
});

it.each([
  ['IDENTIFY', 'E_BAD_BODY IDENTIFY heartbeat interval (999999) is invalid', 'E_BAD_BODY'],
  ['AUTH', 'E_UNAUTHORIZED AUTH no authorizations found', 'E_UNAUTHORIZED'],
  ['IDENTIFY', 'OK', 'ERR_NSQ_PROTOCOL'],
])('rejects with what nsqd answers to %s: %s', async (word, answer, code) => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start((command) => (command.startsWith(word) ? answer : null), { auth_required: true }));
    const error = await failure(open(nsqd.address, { authSecret: 'x' }));
    expect(error).toMatchObject({ code, address: nsqd.address });
    if (answer !== 'OK') expect(error.message).toBe(answer);
  });
});

it('gives up a server that says nothing, one that is no nsqd, and one that is not there', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start(() => ''));
    expect(await failure(open(nsqd.address, { connectTimeout: 50 }))).toMatchObject({ code: 'ERR_NSQ_TIMEOUT', address: nsqd.address });
    const web = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as AddressInfo;
    expect(await failure(open(`127.0.0.1:${port}`))).toMatchObject({ code: 'ERR_NSQ_PROTOCOL' });
    await new Promise((resolve) => web.close(resolve));
    expect(await failure(open(`127.0.0.1:${port}`))).toMatchObject({ code: 'ERR_NSQ_CONNECT', cause: { code: 'ECONNREFUSED' } });
  });
});

it('can be aborted while it connects', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start(() => ''));
    const abort = new AbortController();
    const opening = failure(open(nsqd.address, {}, abort.signal));
    const peer = await nsqd.connection();
    abort.abort(new Error('enough'));
    expect(await opening).toMatchObject({ code: 'ERR_NSQ_ABORTED', name: 'AbortError', cause: new Error('enough') });
    await peer.until('the end', () => peer.ended);
    expect(await failure(open(nsqd.address, {}, AbortSignal.abort()))).toMatchObject({ code: 'ERR_NSQ_ABORTED' });
  });
});

it('takes the compressed OK that comes in one piece with the answer to IDENTIFY', async () => {
  const response = encodeFrame(FrameType.Response, JSON.stringify({ ...IDENTIFY_RESPONSE, snappy: true }));
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      const encoder = new SnappyEncoder();
      socket.write(Buffer.concat([response, encoder.encode(OK_FRAME), encoder.encode(encodeFrame(FrameType.Response, 'more'))]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connection = await open(`127.0.0.1:${(server.address() as AddressInfo).port}`, { snappy: true });
  const more = await new Promise<string>((resolve) => connection.start({ ...nothing, onResponse: (data) => resolve(data.toString()) }));
  expect(more).toBe('more');
  await connection.end();
  await new Promise((resolve) => server.close(resolve));
});

it('counts as lost when nothing comes for two heartbeats', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const connection = await open(nsqd.address, { heartbeatInterval: 1000 });
    connection.start(nothing);
    expect(await connection.closed).toMatchObject({ code: 'ERR_NSQ_CONNECTION_LOST', message: /nothing came for 2000 ms/ });
  });
});

it('ends on a frame that is larger than it takes, before it comes', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const connection = await open(nsqd.address, { maxFrameBytes: 2048 });
    connection.start(nothing);
    const header = Buffer.alloc(8);
    header.writeInt32BE(4 + 2049);
    (await nsqd.connection()).socket.write(header);
    expect(await connection.closed).toMatchObject({ code: 'ERR_NSQ_PROTOCOL', message: /2053 out of range/ });
  });
});

it.each<[ConnectionOptions, RegExp]>([
  [{ heartbeatInterval: 999 }, /heartbeatInterval must be a whole number from 1000 to \d+ ms, got 999/],
  [{ deflate: 10 }, /deflate must be/],
  [{ deflate: true, snappy: true }, /cannot be used together/],
  [{ outputBufferSize: 63 }, /outputBufferSize must be/],
  [{ connectTimeout: 0 }, /connectTimeout must be/],
])('refuses options that cannot work: %j', (options, message) => {
  expect(() => connectionSetup(options)).toThrow(message);
});

it('connects from the address it is told to', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const connection = await open(nsqd.address, { localAddress: '127.0.0.1', localPort: 0 });
    connection.start(nothing);
    expect((await nsqd.connection()).socket.remoteAddress).toBe('127.0.0.1');
    await connection.end();
  });
});

it('ends a connection that is silent for as long as it was told to allow', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const connection = await open(nsqd.address, { silenceTimeout: 100 });
    connection.start(nothing);
    expect(await connection.closed).toMatchObject({
      code: 'ERR_NSQ_CONNECTION_LOST',
      message: expect.stringMatching(/nothing came for 100 ms$/) as string,
    });
  });
});
