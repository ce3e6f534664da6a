import { encodePub } from '@nsq/protocol';
import type { Client } from './client.js';
import { eventually, withDaemon, withUnstartedDaemon, type Daemon } from './daemon.js';

const body = Buffer.from('hello');
const MANY = 2000;

async function stopsWithin(daemon: Daemon, ms: number): Promise<void> {
  const from = performance.now();
  await daemon.nsqd.stop();
  expect(performance.now() - from).toBeLessThan(ms);
}

async function openMany(daemon: Daemon): Promise<Client[]> {
  const clients = Array.from({ length: MANY }, () => daemon.connect());
  await Promise.all(clients.map((client) => client.hello()));
  await eventually('all are connected', () => daemon.connections === MANY);
  return clients;
}

it('stops although clients never sent their magic, or half of it', async () => {
  await withDaemon({}, async (daemon) => {
    const silent = daemon.connect();
    const half = daemon.connect().send('  ');
    await eventually('both are connected', () => daemon.connections === 2);
    await stopsWithin(daemon, 5000);
    expect([await silent.rest(), await half.rest()]).toEqual([[], []]);
  });
});

it('stops although a client in the middle of a command says nothing more', async () => {
  await withDaemon({}, async (daemon) => {
    const client = (await daemon.client()).send('PUB t\n\0\0\0\x05ab');
    await eventually('it is connected', () => daemon.connections === 1);
    await stopsWithin(daemon, 5000);
    expect(await client.rest()).toEqual([]);
  });
});

it('stops although a consumer reads nothing of what it is owed', async () => {
  await withDaemon({ maxRdyCount: 10_000 }, async (daemon) => {
    const consumer = await (await daemon.client()).subscribe('t', 'c', 10_000);
    consumer.socket.pause();
    const producer = await daemon.client();
    const large = encodePub('t', Buffer.alloc(100_000));
    for (let i = 0; i < 300; i++) producer.send(large);
    await producer.ok(300);
    await eventually('the output is full', () => daemon.channel('t', 'c').depth > 0 && daemon.channel('t', 'c').inFlightCount > 0);
    await stopsWithin(daemon, 5000);
  });
});

it('serves those who came before main()', async () => {
  await withUnstartedDaemon(async (daemon) => {
    const early = (await daemon.client()).send(encodePub('t', body));
    const gone = await daemon.client();
    await gone.destroy();
    await daemon.nsqd.loadMetadata();
    const main = daemon.nsqd.main();
    await early.ok();
    expect(daemon.topic('t').depth).toBe(1);
    await daemon.nsqd.exit();
    await main;
    expect(await early.rest()).toEqual([]);
  });
});

it('ends connections that were never served when main() does not come', async () => {
  await withUnstartedDaemon(async (daemon) => {
    const early = await daemon.client();
    await daemon.nsqd.exit();
    expect(await early.rest()).toEqual([]);
  });
});

it(`bears ${MANY} idle connections that come and go`, async () => {
  await withDaemon({}, async (daemon) => {
    const clients = await openMany(daemon);
    await (await daemon.client()).send(encodePub('t', body)).ok();
    await Promise.all(clients.map((client, i) => (i % 2 === 0 ? client.destroy() : client.finish().end())));
    await eventually('all have left', () => daemon.connections === 1);
  });
});

it(`ends ${MANY} idle connections when it stops`, async () => {
  await withDaemon({}, async (daemon) => {
    const clients = await openMany(daemon);
    await stopsWithin(daemon, 5000);
    for (const client of clients) await client.end();
    expect(daemon.connections).toBe(0);
  });
});

it('answers all that was sent before a half-close, then closes too', async () => {
  await withDaemon({}, async (daemon) => {
    const client = (await daemon.client()).send(...Array.from({ length: 1000 }, () => encodePub('t', body))).finish();
    expect((await client.rest()).filter((text) => text === 'OK')).toHaveLength(1000);
    await eventually('it has left', () => daemon.connections === 0);
  });
});

it('forgets a client that resets in the middle of everything', async () => {
  await withDaemon({}, async (daemon) => {
    for (let i = 0; i < 20; i++) {
      const client = await (await daemon.client()).subscribe('t', 'c', 5);
      client.send(encodePub('t', body), 'PUB t\n\0\0\0\x05ab');
      await client.next();
      client.socket.resetAndDestroy();
    }
    await eventually('all have left', () => daemon.connections === 0);
    expect(daemon.channel('t', 'c').consumers.size).toBe(0);
  });
});
