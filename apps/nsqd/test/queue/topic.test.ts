import { ExitingError } from '../../src/queue/publish-error.js';
import { bodies, createWorld, publish, publishDeferred, subscribe } from './fixture.js';

describe('dispatching', () => {
  it('gives the first channel all that waited, a later one what comes after it', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    publish(topic, 'a', 'b');
    expect(topic.depth).toBe(2);
    const one = engine.channel(topic, 'one');
    expect([topic.depth, one.depth, one.messageCount]).toEqual([0, 2, 2]);
    publish(topic, 'c');
    const two = engine.channel(topic, 'two');
    publish(topic, 'd');
    const a = subscribe(one, 10);
    const b = subscribe(two, 10);
    settle();
    expect(bodies(a.output.received)).toEqual(['a', 'b', 'c', 'd']);
    expect(bodies(b.output.received)).toEqual(['d']);
    expect([one.messageCount, two.messageCount]).toEqual([4, 1]);
  });

  it('holds everything back until it is started, then gives all of it to each channel', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t', false);
    const early = subscribe(engine.channel(topic, 'early'), 10);
    publish(topic, 'a', 'b');
    let started = 0;
    topic.whenStarted(() => started++);
    settle();
    expect([topic.started, started, topic.depth, bodies(early.output.received)]).toEqual([false, 0, 2, []]);
    const late = subscribe(engine.channel(topic, 'late'), 10);
    topic.start();
    topic.whenStarted(() => started++);
    settle();
    expect([topic.started, started, topic.depth]).toEqual([true, 2, 0]);
    for (const { output } of [early, late]) expect(bodies(output.received)).toEqual(['a', 'b']);
  });

  it('collects again when the last channel has gone', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    engine.channel(topic, 'one');
    publish(topic, 'lost');
    settle();
    topic.deleteChannel('one');
    publish(topic, 'kept');
    expect(topic.depth).toBe(1);
    const { output } = subscribe(engine.channel(topic, 'two'), 10);
    settle();
    expect(bodies(output.received)).toEqual(['kept']);
  });

  it('a paused topic adds nothing to its channels, which deliver what they have', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    publish(topic, 'a');
    topic.pause();
    publish(topic, 'b');
    const late = engine.channel(topic, 'late');
    const one = subscribe(channel, 10);
    settle();
    expect(bodies(one.output.take())).toEqual(['a']);
    expect([topic.depth, channel.depth, late.depth]).toEqual([1, 0, 0]);
    topic.unpause();
    settle();
    expect(bodies(one.output.received)).toEqual(['b']);
    expect(late.depth).toBe(1);
  });

  it('starts the delay of a deferred publish when a channel receives it', () => {
    const { engine, advance } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    const { output } = subscribe(channel, 10);
    topic.pause();
    publishDeferred(topic, 'd', 500);
    advance(1000);
    expect([topic.depth, channel.deferredCount]).toEqual([1, 0]);
    topic.unpause();
    expect([topic.depth, channel.deferredCount, channel.messageCount]).toEqual([0, 1, 1]);
    advance(490);
    expect(output.received).toHaveLength(0);
    advance(20);
    expect(bodies(output.received)).toEqual(['d']);
  });

  it('defers on each channel by itself', () => {
    const { engine, advance } = createWorld();
    const topic = engine.topic('t');
    const a = subscribe(engine.channel(topic, 'a'), 1);
    const b = subscribe(engine.channel(topic, 'b'), 1);
    publishDeferred(topic, 'd', 100);
    advance(110);
    expect(bodies(a.output.received)).toEqual(['d']);
    expect(bodies(b.output.received)).toEqual(['d']);
  });
});

describe('operators', () => {
  it('empties what no channel has received, and only that', () => {
    const { engine, settle } = createWorld();
    const topic = engine.topic('t');
    const channel = engine.channel(topic, 'c');
    publish(topic, 'a');
    topic.pause();
    publish(topic, 'b', 'c');
    publishDeferred(topic, 'd', 100);
    topic.empty();
    expect([topic.depth, channel.depth, topic.messageCount]).toEqual([0, 1, 4]);
    topic.unpause();
    publish(topic, 'e');
    const { output } = subscribe(channel, 10);
    settle();
    expect(bodies(output.received)).toEqual(['a', 'e']);
  });

  it('refuses publishes once it is deleted, and begins anew under the same name', () => {
    const { engine, events } = createWorld();
    const topic = engine.topic('t');
    engine.channel(topic, 'c');
    publish(topic, 'a');
    engine.deleteTopic('t');
    expect(() => publish(topic, 'b')).toThrow(ExitingError);
    const again = engine.topic('t');
    expect([again.depth, again.messageCount, again.channels.size]).toEqual([0, 0, 0]);
    expect(events).toEqual(['+t', '+t/c', '-t/c', '-t', '+t']);
  });

  it('an ephemeral topic goes with its last channel, not before it had one', () => {
    const { engine } = createWorld();
    const topic = engine.topic('t#ephemeral');
    engine.channel(topic, 'a');
    engine.channel(topic, 'b');
    topic.deleteChannel('a');
    expect(engine.topics.has('t#ephemeral')).toBe(true);
    topic.deleteChannel('b');
    expect(engine.topics.has('t#ephemeral')).toBe(false);
  });

  it('an ephemeral topic without a channel holds the window and counts the rest', () => {
    const { engine } = createWorld({ memQueueSize: 2 });
    const topic = engine.topic('t#ephemeral');
    publish(topic, 'a', 'b', 'c');
    publish(topic, 'd');
    expect([topic.depth, topic.messageCount, topic.messageBytes]).toEqual([2, 4, 4]);
  });
});
