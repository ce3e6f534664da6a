import { Batch } from '../../src/queue/batch.js';
import { NO_OUTPUT } from '../../src/queue/consumer.js';
import { Slab } from '../../src/queue/slab.js';
import { bodies, createWorld, pack, publish, subscribe } from './fixture.js';

/** One message of `length` bytes in the middle of a socket chunk. */
function batchOf(length: number): Batch {
  const chunk = Buffer.alloc(200_000);
  chunk.writeInt32BE(length, 1000);
  return new Batch(0, 1, chunk, 1000, 1004 + length, 0, 0, 0, 0, 0);
}

describe('memory that waiting messages take', () => {
  it('is little for the first of a topic, and at most about twice what waits', () => {
    const slab = new Slab();
    const seen = new Set<ArrayBufferLike>();
    let queued = 0;
    for (let i = 0; i < 10_000; i++) {
      const batch = batchOf(i % 50);
      slab.adopt(batch);
      seen.add(batch.bytes.buffer);
      queued += batch.packedBytes;
      const held = [...seen].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(held).toBeLessThanOrEqual(Math.max(1024, 3 * queued));
    }
    expect(Math.max(...[...seen].map(({ byteLength }) => byteLength))).toBe(64 * 1024);
  });

  it('is let go of once every channel has passed it', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const slow = subscribe(engine.channel(topic, 'slow'));
    const fast = subscribe(engine.channel(topic, 'fast'), 1000);
    const chunk = Buffer.concat([Buffer.alloc(100_000), pack(['a'])]);
    const release = jest.spyOn(Slab.prototype, 'release');
    try {
      for (let i = 0; i < 5; i++) {
        topic.publish(chunk, 100_000, chunk.length, 1, 0, () => undefined);
        settle();
      }
      expect(bodies(fast.output.take())).toHaveLength(5);
      expect(release).not.toHaveBeenCalled();
      slow.consumer.channel?.setReady(slow.consumer, 1000);
      settle();
      expect(bodies(slow.output.take())).toEqual(['a', 'a', 'a', 'a', 'a']);
      expect(release).toHaveBeenCalledTimes(1);
    } finally {
      release.mockRestore();
    }
  });
});

it('leaves where it is what is being written', () => {
  const { engine, settle } = createWorld({ memQueueSize: 1 }, { log: 'spill' });
  const topic = engine.topic('t');
  for (const body of ['a', 'b', 'c']) publish(topic, body);
  const { first } = topic.window;
  const { bytes } = first;
  engine.turn();
  expect([first.writing, first.bytes === bytes]).toEqual([true, true]);
  settle();
  expect(topic.window.first.bytes.length).toBe(1024);
});

it('moves a message out of the chunk it came in once its consumer asks for more time', () => {
  const { engine, settle } = createWorld();
  const topic = engine.topic('t');
  const channel = engine.channel(topic, 'c');
  const { consumer, output } = subscribe(channel, 1);
  const chunk = Buffer.concat([Buffer.alloc(100_000), pack(['a'])]);
  topic.publish(chunk, 100_000, chunk.length, 1, 0, () => undefined);
  settle();
  const [message] = channel.unfinished;
  expect(message?.bytes).toBe(chunk);
  const [received] = output.take();
  channel.touch(consumer, received?.idHi ?? 0, received?.idLo ?? 0);
  expect(message?.bytes.buffer.byteLength).toBe(5);
  channel.requeue(consumer, received?.idHi ?? 0, received?.idLo ?? 0, 0);
  settle();
  expect(bodies(output.take())).toEqual(['a']);
});

it('does not keep the connection of a consumer that has left with messages in flight', () => {
  const { engine, settle, advance } = createWorld();
  const topic = engine.topic('t');
  const channel = engine.channel(topic, 'c');
  const { consumer, output } = subscribe(channel, 2);
  publish(topic, 'a');
  settle();
  channel.removeConsumer(consumer);
  expect(consumer.output).toBe(NO_OUTPUT);
  expect(channel.inFlightCount).toBe(1);
  publish(topic, 'b');
  advance(60_000);
  expect(bodies(output.take())).toEqual(['a']);
  expect(channel.depth).toBe(2);
});

it('moves a message out of the chunk it came in once it has been in flight for a while, and it is still taken back in time', () => {
  const { engine, settle, advance } = createWorld();
  const topic = engine.topic('t');
  const channel = engine.channel(topic, 'c');
  const { output } = subscribe(channel, 1, { msgTimeout: 10_000 });
  const chunk = Buffer.concat([Buffer.alloc(100_000), pack(['a'])]);
  topic.publish(chunk, 100_000, chunk.length, 1, 0, () => undefined);
  settle();
  output.take();
  const [message] = channel.unfinished;
  expect(message?.bytes).toBe(chunk);
  advance(2500);
  expect(message?.bytes.buffer.byteLength).toBe(5);
  advance(7400);
  expect(channel.timeoutCount).toBe(0);
  advance(200);
  expect(channel.timeoutCount).toBe(1);
  expect(bodies(output.take())).toEqual(['a']);
});
