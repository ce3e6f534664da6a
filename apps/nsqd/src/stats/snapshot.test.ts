import { clientStats, TestDaemon } from '../../test/http-harness.js';
import { renderJson } from './json.js';
import { Slices } from './slices.js';
import { ALL_STATS, collectStats } from './snapshot.js';
import { renderText } from './text.js';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});

it('sorts topics and channels by the bytes of their names', async () => {
  for (const name of ['b', 'a', 'B', '_', '-', '.', '1', 'a.b']) {
    daemon.engine.topic(name);
    daemon.channel('b', name);
  }
  const { topics } = await collectStats(daemon);
  const sorted = ['-', '.', '1', 'B', '_', 'a', 'a.b', 'b'];
  expect(topics?.map(({ name }) => name)).toEqual(sorted);
  expect(topics?.at(-1)?.channels.map(({ name }) => name)).toEqual(sorted);
});

it('puts each client under its channel, and who has published among the producers', async () => {
  const channel = daemon.channel('t', 'c');
  const other = daemon.channel('u', 'c');
  const consumer = clientStats({ clientId: 'consumer', channel });
  const both = clientStats({ clientId: 'both', channel: other, pubCounts: [{ topic: 't', count: 1 }] });
  const producer = clientStats({ clientId: 'producer', pubCounts: [{ topic: 'u', count: 2 }] });
  daemon.connections = [consumer, both, producer, clientStats()];
  const { topics, producers } = await collectStats(daemon);
  expect(topics?.map(({ channels }) => channels[0]?.clients)).toEqual([[consumer], [both]]);
  expect(producers).toEqual([both, producer]);
});

it('keeps the counts of the chosen topic only, yet every producer', async () => {
  daemon.engine.topic('t');
  const pubCounts = [
    { topic: 'u', count: 2 },
    { topic: 't', count: 3 },
  ];
  daemon.connections = [clientStats({ pubCounts }), clientStats({ pubCounts: [{ topic: 'u', count: 1 }] })];
  expect((await collectStats(daemon)).producers?.[0]?.pubCounts).toEqual(pubCounts);
  const { producers } = await collectStats(daemon, { ...ALL_STATS, topic: 't' });
  expect(producers?.map((producer) => producer.pubCounts)).toEqual([[{ topic: 't', count: 3 }], []]);
});

it('has no topics and no producers when the chosen topic does not exist', async () => {
  daemon.connections = [clientStats({ pubCounts: [{ topic: 'u', count: 1 }] })];
  expect(await collectStats(daemon, { ...ALL_STATS, topic: 'nope' })).toMatchObject({ topics: null, producers: null });
  expect(await collectStats(daemon)).toMatchObject({ topics: [], producers: [{}] });
});

it('does not ask for clients or memory that nobody wants', async () => {
  daemon.channel('t', 'c');
  daemon.clients = () => {
    throw new Error('asked for clients');
  };
  daemon.memory = () => {
    throw new Error('asked for memory');
  };
  const stats = await collectStats(daemon, { ...ALL_STATS, includeClients: false, includeMemory: false });
  expect(stats).toMatchObject({ memory: null, producers: null, topics: [{ channels: [{ clients: null }] }] });
});

it('survives topics and clients that go away while it pauses', async () => {
  const channel = daemon.channel('t', 'c');
  daemon.channel('u', 'd');
  const connections = new Set([clientStats({ channel }), clientStats()]);
  daemon.clients = () => connections;
  const stats = collectStats(daemon, ALL_STATS, new Slices(0));
  connections.clear();
  daemon.engine.deleteTopic('u');
  expect((await stats).topics?.map(({ name, channels }) => [name, channels.length])).toEqual([
    ['t', 1],
    ['u', 0],
  ]);
});

it('lets the event loop turn between topics, and between channels of a rendering', async () => {
  for (let i = 0; i < 320; i++) daemon.channel(`t${i % 4}`, `c${i}`);
  let turns = 0;
  let watching = true;
  const watch = (): void => {
    turns++;
    if (watching) setImmediate(watch);
  };
  watch();
  const turnsOf = async (work: Promise<unknown>): Promise<number> => {
    const before = turns;
    await work;
    return turns - before;
  };
  expect(await turnsOf(collectStats(daemon, ALL_STATS, new Slices(0)))).toBeGreaterThanOrEqual(4);
  const snapshot = await collectStats(daemon);
  expect(await turnsOf(renderJson(snapshot, new Slices(0)))).toBeGreaterThanOrEqual(20);
  expect(await turnsOf(renderText(snapshot, new Slices(0)))).toBeGreaterThanOrEqual(20);
  watching = false;
});
