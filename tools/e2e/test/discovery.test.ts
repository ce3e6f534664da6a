import lookup from 'nsqjs/lib/lookupd.js';
import { FaultProxy } from '../src/index.js';
import { closeClients, connectWriter, discover, publish } from './clients.js';
import { Cluster, registrations, until, type Member } from './cluster.js';
import { batchesOf, numberedLines } from './lines.js';
import { Tally } from './tally.js';

const CONVERGE_MS = 20_000;
const ARRIVE_MS = 30_000;
const TOPIC = 'spread';

const cluster = new Cluster();
const proxies: FaultProxy[] = [];

afterEach(async () => {
  closeClients();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  await cluster.end();
});

/** Publishes to several nsqds and remembers what was accepted. */
class Publisher {
  readonly accepted: string[] = [];
  readonly #lines = batchesOf(50, numberedLines());

  async publish(nsqd: Member, topic = TOPIC, batches = 4): Promise<void> {
    const writer = await connectWriter(nsqd.process);
    for (const batch of this.#lines.splice(0, batches)) {
      await publish(writer, topic, batch);
      this.accepted.push(...batch);
    }
    writer.close();
  }
}

function ports(members: readonly Member[]): number[] {
  return members.map(({ process }) => process.tcpPort).sort();
}

async function found(lookupd: Member, topic: string): Promise<number[]> {
  return (await lookup([lookupd.httpAddress], topic)).map(({ tcp_port: port }) => port).sort();
}

it('registers where nsqjs looks, and takes itself out again', async () => {
  const lookupd = await cluster.addLookupd();
  const [first, second] = [await cluster.addNsqd(), await cluster.addNsqd()];
  await first.ask('POST', '/topic/create?topic=t');
  await second.ask('POST', '/topic/create?topic=t');
  await first.ask('POST', '/channel/create?topic=t&channel=c');
  await cluster.converged(CONVERGE_MS);
  expect(await lookup([lookupd.httpAddress], 't')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ broadcast_address: '127.0.0.1', tcp_port: first.process.tcpPort, http_port: first.process.httpPort }),
    ]),
  );
  expect(await found(lookupd, 't')).toEqual(ports([first, second]));
  await first.ask('POST', '/topic/delete?topic=t');
  await cluster.converged(CONVERGE_MS);
  expect(await found(lookupd, 't')).toEqual(ports([second]));
  await second.stop();
  await cluster.converged(CONVERGE_MS);
  expect(await found(lookupd, 't')).toEqual([]);
}, 60_000);

it('gives a new topic the channels that it has on other nsqds', async () => {
  await cluster.addLookupd();
  const [first, second] = [await cluster.addNsqd(), await cluster.addNsqd()];
  await first.ask('POST', '/topic/create?topic=t');
  for (const channel of ['archive', 'metrics', 'passing%23ephemeral'])
    await first.ask('POST', `/channel/create?topic=t&channel=${channel}`);
  await cluster.converged(CONVERGE_MS);
  await second.ask('POST', '/pub?topic=t', 'message');
  const { topics } = JSON.parse(await second.ask('GET', '/stats?format=json')) as {
    topics: readonly { channels: readonly { channel_name: string; depth: number }[] }[];
  };
  expect(topics[0]?.channels.map(({ channel_name: name, depth }) => [name, depth]).sort()).toEqual([
    ['archive', 1],
    ['metrics', 1],
  ]);
  await cluster.converged(CONVERGE_MS);
}, 60_000);

it('leads consumers to every message while nsqds and nsqlookupds die, come back and lose topics', async () => {
  const [a, b] = [await cluster.addLookupd(), await cluster.addLookupd()];
  const [first, second, third] = [await cluster.addNsqd(), await cluster.addNsqd(), await cluster.addNsqd()];
  const publisher = new Publisher();
  const tally = new Tally();
  const lookupds = [a, b].map(({ httpAddress }) => httpAddress);
  for (let each = 0; each < 2; each++) {
    discover(lookupds, TOPIC, 'work', (message) => {
      tally.add(message.body.toString());
      message.finish();
    });
  }
  const arrived = async (): Promise<void> => {
    await tally.reach(publisher.accepted.length, ARRIVE_MS);
    expect(tally.missing(publisher.accepted)).toEqual([]);
  };

  for (const nsqd of [first, second, third]) await publisher.publish(nsqd);
  await arrived();
  await cluster.converged(CONVERGE_MS);

  await a.stop('SIGKILL');
  await first.ask('POST', '/topic/create?topic=while-away');
  for (const nsqd of [first, second, third]) await publisher.publish(nsqd);
  await arrived();
  await a.start();
  await cluster.converged(CONVERGE_MS);

  await publisher.publish(second);
  await second.stop('SIGKILL');
  await cluster.converged(CONVERGE_MS);
  await publisher.publish(first);
  await second.start();
  await cluster.converged(CONVERGE_MS);
  await publisher.publish(second);
  await arrived();

  // As nsqadmin takes a topic away from one node: hidden first, so that no consumer makes it anew.
  for (const lookupd of [a, b]) await lookupd.ask('POST', `/topic/tombstone?topic=${TOPIC}&node=${third.httpAddress}`);
  for (const lookupd of [a, b]) expect(await found(lookupd, TOPIC)).toEqual(ports([first, second]));
  await third.ask('POST', `/topic/delete?topic=${TOPIC}`);
  await cluster.converged(CONVERGE_MS);
  for (const nsqd of [first, second]) await publisher.publish(nsqd);
  await arrived();
  expect(JSON.parse(await third.ask('GET', '/stats?format=json'))).toMatchObject({ topics: [] });

  await first.ask('POST', '/topic/delete?topic=while-away');
  await cluster.converged(CONVERGE_MS);
  for (const nsqd of cluster.nsqds) await nsqd.stop();
  await cluster.converged(CONVERGE_MS);
}, 180_000);

it('goes on while one nsqlookupd hangs, is cut off again and again, or is away', async () => {
  const [a, b] = [await cluster.addLookupd(), await cluster.addLookupd()];
  const proxy = await FaultProxy.start({ host: a.process.host, port: a.process.tcpPort });
  proxies.push(proxy);
  const nsqd = await cluster.addNsqd([proxy.address, b.tcpAddress]);
  await nsqd.ask('POST', '/topic/create?topic=before');
  await cluster.converged(CONVERGE_MS);

  const publisher = new Publisher();
  for (const fault of ['stall', 'reset', 'cut'] as const) {
    const tried = proxy.accepted;
    proxy[fault]();
    await publisher.publish(nsqd, fault, 1);
    await nsqd.ask('POST', `/channel/create?topic=${fault}&channel=c`);
    const elsewhere = `channel:${fault}:c@${nsqd.process.tcpPort}`;
    await until(
      async () => (await registrations(b)).includes(elsewhere),
      CONVERGE_MS,
      () => `${fault} is registered with the other nsqlookupd`,
    );
    await until(
      () => proxy.accepted > tried,
      CONVERGE_MS,
      () => `it is tried again after ${fault}`,
    );
    proxy.heal();
    await cluster.converged(CONVERGE_MS);
  }
  // What was cut off last may take a moment to be gone.
  await until(
    () => proxy.open === 1,
    CONVERGE_MS,
    () => `${proxy.open} connections are open`,
  );
}, 120_000);
