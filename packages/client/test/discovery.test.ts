import { Consumer, NsqlookupdHttpClient, Producer, findProducers } from '../src/index.js';
import { eventually } from './eventually.js';
import { FakeHttp } from './fake-http.js';
import { FakeNsqd, QUICKLY, using } from './fake-nsqd.js';

const POLL = { interval: 20, jitter: 0.5, timeout: 1000 };

/** A nsqlookupd that knows these nsqds. */
async function lookupdFor(nsqds: readonly FakeNsqd[]): Promise<FakeHttp> {
  const producers = nsqds.map(({ port }) => ({
    broadcast_address: '127.0.0.1',
    tcp_port: port,
    http_port: 1,
    hostname: 'h',
    remote_address: 'r',
    version: '1.3.0',
  }));
  return FakeHttp.start(() => ({ body: JSON.stringify({ channels: ['c'], producers }) }));
}

it('unites what several nsqlookupds know, and tells which could not be asked', async () => {
  await using(async (defer) => {
    const [a, b] = [defer(await FakeNsqd.start()), defer(await FakeNsqd.start())];
    const lookupds = [defer(await lookupdFor([a, b])), defer(await lookupdFor([b]))];
    const unknowing = defer(await FakeHttp.start(() => ({ status: 404, body: '{"message":"TOPIC_NOT_FOUND"}' })));
    const broken = defer(await FakeHttp.start(() => ({ status: 500, body: '{"message":"INTERNAL_ERROR"}' })));
    const clients = [...lookupds, unknowing, broken].map(({ address }) => new NsqlookupdHttpClient(address));
    const found = await findProducers(clients, 't');
    expect([...found.producers.keys()].sort()).toEqual([a.address, b.address].sort());
    expect([...found.channels]).toEqual(['c']);
    expect([...found.errors]).toEqual([[broken.address, expect.objectContaining({ code: 'INTERNAL_ERROR' })]]);
    expect(lookupds[0]?.requests).toEqual(['GET /lookup?topic=t']);
    await findProducers(clients, null);
    expect(lookupds[0]?.requests[1]).toBe('GET /nodes');
    await expect(findProducers(clients, 't', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_NSQ_ABORTED' });
  });
});

it('brings a consumer to the nsqds that come, and keeps it from those that are gone', async () => {
  await using(async (defer) => {
    const [a, b] = [defer(await FakeNsqd.start()), defer(await FakeNsqd.start())];
    const lookupd = defer(await lookupdFor([a]));
    const consumer = defer(new Consumer({ topic: 't', channel: 'c', lookupds: lookupd.address, discovery: POLL, ...QUICKLY }));
    void consumer.run(() => undefined);
    await eventually('the first', () => consumer.connections.join() === a.address);
    const both = await lookupdFor([a, b]);
    lookupd.answer = both.answer;
    await eventually('the second', () => consumer.connections.length === 2);
    const one = await lookupdFor([b]);
    lookupd.answer = one.answer;
    await Promise.all([both.stop(), one.stop()]);
    const polls = lookupd.requests.length;
    await eventually('another poll', () => lookupd.requests.length > polls + 1);
    // A connection is not cut because nsqlookupd has forgotten it.
    expect(consumer.connections).toHaveLength(2);
    (await a.connection()).socket.destroy();
    await eventually('only the second', () => consumer.connections.join() === b.address);
    const more = lookupd.requests.length;
    await eventually('another poll', () => lookupd.requests.length > more + 1);
    expect(a.connections).toHaveLength(1);
  });
});

it('keeps what it has while nsqlookupds fail, and says so', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const lookupd = defer(await lookupdFor([nsqd]));
    const consumer = defer(
      new Consumer({ topic: 't', channel: 'c', lookupds: [lookupd.address, '127.0.0.1:1'], discovery: POLL, ...QUICKLY }),
    );
    const failed = new Set<string>();
    consumer.on('discoveryFailed', (address, error) => failed.add(`${address} ${error.code}`));
    void consumer.run(() => undefined);
    await consumer.ready();
    expect([...failed]).toEqual(['127.0.0.1:1 ERR_NSQ_CONNECT']);
    lookupd.answer = () => ({ status: 500 });
    await eventually('the other failure', () => failed.has(`${lookupd.address} ERR_NSQ_HTTP`));
    (await nsqd.connection()).socket.destroy();
    await nsqd.connection(1);
    await consumer.ready();
  });
});

it('has a producer publish to every nsqd there is', async () => {
  await using(async (defer) => {
    const nsqds = [defer(await FakeNsqd.start()), defer(await FakeNsqd.start())];
    const lookupd = defer(await lookupdFor(nsqds));
    const producer = defer(new Producer({ lookupds: lookupd.address, discovery: POLL, ...QUICKLY }));
    await producer.publish('t', 'first');
    await eventually('both', () => producer.connections.length === 2);
    await Promise.all([producer.publish('t', 'a'), producer.publish('t', 'b')]);
    for (const nsqd of nsqds) expect(nsqd.connections[0]?.of('PUB').length).toBeGreaterThan(0);
    expect(new Set(lookupd.requests)).toEqual(new Set(['GET /nodes']));
  });
});
