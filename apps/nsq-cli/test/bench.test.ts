import { NsqdHttpClient } from '@nsq/client';
import { Nsq, nsq } from './nsq.js';
import { freePort, startStack, until, type TestStack } from './stack.js';

jest.setTimeout(60_000);

describe('nsq bench', () => {
  let stack: TestStack;
  let nsqd: string;
  let client: NsqdHttpClient;

  beforeAll(async () => {
    stack = await startStack();
    nsqd = stack.nsqds[0]?.tcp ?? '';
    client = new NsqdHttpClient(stack.nsqds[0]?.http ?? '');
  });
  afterAll(() => stack.stop());

  const topics = async (): Promise<string[]> => (await client.stats()).topics.map(({ topic_name }) => topic_name);

  it('gives figures, and leaves no topic behind', async () => {
    const { code, stdout, stderr } = await nsq(['bench', '--messages=12345', '--size=64', '--json', `--nsqd=${nsqd}`]);
    expect([code, stderr]).toEqual([0, '']);
    const positive = expect.any(Number) as unknown;
    expect(JSON.parse(stdout)).toEqual({
      messages: 12_345,
      size: 64,
      batch: 100,
      publish: { perSecond: positive },
      through: { perSecond: positive, latency: { p50: positive, p99: positive, max: positive } },
    });
    await until(async () => (await topics()).length === 0);
  });

  it('leaves none either when it is interrupted', async () => {
    const run = new Nsq(['bench', '--messages=100000000', `--nsqd=${nsqd}`]);
    await until(async () => (await topics()).length > 0);
    run.child.kill('SIGINT');
    expect([await run.ended, run.stderr]).toEqual([1, 'nsq: interrupted; the temporary topic is gone\n']);
    await until(async () => (await topics()).length === 0);
  });

  it('says where nothing listens', async () => {
    const { code, stderr } = await nsq(['bench', `--nsqd=127.0.0.1:${await freePort()}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^nsq: nothing listens at .*; start it with nsq up/);
  });
});
