import type { Channel } from '../../src/queue/channel.js';
import type { Consumer } from '../../src/queue/consumer.js';
import type { Topic } from '../../src/queue/topic.js';
import type { FakeLog } from './fake-log.js';
import { bodies, createWorld, publish, subscribe, type FakeOutput, type World } from './fixture.js';

interface Behind extends World {
  readonly topic: Topic;
  readonly channel: Channel;
  readonly log: FakeLog;
  readonly consumer: Consumer;
  readonly output: FakeOutput;
  /** What comes when the consumer takes so many. */
  readonly take: (ready: number) => string[];
}

/** A channel whose consumer takes nothing yet; all that is published is in the log, the newest `memQueueSize` messages in the window too. */
function behind(memQueueSize: number, ...published: string[]): Behind {
  const world = createWorld({ memQueueSize }, { log: 'write-through' });
  const topic = world.engine.topic('t');
  const channel = world.engine.channel(topic, 'c');
  const log = world.logs.get('t');
  if (log === undefined) throw new Error('there is no log');
  const { consumer, output } = subscribe(channel);
  for (const body of published) publish(topic, body);
  world.settle();
  const take = (ready: number): string[] => {
    channel.setReady(consumer, ready);
    world.settle();
    return bodies(output.take());
  };
  return { ...world, topic, channel, log, consumer, output, take };
}

it.each([
  ['before something else that is stored', [1], ['a', 'c', 'd', 'e']],
  ['up to the window', [1, 2], ['a', 'd', 'e']],
  ['into the window, which has it', [2, 3], ['a', 'b', 'd', 'e']],
  ['at the end of the log', [1, 2, 3, 4], ['a', 'd', 'e']],
])('jumps over what cannot be read %s', (_where, lost, expected) => {
  const { channel, topic, log, take } = behind(2, 'a', 'b', 'c', 'd', 'e');
  for (const seq of lost) log.lost.add(seq);
  expect(take(100)).toEqual(expected);
  expect([channel.depth, channel.position]).toEqual([0, topic.head]);
});

it('does not jump over what cannot be read into what a paused topic holds back', () => {
  const { topic, channel, log, settle, take } = behind(2, 'a', 'b', 'c', 'd');
  topic.pause();
  for (const body of ['x', 'y']) publish(topic, body);
  settle();
  for (const seq of [1, 2, 3]) log.lost.add(seq);
  expect(take(100)).toEqual(['a']);
  expect([channel.position, channel.depth, topic.depth]).toEqual([4, 0, 2]);
  topic.unpause();
  expect(take(100)).toEqual(['x', 'y']);
});

it('does not jump over what cannot be read into what was dropped', () => {
  const { topic, log, settle, take } = behind(1, 'a', 'b');
  topic.pause();
  for (const body of ['x', 'y']) publish(topic, body);
  settle();
  topic.empty();
  topic.unpause();
  for (const body of ['c', 'd']) publish(topic, body);
  settle();
  for (const seq of [1, 2]) log.lost.add(seq);
  expect(take(100)).toEqual(['a', 'c', 'd']);
});

it.each([
  ['some of it', ['a', 'b', 'c', 'd']],
  ['all of it', ['a', 'b']],
])('does not go back when it is emptied and had read %s', (_what, published) => {
  const { engine, channel, topic, log, consumer, settle, take } = behind(1, ...published);
  channel.setReady(consumer, 1);
  engine.turn();
  log.work();
  channel.empty();
  channel.setReady(consumer, 0);
  for (const body of ['x', 'y', 'z']) publish(topic, body);
  settle();
  channel.setReady(consumer, 100);
  engine.turn();
  expect(channel.position).toBe(published.length);
  expect(take(100)).toEqual(['x', 'y', 'z']);
});

it('does not go back when it is emptied and had found nothing to read', () => {
  const { engine, channel, topic, log, consumer, settle, take } = behind(1, 'a', 'b', 'c', 'd');
  for (const seq of [1, 2, 3]) log.lost.add(seq);
  expect(take(1)).toEqual(['a']);
  channel.empty();
  take(0);
  for (const body of ['x', 'y', 'z']) publish(topic, body);
  settle();
  channel.setReady(consumer, 100);
  engine.turn();
  expect(channel.position).toBe(4);
  expect(take(100)).toEqual(['x', 'y', 'z']);
});

it('finds what moves in memory after it has come to the end of the topic by way of the log', () => {
  const { topic, take } = behind(1, 'a', 'b', 'c', 'd');
  expect(take(5)).toEqual(['a', 'b', 'c', 'd']);
  publish(topic, 'one', 'two', 'six'); // an MPUB, which leaves the chunk that it came in
  expect(take(5)).toEqual(['one']);
  expect(take(100)).toEqual(['two', 'six']);
});

it('lets go of what has left the window, and reads it from the log', () => {
  const { topic, channel, log, settle, take } = behind(2, 'a', 'b');
  expect(topic.window.start).toBe(0);
  expect(take(1)).toEqual(['a']);
  for (const body of ['c', 'd', 'e']) publish(topic, body);
  settle();
  expect(take(2)).toEqual(['b']);
  const message = [...channel.unfinished].at(-1);
  expect(message?.segment).not.toBeNull();
  expect(log.stored.map(({ batch }) => batch.bytes)).toContain(message?.bytes);
});
