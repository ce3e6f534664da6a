import { SimulatedFileSystem } from '@nsq/commit-log/testing';
import type { Topic } from '../../src/queue/topic.js';
import { captureCheckpoint } from '../../src/storage/topic-checkpoint.js';
import { TopicStorage } from '../../src/storage/topic-storage.js';
import { bodies, publishThen, subscribe } from '../queue/fixture.js';
import { Life, patiently, SimulatedClock, type Setup } from './life.js';

const SETUP: Setup = { durability: 'disk', memQueueSize: 2, segmentBytes: 400, syncEvery: 2500 };
const WALL = Date.UTC(2026, 0, 1);

async function start(fs: SimulatedFileSystem): Promise<Life> {
  const life = new Life(fs, new SimulatedClock(WALL, 0), SETUP);
  await patiently(life.store.load());
  return life;
}

const publish = (topic: Topic, ...all: string[]): Promise<Error | null> =>
  patiently(new Promise((resolve) => void publishThen(topic, all, resolve)));

async function received(life: Life, name: string): Promise<string[]> {
  const { output } = subscribe(life.engine.channel(life.engine.topic(name), 'c'), 100);
  life.settle();
  await life.work(100);
  return bodies(output.received);
}

let fs: SimulatedFileSystem;

beforeEach(() => {
  fs = new SimulatedFileSystem({ folders: ['/data'] });
});

it('a topic that is deleted leaves nothing, and one of its name begins anew', async () => {
  const life = await start(fs);
  for (const body of ['a', 'b']) await publish(life.engine.topic('t'), body);
  life.engine.deleteTopic('t');
  expect(await publish(life.engine.topic('t'), 'c')).toBeNull();
  await patiently(life.stop());
  expect(fs.files.filter((file) => file.includes('deleted'))).toEqual([]);
  expect(await received(await start(fs), 't')).toEqual(['c']);
});

it.each(['process', 'power'] as const)('once a deletion is written down, a crash of the %s does not undo it', async (kind) => {
  const life = await start(fs);
  for (let i = 0; i < 20; i++) await publish(life.engine.topic('t'), `${i}`.repeat(100));
  life.checkpoint(); // which the removal waits for
  await life.work(2);
  life.engine.deleteTopic('t');
  await patiently(life.store.written() ?? Promise.resolve());
  expect((await start(fs.crash(kind))).topics).toEqual([]);
});

it('deleting and making a topic again and again loses nothing of the last', async () => {
  const life = await start(fs);
  for (let round = 0; round < 5; round++) {
    void publishThen(life.engine.topic('t'), [`gone ${round}`], () => undefined);
    await life.work(round * 3);
    life.engine.deleteTopic('t');
  }
  expect(await publish(life.engine.topic('t'), 'kept')).toBeNull();
  await patiently(life.stop());
  expect(await received(await start(fs), 't')).toEqual(['kept']);
});

it('a checkpoint that began before a topic was deleted does not count for the next of its name', async () => {
  const life = await start(fs);
  for (const name of ['first', 't']) {
    life.engine.channel(life.engine.topic(name), 'c');
    await publish(life.engine.topic(name), 'a', 'b', 'c');
  }
  life.checkpoint();
  life.engine.deleteTopic('t');
  expect(await publish(life.engine.topic('t'), 'kept')).toBeNull();
  await life.work(300);
  expect(await received(await start(fs.crash('process')), 't')).toEqual(['kept']);
});

it('what could not be removed at first is removed later, and does not come back', async () => {
  const life = await start(fs);
  await publish(life.engine.topic('t'), 'a');
  await publish(life.engine.topic('u'), 'b');
  fs.fail({ operation: 'rename', path: 'topics/', times: 1 });
  life.engine.deleteTopic('t');
  await life.work(100);
  expect(fs.files.some((file) => file.startsWith('/data/topics/t/'))).toBe(true);
  await patiently(life.stop());
  expect(life.logged.join('')).toContain('failed to remove what topic t held - EIO');
  expect((await start(fs)).topics.map(({ name }) => name)).toEqual(['u']);
});

it.each([
  [
    'while a checkpoint is written',
    async (life: Life) => {
      life.checkpoint();
      await life.work(100);
    },
  ],
  ['while the daemon stops', () => Promise.resolve()],
])('what is left of a deleted topic does not come to the next of its name, which cannot make its log %s', async (_when, meanwhile) => {
  const life = await start(fs);
  await publish(life.engine.topic('t'), 'gone');
  fs.fail({ operation: 'rename', path: 'topics/', times: 1 });
  life.engine.deleteTopic('t');
  await life.work(100);
  fs.fail({ operation: 'remove', path: 'topics/t/', times: 1 });
  const refused = publish(life.engine.topic('t'), 'refused');
  await meanwhile(life);
  await patiently(life.stop());
  expect((await refused)?.message).toContain('EIO');
  expect(await received(await start(fs), 't')).toEqual([]);
});

it('a channel goes on reading some time after a read has failed, though nothing else happens', async () => {
  const life = await start(fs);
  const topic = life.engine.topic('t');
  const channel = life.engine.channel(topic, 'c');
  for (const body of ['a', 'b', 'c', 'd']) await publish(topic, body);
  life.settle();
  fs.fail({ operation: 'read', times: 1 });
  const { output } = subscribe(channel, 100);
  life.settle();
  await life.work(100);
  expect(output.received).toEqual([]);
  life.advance(1100);
  await life.work(100);
  expect(bodies(output.received)).toEqual(['a', 'b', 'c', 'd']);
});

it('a publish to a new channel is refused while topics and channels cannot be written down, and accepted when they can again', async () => {
  const life = await start(fs);
  const topic = life.engine.topic('t');
  await publish(topic, 'a');
  fs.fail({ operation: 'write', path: 'nsqd.dat', times: 1 });
  life.engine.channel(topic, 'c');
  await life.work(50);
  expect(() => publishThen(topic, ['b'], () => undefined)).toThrow('EIO');
  await life.work(50);
  expect(await publish(topic, 'c')).toBeNull();
  const next = await start(fs.crash('process'));
  expect([...(next.engine.topics.get('t')?.channels.keys() ?? [])]).toEqual(['c']);
});

it('a checkpoint says how things stood when it began, also when a topic is emptied while it is written', async () => {
  const life = await start(fs);
  const topic = life.engine.topic('t');
  life.engine.channel(topic, 'c');
  await publish(topic, 'a');
  topic.pause();
  await publish(topic, 'b');
  if (!(topic.log instanceof TopicStorage)) throw new Error('it is not stored');
  const { checkpoint } = captureCheckpoint(life.engine, topic, topic.log);
  topic.empty();
  expect([checkpoint.dispatched, checkpoint.holes]).toEqual([1, []]);
  expect(captureCheckpoint(life.engine, topic, topic.log).checkpoint).toMatchObject({ dispatched: 2, holes: [{ from: 1, to: 2 }] });
});

it('writes down how far a channel has come though nobody publishes', async () => {
  const life = await start(fs);
  const topic = life.engine.topic('t');
  const channel = life.engine.channel(topic, 'c');
  for (const body of ['a', 'b', 'c']) await publish(topic, body);
  life.checkpoint();
  await life.work(100);
  const { consumer, output } = subscribe(channel, 100);
  life.settle();
  await life.work(100);
  for (const { idHi, idLo } of output.take()) channel.finish(consumer, idHi, idLo);
  life.checkpoint();
  await life.work(100);
  expect(await received(await start(fs.crash('process')), 't')).toEqual([]);
});
