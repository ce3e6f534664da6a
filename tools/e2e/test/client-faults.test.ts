import { randomUUID } from 'node:crypto';
import { NsqdHttpClient } from '@nsq/client';
import { settled } from './daemon.js';
import { RECONNECT, Stage, addressOf, eventually } from './client-setup.js';

const TIMEOUT_MS = 60_000;
let stage: Stage;
beforeEach(() => (stage = new Stage()));
afterEach(() => stage.end());

const codeOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error: unknown) => (error as { code: string }).code,
  );

it(
  'loses nothing that was accepted while connections are cut again and again',
  async () => {
    const nsqd = await stage.nsqd('--msg-timeout=1s', '--max-msg-timeout=5s');
    const proxy = await stage.proxy(nsqd);
    const received = new Set<string>();
    await stage.consume({ topic: 't', channel: 'c', nsqds: proxy.address, maxInFlight: 200 }, (message) => {
      received.add(message.text());
      if (received.size % 997 === 0) proxy.reset();
    });
    const producer = stage.producer({ nsqds: proxy.address, retry: 100, publishTimeout: 30_000 });
    const bodies = Array.from({ length: 10_000 }, (_, index) => `message ${index}`);
    let accepted = 0;
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
          await producer.publish('t', body);
          if (++accepted % 1009 === 0) proxy.reset();
        }
      }),
    );
    await eventually('all of them', () => received.size === 10_000);
    expect(proxy.accepted).toBeGreaterThan(10);
  },
  TIMEOUT_MS,
);

it(
  'rejects every publish that a lost connection leaves unanswered, and publishes again',
  async () => {
    const nsqd = await stage.nsqd();
    const proxy = await stage.proxy(nsqd);
    const producer = stage.producer({ nsqds: proxy.address });
    await producer.connect();
    proxy.stallOpen();
    const published = Array.from({ length: 100 }, (_, index) => codeOf(producer.publish('t', String(index))));
    await new Promise((resolve) => setImmediate(resolve));
    proxy.reset();
    expect(new Set(await Promise.all(published))).toEqual(new Set(['ERR_NSQ_CONNECTION_LOST']));
    await producer.publish('t', 'again');
  },
  TIMEOUT_MS,
);

it(
  'notices a line on which nothing comes any more, in producer and consumer',
  async () => {
    const nsqd = await stage.nsqd();
    const proxy = await stage.proxy(nsqd);
    const options = { nsqds: proxy.address, heartbeatInterval: 1000 };
    const producer = stage.producer({ ...options, retry: 1, publishTimeout: 20_000 });
    await producer.connect();
    const received: string[] = [];
    const consumer = await stage.consume({ ...options, topic: 't', channel: 'c' }, (message) => received.push(message.text()));
    const lost: (string | undefined)[] = [];
    producer.on('disconnected', (_, error) => lost.push(error?.message));
    consumer.on('disconnected', (_, error) => lost.push(error?.message));
    proxy.stallOpen();
    await producer.publish('t', 'through the second connection');
    await eventually('received', () => received.length === 1);
    expect(lost).toEqual([`${proxy.address}: nothing came for 2000 ms`, `${proxy.address}: nothing came for 2000 ms`]);
  },
  TIMEOUT_MS,
);

it(
  'gets large messages through a slow line, one after the other, without holding more than it may',
  async () => {
    const nsqd = await stage.nsqd();
    const proxy = await stage.proxy(nsqd);
    proxy.slow = true;
    const producer = stage.producer({ nsqds: proxy.address, maxPendingBytes: 4_000_000, publishTimeout: 30_000 });
    const received: number[] = [];
    await stage.consume({ topic: 't', channel: 'c', nsqds: proxy.address, maxInFlight: 4 }, (message) =>
      received.push(message.body.length),
    );
    const published: Promise<void>[] = [];
    for (let count = 0; count < 20; count++) {
      await producer.ready();
      published.push(
        producer.publish('t', Buffer.alloc(900_000, count)).catch(async (error: unknown) => {
          expect(error).toMatchObject({ code: 'ERR_NSQ_QUEUE_FULL' });
          while (producer.pending > 2) await new Promise((resolve) => setTimeout(resolve, 5));
          await producer.publish('t', Buffer.alloc(900_000, count));
        }),
      );
      expect(producer.pending).toBeLessThanOrEqual(4);
    }
    await Promise.all(published);
    await eventually('all', () => received.length === 20);
    expect(new Set(received)).toEqual(new Set([900_000]));
  },
  TIMEOUT_MS,
);

it(
  'finds a daemon again that was killed and came back elsewhere',
  async () => {
    const folder = await stage.daemons.folder();
    const before = await stage.daemons.start(folder, '--durability=disk');
    const proxy = await stage.proxy(before);
    const producer = stage.producer({ nsqds: proxy.address, retry: 50, publishTimeout: 20_000 });
    const received = new Set<string>();
    await stage.consume({ topic: 't', channel: 'c', nsqds: proxy.address }, (message) => received.add(message.text()));
    await Promise.all(Array.from({ length: 500 }, (_, index) => producer.publish('t', `before ${index}`)));
    await before.stop('SIGKILL');
    const published = Promise.all(Array.from({ length: 500 }, (_, index) => producer.publish('t', `behind ${index}`)));
    const behind = await stage.daemons.start(folder, '--durability=disk');
    proxy.target = { host: behind.host, port: behind.tcpPort };
    await published;
    await eventually('all', () => received.size === 1000);
  },
  TIMEOUT_MS,
);

it(
  'goes on with another nsqd while one is away',
  async () => {
    const [a, b] = [await stage.nsqd(), await stage.nsqd()];
    const proxy = await stage.proxy(a);
    const producer = stage.producer({ nsqds: [proxy.address, addressOf(b)], retry: 1 });
    await producer.connect();
    await eventually('both', () => producer.connections.length === 2);
    await proxy.close();
    await Promise.all(Array.from({ length: 100 }, () => producer.publish('t', 'x')));
    expect((await new NsqdHttpClient(`${b.host}:${b.httpPort}`).stats()).topics[0]?.message_count).toBe(100);
  },
  TIMEOUT_MS,
);

it(
  'gives back at its close what it has not begun with, and leaves nothing to time out',
  async () => {
    const nsqd = await stage.nsqd();
    const producer = stage.producer({ nsqds: addressOf(nsqd) });
    const topic = 't';
    await producer.publish(
      topic,
      Array.from({ length: 300 }, (_, index) => String(index)),
    );
    const handled: string[] = [];
    const slowly = async (text: string): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      handled.push(text);
    };
    const first = await stage.consume({ topic, channel: 'c', nsqds: addressOf(nsqd), concurrency: 3 }, (message) => slowly(message.text()));
    await eventually('some', () => handled.length >= 20);
    await first.close();
    const soFar = handled.length;
    expect(soFar).toBeLessThan(300);
    await stage.consume({ topic, channel: 'c', nsqds: addressOf(nsqd) }, (message) => slowly(message.text()));
    const stats = await settled(nsqd, topic, 'c');
    expect(stats.timeout_count).toBe(0);
    expect(new Set(handled).size).toBe(300);
    expect(handled).toHaveLength(300);
  },
  TIMEOUT_MS,
);

it(
  'lets no nsqd starve while another has messages without end',
  async () => {
    const nsqds = [await stage.nsqd(), await stage.nsqd(), await stage.nsqd()];
    const [busy, ...quiet] = nsqds.map(addressOf) as [string, string, string];
    const flood = stage.producer({ nsqds: busy });
    await flood.publish(
      't',
      Array.from({ length: 50_000 }, () => 'flood'),
    );
    const received: string[] = [];
    await stage.consume({ topic: 't', channel: 'c', nsqds: [busy, ...quiet], maxInFlight: 1 }, async (message) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (message.text() !== 'flood') received.push(message.text());
    });
    for (const [index, address] of quiet.entries()) {
      await stage.producer({ nsqds: address }).publish('t', `quiet ${index}`);
      await eventually('heard', () => received.length === index + 1);
    }
    const { topics } = await new NsqdHttpClient(`${nsqds[0]?.host ?? ''}:${nsqds[0]?.httpPort ?? 0}`).stats();
    // The flood was not over before.
    expect(topics[0]?.channels[0]?.depth).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);

it(
  'backs off while its handler fails, and gets everything once it works',
  async () => {
    const nsqd = await stage.nsqd();
    const producer = stage.producer({ nsqds: addressOf(nsqd) });
    const names = Array.from({ length: 50 }, () => randomUUID());
    await producer.publish('t', names);
    let broken = true;
    const handled = new Set<string>();
    const states: string[] = [];
    const options = { nsqds: addressOf(nsqd), reconnect: RECONNECT, requeueDelay: 0, backoff: { multiplier: 20, max: 200 } };
    const consumer = stage.consumer({ topic: 't', channel: 'c', ...options, maxInFlight: 20 });
    consumer.on('backoff', (state, level) => states.push(`${state} ${level}`));
    void consumer.run((message) => {
      if (broken) throw new Error('not now');
      handled.add(message.text());
    });
    await eventually('third level', () => states.includes('testing 3'));
    broken = false;
    await eventually('all', () => handled.size === names.length);
    expect(states.slice(0, 6)).toEqual(['waiting 1', 'testing 1', 'waiting 2', 'testing 2', 'waiting 3', 'testing 3']);
    expect(states).toContain('none 0');
    expect((await settled(nsqd, 't', 'c')).timeout_count).toBe(0);
  },
  TIMEOUT_MS,
);
