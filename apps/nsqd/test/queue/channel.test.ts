import { Answer } from '../../src/queue/channel.js';
import { bodies, createWorld, pack, publish, publishDeferred, subscribe, type Received } from './fixture.js';

function first(received: readonly Received[]): Received {
  const [message] = received;
  if (message === undefined) throw new Error('nothing was received');
  return message;
}

describe('delivery', () => {
  it('gives each channel its own copy, in the order of publishing', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const a = subscribe(engine.channel(topic, 'a'), 10);
    const b = subscribe(engine.channel(topic, 'b'), 10);
    publish(topic, 'one', 'two');
    publish(topic, 'three');
    settle();
    expect(bodies(a.output.received)).toEqual(['one', 'two', 'three']);
    expect(bodies(b.output.received)).toEqual(['one', 'two', 'three']);
  });

  it('never has more in flight to a consumer than its RDY, and a FIN lets one more through', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel, 2);
    publish(topic, 'a', 'b', 'c', 'd');
    settle();
    expect(bodies(output.received)).toEqual(['a', 'b']);
    const a = first(output.take());
    expect(channel.finish(consumer, a.idHi, a.idLo)).toBe(Answer.Ok);
    settle();
    expect(bodies(output.received)).toEqual(['c']);
    channel.setReady(consumer, 0);
    settle();
    expect(channel.depth).toBe(1);
    expect(channel.inFlightCount).toBe(2);
  });

  it('shares a burst about evenly among consumers that wait', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const consumers = [subscribe(channel, 100), subscribe(channel, 100), subscribe(channel, 100)];
    publish(topic, ...Array.from({ length: 99 }, (_, i) => `m${i}`));
    settle();
    for (const { output } of consumers) expect(output.received.length).toBeGreaterThan(25);
    expect(consumers.reduce((sum, { output }) => sum + output.received.length, 0)).toBe(99);
  });

  it('takes turns among consumers for single messages', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const a = subscribe(channel, 100);
    const b = subscribe(channel, 100);
    for (let i = 0; i < 10; i++) {
      publish(topic, `m${i}`);
      settle();
    }
    expect(a.output.received).toHaveLength(5);
    expect(b.output.received).toHaveLength(5);
  });

  it('stops at a full output and goes on when it has room', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const { consumer, output } = subscribe(engine.channel(topic, 'c'), 100);
    output.room = 2;
    publish(topic, 'a', 'b', 'c');
    settle();
    expect(bodies(output.take())).toEqual(['a', 'b']);
    output.room = Infinity;
    consumer.unblock();
    settle();
    expect(bodies(output.received)).toEqual(['c']);
  });

  it('walks over the gaps between PUBs of one chunk', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const { output } = subscribe(engine.channel(topic, 'c'), 10);
    const chunk = Buffer.from('PUB t\n\0\0\0\x02aaPUB t\n\0\0\0\x03bbbPUB t\n\0\0\0\x01c');
    topic.publish(chunk, 6, chunk.length, 3, 6, () => undefined);
    settle();
    expect(bodies(output.received)).toEqual(['aa', 'bbb', 'c']);
    expect(topic.messageBytes).toBe(6);
  });

  it('delivers from a batch that moved out of its chunk while it waited', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const chunk = Buffer.alloc(64 * 1024);
    chunk.write('\0\0\0\x02aaPUB t\n\0\0\0\x03bbb', 100, 'latin1');
    topic.publish(chunk, 100, 100 + 6 + 6 + 7, 2, 6, () => undefined);
    settle();
    chunk.fill(0x78); // nobody may look here any more
    const { output } = subscribe(channel, 10);
    settle();
    expect(bodies(output.received)).toEqual(['aa', 'bbb']);
  });

  it('goes on in the middle of PUBs that go to the log', () => {
    const { engine, settle } = createWorld({ memQueueSize: 2 }, { log: 'spill' });
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel);
    const all = Array.from({ length: 9 }, (_, i) => String(i).repeat(2000));
    // Too much to lie beside others, and so much of its chunk that it stays there.
    const chunk = pack(all, 50);
    topic.publish(chunk, 0, chunk.length, all.length, 50, () => undefined);
    channel.setReady(consumer, 4);
    settle();
    publish(topic, 'x', 'y', 'z');
    engine.turn();
    expect(topic.window.first.writing).toBe(true);
    channel.setReady(consumer, 100);
    engine.turn();
    settle();
    expect(bodies(output.received)).toEqual([...all, 'x', 'y', 'z']);
  });

  it('goes on in the middle of a batch that moved out of its chunk', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel, 1);
    const chunk = Buffer.alloc(64 * 1024);
    chunk.write('\0\0\0\x02aaPUB t\n\0\0\0\x03bbbPUB t\n\0\0\0\x01c', 100, 'latin1');
    topic.publish(chunk, 100, 100 + 6 + 6 + 7 + 6 + 5, 3, 6, () => undefined);
    settle();
    chunk.fill(0x78);
    channel.setReady(consumer, 10);
    settle();
    expect(bodies(output.received)).toEqual(['aa', 'bbb', 'c']);
  });

  it('drops what sampling leaves out, for good', () => {
    let roll = 0;
    const { engine, settle } = createWorld({}, { random: () => (roll++ % 2 === 0 ? 0.1 : 0.9) });
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel, 100, { sampleRate: 50 });
    publish(topic, 'a', 'b', 'c', 'd');
    settle();
    expect(bodies(output.received)).toEqual(['a', 'c']);
    expect([channel.depth, channel.inFlightCount, consumer.messageCount]).toEqual([0, 2, 2]);
  });
});

describe('answers', () => {
  it('accepts only the consumer that the message is in flight to', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const owner = subscribe(channel, 1);
    const other = subscribe(channel);
    publish(topic, 'm');
    settle();
    const { idHi, idLo } = first(owner.output.received);
    expect(channel.finish(other.consumer, idHi, idLo)).toBe(Answer.NotOwner);
    expect(channel.requeue(other.consumer, idHi, idLo, 0)).toBe(Answer.NotOwner);
    expect(channel.touch(other.consumer, idHi, idLo)).toBe(Answer.NotOwner);
    expect(channel.finish(owner.consumer, idHi, idLo + 1)).toBe(Answer.NotInFlight);
    expect(channel.finish(owner.consumer, Number.NaN, Number.NaN)).toBe(Answer.NotInFlight);
    expect(channel.finish(owner.consumer, idHi, idLo)).toBe(Answer.Ok);
    expect(channel.finish(owner.consumer, idHi, idLo)).toBe(Answer.NotInFlight);
  });

  it('requeues at once with the same id and one attempt more, one for one with fresh messages', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel, 1);
    publish(topic, 'bad', 'x', 'y', 'z');
    settle();
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) {
      const message = first(output.take());
      seen.push(`${message.body}${message.attempts}`);
      if (message.body === 'bad') channel.requeue(consumer, message.idHi, message.idLo, 0);
      else channel.finish(consumer, message.idHi, message.idLo);
      settle();
    }
    expect(seen).toEqual(['bad1', 'bad2', 'x1', 'bad3', 'y1', 'bad4']);
    expect(channel.requeueCount).toBe(4);
  });

  it('holds a requeued message back for its delay, never shorter', () => {
    const { engine, settle, advance } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel, 1);
    publish(topic, 'm');
    settle();
    const { idHi, idLo } = first(output.take());
    channel.requeue(consumer, idHi, idLo, 500);
    expect(channel.deferredCount).toBe(1);
    advance(499);
    expect(output.received).toHaveLength(0);
    advance(11);
    expect(first(output.received)).toMatchObject({ body: 'm', attempts: 2, idHi, idLo });
  });

  it('takes a message back when its time is up, wherever its consumer is', () => {
    const { engine, settle, advance } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const gone = subscribe(channel, 1, { msgTimeout: 1000 });
    const slow = subscribe(channel, 1, { msgTimeout: 1000 });
    publish(topic, 'a', 'b');
    settle();
    channel.removeConsumer(gone.consumer);
    expect(channel.inFlightCount).toBe(2);
    advance(999);
    expect([channel.inFlightCount, channel.timeoutCount]).toEqual([2, 0]);
    slow.output.take();
    advance(11);
    expect(channel.timeoutCount).toBe(2);
    expect(slow.output.received).toHaveLength(1);
    expect(channel.depth).toBe(1);
  });

  it('touch starts the timeout anew, up to max-msg-timeout after the delivery', () => {
    const { engine, settle, advance } = createWorld({ maxMsgTimeout: 4000 });
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel, 1, { msgTimeout: 1000 });
    publish(topic, 'm');
    settle();
    const { idHi, idLo } = first(output.take());
    let passed = 0;
    for (; channel.timeoutCount === 0 && passed < 10_000; passed += 500) {
      expect(channel.touch(consumer, idHi, idLo)).toBe(Answer.Ok);
      advance(500);
    }
    expect(passed).toBeGreaterThanOrEqual(4000);
    expect(passed).toBeLessThanOrEqual(4500);
  });

  it('counts attempts to 65 535 and then from 0', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel, 1);
    publish(topic, 'm');
    settle();
    for (let i = 1; i < 65_536; i++) {
      const { idHi, idLo, attempts } = first(output.take());
      if (attempts !== i) throw new Error(`attempt ${i} shows ${attempts}`);
      channel.requeue(consumer, idHi, idLo, 0);
      settle();
    }
    expect(first(output.received).attempts).toBe(0);
  });
});

describe('operators', () => {
  it('a paused channel delivers nothing, but answers and timeouts go on', () => {
    const { engine, settle, advance } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { consumer, output } = subscribe(channel, 10, { msgTimeout: 1000 });
    publish(topic, 'a', 'b');
    settle();
    const [a] = output.take();
    channel.pause();
    if (a === undefined) throw new Error('nothing came');
    expect(channel.finish(consumer, a.idHi, a.idLo)).toBe(Answer.Ok);
    publish(topic, 'c');
    advance(1010);
    expect(output.received).toHaveLength(0);
    expect([channel.depth, channel.timeoutCount]).toEqual([2, 1]);
    channel.unpause();
    settle();
    expect(bodies(output.received).sort()).toEqual(['b', 'c']);
  });

  it('empties a channel of all it holds and frees its consumers', () => {
    const { engine, settle, advance } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const other = engine.channel(topic, 'other');
    const { consumer, output } = subscribe(channel, 1);
    publish(topic, 'a', 'b', 'c');
    publishDeferred(topic, 'd', 100);
    settle();
    const { idHi, idLo } = first(output.take());
    channel.empty();
    expect([channel.depth, channel.inFlightCount, channel.deferredCount, consumer.inFlightCount]).toEqual([0, 0, 0, 0]);
    expect(channel.finish(consumer, idHi, idLo)).toBe(Answer.NotInFlight);
    expect([other.depth, other.deferredCount]).toEqual([3, 1]);
    advance(200);
    expect(output.received).toHaveLength(0);
    publish(topic, 'e');
    settle();
    expect(bodies(output.received)).toEqual(['e']);
  });

  it('deleting a channel closes its consumers and drops what it holds, due or not', () => {
    const { engine, settle, advance, events } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { output } = subscribe(channel, 1, { msgTimeout: 1000 });
    publish(topic, 'a', 'b');
    publishDeferred(topic, 'd', 500);
    settle();
    topic.deleteChannel('c');
    expect(output.closed).toBe(true);
    output.take();
    advance(5000);
    expect(output.received).toHaveLength(0);
    expect(engine.wheel.size).toBe(0);
    expect(events).toContain('-t/c');
  });
});

describe('ephemeral channels', () => {
  it('go away with their last consumer', () => {
    const { engine, events } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c#ephemeral');
    const a = subscribe(channel);
    const b = subscribe(channel);
    channel.removeConsumer(a.consumer);
    expect(topic.channels.size).toBe(1);
    channel.removeConsumer(b.consumer);
    expect(topic.channels.size).toBe(0);
    expect(events).toEqual(['+t', '+t/c#ephemeral', '-t/c#ephemeral']);
  });

  it('keep the newest messages up to the window, and count them all', () => {
    const { engine, settle } = createWorld({ memQueueSize: 3 });
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c#ephemeral');
    for (const body of ['a', 'b', 'c', 'd', 'e']) publish(topic, body);
    settle();
    expect([channel.depth, channel.messageCount]).toEqual([3, 5]);
    const { output } = subscribe(channel, 10);
    settle();
    expect(bodies(output.received)).toEqual(['c', 'd', 'e']);
  });

  it('hand over to a waiting consumer even without a window', () => {
    const { engine, settle } = createWorld({ memQueueSize: 0 });
    const topic = engine.topic('t');
    const { output } = subscribe(engine.channel(topic, 'c#ephemeral'), 1);
    publish(topic, 'a', 'b');
    settle();
    expect(bodies(output.received)).toEqual(['a']);
    expect(topic.channels.get('c#ephemeral')?.depth).toBe(0);
  });
});
