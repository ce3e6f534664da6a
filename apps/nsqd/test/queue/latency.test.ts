import { LatencyWindow } from '../../src/stats/latency-window.js';
import type { Channel } from '../../src/queue/channel.js';
import { createWorld, publish, subscribe, type Received } from './fixture.js';

const windows = { createLatencyWindow: (now: number): LatencyWindow => new LatencyWindow([1, 0.5], 600_000, now) };

const read = (channel: Channel, now: number) => channel.latency?.read(now).stats();
const id = ({ idHi, idLo }: Received): [number, number] => [idHi, idLo];

it('keeps nothing unless it is asked to', () => {
  const { engine } = createWorld();
  expect(engine.channel(engine.topic('t'), 'c').latency).toBeNull();
});

it('samples the time from publication to FIN, each channel its own', () => {
  const { engine, clock, settle } = createWorld({}, windows);
  const topic = engine.topic('t');
  const [fast, slow] = [engine.channel(topic, 'fast'), engine.channel(topic, 'slow')];
  const at = { fast: subscribe(fast, 10), slow: subscribe(slow, 10) };
  engine.tick();
  publish(topic, 'a', 'b');
  settle();
  const finish = (channel: Channel, { consumer, output }: ReturnType<typeof subscribe>): void => {
    engine.tick();
    for (const message of output.take()) channel.finish(consumer, ...id(message));
  };
  clock.now += 2.5;
  finish(fast, at.fast);
  clock.now += 5000;
  finish(slow, at.slow);
  const all = (value: number) => ({
    count: 2,
    percentiles: [
      { quantile: 1, value },
      { quantile: 0.5, value },
    ],
  });
  expect(read(fast, clock.now)).toEqual(all(2_500_000));
  expect(read(slow, clock.now)).toEqual(all(5_002_500_000));
});

it('samples neither REQ nor TOUCH nor a timeout nor a FIN that fails, and a redelivered message from its publication on', () => {
  const { engine, clock, settle, advance } = createWorld({}, windows);
  const topic = engine.topic('t');
  const channel = engine.channel(topic, 'c');
  const { consumer, output } = subscribe(channel, 10, { msgTimeout: 1000 });
  engine.tick();
  publish(topic, 'a');
  settle();
  const [first] = output.take();
  if (first === undefined) throw new Error('nothing was delivered');
  channel.touch(consumer, ...id(first));
  channel.requeue(consumer, ...id(first), 0);
  channel.finish(consumer, ...id(first));
  settle();
  advance(1100); // the second delivery times out
  expect(channel.timeoutCount).toBe(1);
  expect(read(channel, clock.now)?.count).toBe(0);
  engine.tick();
  channel.finish(consumer, ...id(first));
  expect(read(channel, clock.now)).toMatchObject({ count: 1, percentiles: [{ value: 1_100_000_000 }, {}] });
});

it('takes a publication in the future, after the time of day was set back, for just now', () => {
  const { engine, clock, settle } = createWorld({}, windows);
  const topic = engine.topic('t');
  const channel = engine.channel(topic, 'c');
  const { consumer, output } = subscribe(channel, 1);
  engine.tick();
  publish(topic, 'a');
  settle();
  clock.wall = () => clock.epoch - 10_000;
  engine.tick();
  for (const message of output.take()) channel.finish(consumer, ...id(message));
  expect(read(channel, clock.now)).toMatchObject({ count: 1, percentiles: [{ value: 0 }, { value: 0 }] });
});
