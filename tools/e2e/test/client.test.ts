import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { NsqdHttpClient, NsqlookupdHttpClient, findProducers, type ConnectionOptions } from '@nsq/client';
import { Nsqlookupd } from '@nsq/nsqlookupd';
import { Logger } from '@nsq/service';
import type { NsqdProcess } from '../src/index.js';
import { settled } from './daemon.js';
import { Stage, addressOf, eventually } from './client-setup.js';

const TLS_FOLDER = new URL('../../../apps/nsqd/test/fixtures/tls/', import.meta.url);
const TIMEOUT_MS = 60_000;
let stage: Stage;
beforeEach(() => (stage = new Stage()));
afterEach(() => stage.end());

const httpOf = ({ host, httpPort }: NsqdProcess): NsqdHttpClient => new NsqdHttpClient(`${host}:${httpPort}`);

const tls: ConnectionOptions = { tls: { ca: readFileSync(new URL('ca.pem', TLS_FOLDER)), servername: 'localhost' } };

it.each<[string, ConnectionOptions, object]>([
  ['plain', {}, { tls: false, snappy: false, deflate: false }],
  ['snappy', { snappy: true }, { snappy: true }],
  ['deflate', { deflate: 1 }, { deflate: true }],
  ['TLS', tls, { tls: true }],
  ['TLS and snappy', { ...tls, snappy: true }, { tls: true, snappy: true }],
  ['TLS and deflate', { ...tls, deflate: true }, { tls: true, deflate: true }],
])(
  'publishes and consumes: %s',
  async (_, layers, shown) => {
    const certificate = [
      `--tls-cert=${fileURLToPath(new URL('server.pem', TLS_FOLDER))}`,
      `--tls-key=${fileURLToPath(new URL('server.key', TLS_FOLDER))}`,
    ];
    const nsqd = await stage.nsqd(...certificate);
    const producer = stage.producer({ nsqds: addressOf(nsqd), ...layers });
    const received: string[] = [];
    const options = { topic: 't', channel: 'c', nsqds: addressOf(nsqd), userAgent: 'tester/1', ...layers };
    await stage.consume(options, (message) => received.push(message.text()));
    const texts = Array.from({ length: 2_000 }, (_each, index) => `message ${index} `.repeat(1 + (index % 50)));
    await Promise.all([...texts.map((text) => producer.publish('t', text)), producer.publish('t', 'x'.repeat(1024 * 1024))]);
    await eventually('all', () => received.length === texts.length + 1);
    expect(received.sort()).toEqual([...texts, 'x'.repeat(1024 * 1024)].sort());
    const { topics } = await httpOf(nsqd).stats();
    expect(topics[0]?.channels[0]?.clients?.[0]).toMatchObject({ user_agent: 'tester/1', ...shown });
  },
  TIMEOUT_MS,
);

it('refuses an nsqd whose certificate it does not know', async () => {
  const nsqd = await stage.nsqd(
    `--tls-cert=${fileURLToPath(new URL('server.pem', TLS_FOLDER))}`,
    `--tls-key=${fileURLToPath(new URL('server.key', TLS_FOLDER))}`,
  );
  await expect(stage.producer({ nsqds: addressOf(nsqd), tls: true }).connect()).rejects.toMatchObject({
    code: 'ERR_NSQ_CONNECT',
    message: /TLS: .*certificate/,
  });
});

it('finds nsqds through nsqlookupd', async () => {
  const lookupd = await Nsqlookupd.start(
    { tcpAddress: '127.0.0.1:0', httpAddress: '127.0.0.1:0' },
    { logger: new Logger({ level: 'fatal', write: () => undefined }) },
  );
  try {
    const flag = `--lookupd-tcp-address=127.0.0.1:${lookupd.tcpPort}`;
    const nsqds = [await stage.nsqd(flag), await stage.nsqd(flag)];
    const address = `127.0.0.1:${lookupd.httpPort}`;
    const client = new NsqlookupdHttpClient(address);
    for (const nsqd of nsqds) {
      await httpOf(nsqd).createTopic('t');
      await httpOf(nsqd).createChannel('t', 'c');
    }
    await eventually('both are registered', async () => (await client.lookup('t').catch(() => null))?.producers.length === 2);
    await eventually('the channel is known', async () => (await client.channels('t')).includes('c'));
    expect([...(await findProducers([client], 't')).producers.keys()].sort()).toEqual(nsqds.map(addressOf).sort());
    expect(await client.channels('t')).toEqual(['c']);
    expect(await client.nodes()).toHaveLength(2);

    const received = new Set<string>();
    const consumer = await stage.consume({ topic: 't', channel: 'c', lookupds: address }, (message) => received.add(message.text()));
    const producer = stage.producer({ lookupds: address });
    await producer.connect();
    await eventually('both', () => consumer.connections.length === 2 && producer.connections.length === 2);
    await Promise.all(Array.from({ length: 100 }, (_, index) => producer.publish('t', String(index))));
    await eventually('all', () => received.size === 100);
    for (const nsqd of nsqds) expect((await settled(nsqd, 't', 'c')).message_count).toBe(50);

    await client.tombstone('t', `${nsqds[0]?.host ?? ''}:${nsqds[0]?.httpPort ?? 0}`);
    expect([...(await findProducers([client], 't')).producers.keys()]).toEqual([addressOf(nsqds[1] as NsqdProcess)]);
    await client.createChannel('t', 'd');
    await client.deleteChannel('t', 'c');
    expect(await client.channels('t')).toEqual(['d']);
    await client.deleteTopic('t');
    await expect(client.lookup('t')).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND', status: 404 });
  } finally {
    await lookupd.stop();
  }
});

it('administers a daemon over HTTP', async () => {
  const http = httpOf(await stage.nsqd());
  await http.ping();
  expect((await http.info()).version).toBe('1.3.0');
  await http.createTopic('t');
  await http.createChannel('t', 'c');
  await http.pauseChannel('t', 'c');
  await http.publish('t', 'one');
  await http.publishAll('t', ['two', Buffer.from('three')]);
  const topic = async () => (await http.stats({ topic: 't', includeMemory: false })).topics[0];
  await eventually('in the channel', async () => (await topic())?.channels[0]?.depth === 3);
  expect((await topic())?.channels[0]).toMatchObject({ channel_name: 'c', paused: true, clients: [] });
  await http.emptyChannel('t', 'c');
  await http.unpauseChannel('t', 'c');
  expect((await topic())?.channels[0]).toMatchObject({ depth: 0, paused: false });
  await http.pauseTopic('t');
  await http.publish('t', 'waits');
  expect(await topic()).toMatchObject({ depth: 1, paused: true });
  await http.emptyTopic('t');
  await http.unpauseTopic('t');
  expect(await topic()).toMatchObject({ depth: 0, paused: false });
  expect(await http.setConfig('log_level', 'warn')).toBe('3');
  expect(await http.config('log_level')).toBe('3');
  await expect(http.setConfig('log_level', 'loud')).rejects.toMatchObject({ code: 'INVALID_VALUE', status: 400 });
  await http.deleteChannel('t', 'c');
  await expect(http.deleteChannel('t', 'c')).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND', status: 404 });
  await http.deleteTopic('t');
  expect((await http.stats({ topic: 't' })).topics).toEqual([]);
});

it('is told by the daemon what a wrong publish is, and goes on with the others', async () => {
  const nsqd = await stage.nsqd('--max-msg-size=1000');
  const producer = stage.producer({ nsqds: addressOf(nsqd) });
  const outcomes = await Promise.allSettled(['a', 'x'.repeat(1001), 'b', 'c'].map((body) => producer.publish('t', body)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({
    reason: { code: 'E_BAD_MESSAGE', message: 'E_BAD_MESSAGE PUB message too big 1001 > 1000', fatal: true },
  });
  expect((await httpOf(nsqd).stats()).topics[0]?.message_count).toBe(3);
});

it('says AUTH with its secret, and tells what it may not do', async () => {
  const asked: (string | null)[] = [];
  const authorizations = [{ topic: '^t$', channels: ['.*'], permissions: ['publish', 'subscribe'] }];
  const server = createServer((request, response) => {
    const secret = new URL(request.url ?? '', 'http://auth').searchParams.get('secret');
    asked.push(secret);
    const answer = secret === 'open sesame' ? { ttl: 60, identity: 'ali', authorizations } : { ttl: 60, authorizations: [] };
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const nsqd = await stage.nsqd(`--auth-http-address=127.0.0.1:${(server.address() as AddressInfo).port}`);
    const options = { nsqds: addressOf(nsqd), authSecret: 'open sesame' };
    const received: string[] = [];
    await stage.consume({ topic: 't', channel: 'c', ...options }, (message) => received.push(message.text()));
    const producer = stage.producer(options);
    await producer.publish('t', 'let in');
    await eventually('it', () => received.length === 1);
    await expect(producer.publish('u', 'x')).rejects.toMatchObject({ code: 'E_UNAUTHORIZED' });
    expect(new Set(asked)).toEqual(new Set(['open sesame']));

    const stranger = stage.producer({ ...options, authSecret: 'wrong', publishTimeout: 500 });
    await expect(stranger.publish('t', 'x')).rejects.toMatchObject({ cause: { code: 'E_UNAUTHORIZED' } });
    const silent = stage.producer({ nsqds: addressOf(nsqd), publishTimeout: 500 });
    await expect(silent.publish('t', 'x')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('set authSecret') as string },
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
