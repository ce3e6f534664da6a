import { NsqdHttpClient, Producer } from '@nsq/client';
import { Nsq, nsq } from './nsq.js';
import { freePort, RestartableNsqd, startStack, topicAt, until, type TestStack } from './stack.js';

jest.setTimeout(60_000);

const sorted = (text: string): string[] => text.trimEnd().split('\n').sort();

async function publish(tcp: string, topic: string, ...bodies: string[]): Promise<void> {
  const producer = new Producer({ nsqds: tcp });
  await producer.publish(topic, bodies);
  await producer.close();
}

describe('nsq tail', () => {
  let stack: TestStack;
  let tcp: string;
  let http: string;

  beforeAll(async () => {
    stack = await startStack();
    [{ tcp, http } = { tcp: '', http: '' }] = stack.nsqds;
  });
  afterAll(() => stack.stop());

  it('prints as many messages as were asked for, and finishes those only', async () => {
    await publish(tcp, 'some', 'a', 'b', 'c', 'd', 'e');
    const { code, stdout } = await nsq(['tail', 'some', '-n', '3', '--channel=mine', `--nsqd=${tcp}`]);
    expect(code).toBe(0);
    expect(sorted(stdout)).toHaveLength(3);
    const rest = await nsq(['tail', 'some', '-n2', '--channel=mine', `--lookupd=${stack.lookupd}`]);
    expect([...sorted(stdout), ...sorted(rest.stdout)].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect((await topicAt(http, 'some'))?.channels[0]).toMatchObject({ depth: 0, in_flight_count: 0, deferred_count: 0 });
  });

  it('has a channel of its own that is gone afterwards', async () => {
    await publish(tcp, 'own', 'x');
    const run = new Nsq(['tail', 'own', `--nsqd=${tcp}`]);
    expect(await run.firstLine()).toBe('x');
    expect((await topicAt(http, 'own'))?.channels[0]?.channel_name).toMatch(/^tail\d{6}#ephemeral$/);
    run.child.kill('SIGINT');
    expect([await run.ended, run.stdout, run.stderr]).toEqual([0, 'x\n', '']);
    await until(async () => (await topicAt(http, 'own'))?.channels.length === 0);
  });

  it('prints JSON, and topics before the messages of several', async () => {
    await publish(tcp, 'one', 'ü"');
    const { stdout } = await nsq(['tail', 'one', '-n1', '--json', `--nsqd=${tcp}`]);
    expect(JSON.parse(stdout)).toEqual({
      topic: 'one',
      id: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
      attempts: 1,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/) as unknown,
      body: 'ü"',
    });
    await publish(tcp, 'one', 'a');
    await publish(tcp, 'two', 'b');
    const both = await nsq(['tail', 'one', 'two', '-n2', '--print-topic', `--nsqd=${tcp}`]);
    expect(sorted(both.stdout)).toEqual(['one | a', 'two | b']);
  });

  it('waits for a topic that nobody has yet, and says so', async () => {
    const run = new Nsq(['tail', 'future', '-n1', `--lookupd=${stack.lookupd}`]);
    await run.says(/^nsq: no nsqd has topic future yet; waiting for it$/m);
    await publish(tcp, 'future', 'come');
    expect([await run.ended, run.stdout]).toEqual([0, 'come\n']);
  });

  it('ends cleanly when nobody reads any more, and what was not read comes again', async () => {
    const bodies = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(500)}`);
    await publish(tcp, 'closed', ...bodies);
    await new NsqdHttpClient(http).createChannel('closed', 'mine');
    const run = new Nsq(['tail', 'closed', '--channel=mine', `--nsqd=${tcp}`]);
    await run.firstLine();
    run.child.stdout?.destroy();
    expect([await run.ended, run.stderr]).toEqual([0, '']);
    const channel = (await topicAt(http, 'closed'))?.channels[0];
    expect(channel).toMatchObject({ in_flight_count: 0, deferred_count: 0 });
  });

  it('says where nothing listens, and what is no name', async () => {
    const port = await freePort();
    const refused = `nsq: nothing listens at 127.0.0.1:${port}; start it with nsq up, or name another address with --nsqd or --lookupd\n`;
    expect(await nsq(['tail', 't', `--nsqd=127.0.0.1:${port}`])).toEqual({ code: 1, stdout: '', stderr: refused });
    expect(await nsq(['tail', 't', `--lookupd=http://127.0.0.1:${port}`])).toEqual({ code: 1, stdout: '', stderr: refused });
    expect(await nsq(['tail', 'no/topic'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no valid topic name') as unknown });
    expect(await nsq(['tail', 't', '--channel=no channel'])).toMatchObject({ code: 2 });
  });

  it('goes on when its nsqd is restarted', async () => {
    const nsqd = await RestartableNsqd.start();
    try {
      await publish(nsqd.tcp, 'restart', 'before');
      const run = new Nsq(['tail', 'restart', '-n2', `--nsqd=${nsqd.tcp}`]);
      await run.firstLine();
      await nsqd.stop();
      await run.says(/^nsq: connection to .* lost, trying again$/m);
      await nsqd.start();
      await publish(nsqd.tcp, 'restart', 'after');
      expect([await run.ended, run.stdout]).toEqual([0, 'before\nafter\n']);
    } finally {
      await nsqd.remove();
    }
  });
});
