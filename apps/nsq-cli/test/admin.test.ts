import { Consumer, NsqdHttpClient, NsqlookupdHttpClient } from '@nsq/client';
import { nsq } from './nsq.js';
import { startStack, topicAt, until, type TestStack } from './stack.js';

jest.setTimeout(60_000);

describe('nsq topics, channels and nodes', () => {
  let stack: TestStack;
  let first: string;
  let second: string;
  let lookupd: NsqlookupdHttpClient;
  const run = (...args: string[]) => nsq([...args, `--lookupd=${stack.lookupd}`]);

  beforeAll(async () => {
    stack = await startStack(2);
    [first = '', second = ''] = stack.nsqds.map(({ http }) => http).sort();
    lookupd = new NsqlookupdHttpClient(stack.lookupd);
  });
  afterAll(() => stack.stop());

  /** A topic with a message at each of these nsqds. */
  async function makeTopic(topic: string, ...nsqds: string[]): Promise<void> {
    for (const nsqd of nsqds) await new NsqdHttpClient(nsqd).publish(topic, 'x');
    await until(async () => (await lookupd.lookup(topic)).producers.length === nsqds.length);
  }

  it('lists topics with the nsqds that have them, and nodes with their topics', async () => {
    await makeTopic('listed', first, second);
    await lookupd.createTopic('nowhere');
    expect((await run('topics')).stdout).toBe(`listed\t${first} ${second}\nnowhere\t-\n`);
    expect(JSON.parse((await run('topics', 'list', '--json')).stdout)).toEqual([
      { topic: 'listed', nodes: [first, second] },
      { topic: 'nowhere', nodes: [] },
    ]);
    const direct = await nsq(['topics', `--nsqd=http://${first}`]);
    expect(direct.stdout).toBe(`listed\t${first}\n`);

    const nodes = JSON.parse((await run('nodes', '--json')).stdout) as unknown[];
    const tcp = new Map(stack.nsqds.map((nsqd) => [nsqd.http, nsqd.tcp]));
    expect(nodes).toEqual(
      [first, second].map((address) => ({
        address,
        tcp: tcp.get(address),
        hostname: expect.any(String) as unknown,
        version: '1.3.0',
        topics: ['listed'],
        tombstoned: [],
      })),
    );
    await run('topics', 'delete', 'listed', 'nowhere');
  });

  it('creates channels where the topic is, pauses, unpauses and empties them', async () => {
    await makeTopic('orders', first, second);
    const created = await run('channels', 'create', 'orders', 'a', 'b');
    expect(created).toMatchObject({ code: 0, stderr: '' });
    expect(created.stdout).toBe(
      ['a', 'b'].map((name) => `channel ${name} of topic orders: created at ${stack.lookupd}, ${first}, ${second}\n`).join(''),
    );
    expect((await run('channels', 'list', 'orders')).stdout).toBe('orders\ta\norders\tb\n');
    const channelsAt = async (nsqd: string) => (await topicAt(nsqd, 'orders'))?.channels.map(({ paused, depth }) => ({ paused, depth }));

    expect((await run('channels', 'pause', 'orders', 'b')).code).toBe(0);
    expect(await channelsAt(second)).toEqual([
      { paused: false, depth: 1 },
      { paused: true, depth: 0 },
    ]);
    expect((await run('channels', 'unpause', 'orders', 'b')).code).toBe(0);
    expect((await run('channels', 'empty', 'orders', 'a')).stdout).toBe(`channel a of topic orders: emptied at ${first}, ${second}\n`);
    expect(await channelsAt(first)).toEqual([
      { paused: false, depth: 0 },
      { paused: false, depth: 0 },
    ]);
    expect((await run('topics', 'pause', 'orders')).code).toBe(0);
    expect((await topicAt(first, 'orders'))?.paused).toBe(true);
  });

  it('deletes a channel and a topic everywhere, so that they stay away', async () => {
    await makeTopic('doomed', first, second);
    await run('channels', 'create', 'doomed', 'c');
    expect((await run('channels', 'delete', 'doomed', 'c')).code).toBe(0);
    expect(await lookupd.channels('doomed')).toEqual([]);
    expect((await topicAt(first, 'doomed'))?.channels).toEqual([]);

    const { code, stdout, stderr } = await run('topics', 'delete', 'doomed', '--json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ topic: 'doomed', channel: null, done: [stack.lookupd, first, second], problems: [] });
    expect(await lookupd.topics()).not.toContain('doomed');
    expect([await topicAt(first, 'doomed'), await topicAt(second, 'doomed')]).toEqual([undefined, undefined]);
  });

  it('deletes a topic that a consumer has found by the nsqlookupd', async () => {
    await makeTopic('consumed', first, second);
    const consumer = new Consumer({ lookupds: stack.lookupd, topic: 'consumed', channel: 'c', discovery: { interval: 100 } });
    const running = consumer.run(() => undefined);
    await consumer.ready();
    expect(await run('topics', 'delete', 'consumed')).toMatchObject({ code: 0, stderr: '' });
    expect(await lookupd.topics()).not.toContain('consumed');
    expect([await topicAt(first, 'consumed'), await topicAt(second, 'consumed')]).toEqual([undefined, undefined]);
    await consumer.close();
    await running;
  });

  it('takes a topic away from one nsqd only', async () => {
    await makeTopic('moved', first, second);
    expect(await run('nodes', 'tombstone', second, 'moved')).toEqual({
      code: 0,
      stdout: `topic moved: tombstoned at ${stack.lookupd}, ${second}\n`,
      stderr: '',
    });
    expect((await lookupd.lookup('moved')).producers.map(({ http_port }) => `127.0.0.1:${http_port}`)).toEqual([first]);
    expect(await topicAt(second, 'moved')).toBeUndefined();
    expect((await topicAt(first, 'moved'))?.depth).toBe(1);
    const wrong = await run('nodes', 'tombstone', '127.0.0.1:1', 'moved');
    expect([wrong.code, wrong.stderr]).toEqual([1, `nsq: 127.0.0.1:1: it does not have topic moved; those that have it: ${first}\n`]);
  });

  it('acts on one nsqd alone', async () => {
    expect(await nsq(['topics', 'create', 'alone', `--nsqd=http://${first}`])).toMatchObject({
      code: 0,
      stdout: `topic alone: created at ${first}\n`,
    });
    expect(await nsq(['channels', 'create', 'alone', 'c', `--nsqd=http://${first}`])).toMatchObject({ code: 0 });
    expect((await topicAt(first, 'alone'))?.channels.map(({ channel_name }) => channel_name)).toEqual(['c']);
    expect(await nsq(['topics', 'delete', 'alone', `--nsqd=http://${first}`])).toMatchObject({
      code: 0,
      stdout: `topic alone: deleted at ${first}\n`,
    });
  });

  it('names the nsqd that does not answer when it deletes a topic, and does the rest', async () => {
    await makeTopic('half', first, second);
    const { pid = 0 } = stack.nsqds.find(({ http }) => http === second) ?? {};
    process.kill(pid, 'SIGSTOP');
    try {
      const { code, stdout, stderr } = await run('topics', 'delete', 'half');
      expect([code, stdout]).toEqual([1, `topic half: deleted at ${stack.lookupd}, ${first}\n`]);
      expect(stderr).toBe(`nsq: ${second} did not answer in time\n`);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await topicAt(first, 'half')).toBeUndefined();
  });

  it.each([
    [['topics', 'delete', 'unknown'], 'nsq: there is no topic unknown\n'],
    [['topics', 'empty', 'unknown'], 'nsq: there is no topic unknown\n'],
    [['channels', 'pause', 'unknown', 'c'], 'nsq: there is no channel c of topic unknown\n'],
    [['nodes', 'tombstone', 'here:1', 'unknown'], 'nsq: here:1: no nsqd has topic unknown\n'],
  ])('answers %j with what is missing', async (args, stderr) => {
    expect(await run(...args)).toEqual({ code: 1, stdout: '', stderr });
  });

  it('refuses what is no name before it does anything', async () => {
    expect(await run('topics', 'create', 'good', 'no good')).toMatchObject({ code: 2, stdout: '' });
    expect(await lookupd.topics()).not.toContain('good');
  });
});
