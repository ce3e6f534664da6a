import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Consumer } from '@nsq/client';
import { Nsq, nsq } from './nsq.js';
import { freePort, RestartableNsqd, startStack, topicAt, until, type TestStack } from './stack.js';

jest.setTimeout(60_000);

/** The bodies of so many messages of a topic. */
async function bodies(nsqd: string, topic: string, count: number): Promise<string[]> {
  const consumer = new Consumer({ nsqds: nsqd, topic, channel: 'test' });
  const found: string[] = [];
  for await (const message of consumer) {
    found.push(message.text());
    message.finish();
    if (found.length === count) break;
  }
  return found;
}

describe('nsq pub', () => {
  let stack: TestStack;
  let nsqd: string;

  beforeAll(async () => {
    stack = await startStack();
    nsqd = stack.nsqds[0]?.tcp ?? '';
  });
  afterAll(() => stack.stop());

  it('publishes its argument', async () => {
    expect(await nsq(['pub', 'argument', 'hello world', `--nsqd=${nsqd}`])).toEqual({
      code: 0,
      stdout: '1 message published to argument\n',
      stderr: '',
    });
    expect(await bodies(nsqd, 'argument', 1)).toEqual(['hello world']);
  });

  it('publishes each line of standard input, the last without its end too, and no empty ones', async () => {
    const { stdout, code } = await nsq(['pub', 'lines', `--nsqd=${nsqd}`, '--batch=2'], 'a\nbb\n\nccc\nd');
    expect([stdout, code]).toEqual(['4 messages published to lines\n', 0]);
    expect((await bodies(nsqd, 'lines', 4)).sort()).toEqual(['a', 'bb', 'ccc', 'd']);
  });

  it('reads a file, cut at another delimiter, and tells in JSON', async () => {
    const file = path.join(stack.folder, 'input');
    await writeFile(file, 'one\ttwo\nthree\t');
    const { stdout } = await nsq(['pub', 'file', `--file=${file}`, '--delimiter=\\t', '--json', `--lookupd=${stack.lookupd}`]);
    expect(JSON.parse(stdout)).toEqual({ topic: 'file', published: 2, refused: 0, unanswered: 0, complete: true });
    expect((await bodies(nsqd, 'file', 2)).sort()).toEqual(['one', 'two\nthree']);
  });

  it('has the channels hold a message back', async () => {
    await nsq(['pub', 'later', 'x', '--defer=10m', `--nsqd=http://${stack.nsqds[0]?.http ?? ''}`]);
    const consumer = new Consumer({ nsqds: nsqd, topic: 'later', channel: 'test' });
    void consumer.run(() => undefined);
    const http = stack.nsqds[0]?.http ?? '';
    await until(async () => (await topicAt(http, 'later'))?.channels[0]?.deferred_count === 1);
    await consumer.close();
    expect((await topicAt(http, 'later'))?.channels[0]).toMatchObject({ depth: 0, in_flight_count: 0 });
  });

  it('keeps to a rate', async () => {
    const { stdout, code } = await nsq(['pub', 'rate', '--rate=200', `--nsqd=${nsqd}`], 'x\n'.repeat(40));
    expect([stdout, code]).toEqual(['40 messages published to rate\n', 0]);
  });

  it('tells how many messages were too large, and publishes the others', async () => {
    const { stdout, stderr, code } = await nsq(['pub', 'large', '--max-msg-size=10', `--nsqd=${nsqd}`], `a\n${'x'.repeat(11)}\nb\n`);
    expect([stdout, code]).toEqual(['2 messages published to large\n', 1]);
    expect(stderr).toBe('nsq: 1 message not accepted: larger than --max-msg-size 10\n');
  });

  it('publishes the rest of a batch of which nsqd refuses a message', async () => {
    const small = await RestartableNsqd.start('--max-msg-size=10');
    try {
      const { stdout, stderr, code } = await nsq(['pub', 'batch', `--nsqd=${small.tcp}`], `a\n${'x'.repeat(11)}\nb\n`);
      expect([stdout, code]).toEqual(['2 messages published to batch\n', 1]);
      expect(stderr).toMatch(/^nsq: 1 message not accepted: E_BAD_MESSAGE PUB message too big 11 > 10$/m);
      expect((await bodies(small.tcp, 'batch', 2)).sort()).toEqual(['a', 'b']);
    } finally {
      await small.remove();
    }
  });

  it.each([
    [['pub', 'not valid', 'x'], /'not valid' is invalid for argument 'topic'\. It is no valid topic name/],
    [['pub', 't', 'x', '--nsqd=a:b:c'], /"a:b:c" is no address: host:port, or http:\/\/host:port\./],
    [['pub', 't', 'x', '--nsqd=a', '--lookupd=b'], /cannot be used with option '--lookupd <address>'/],
    [['pub', 't', ''], /^nsq: the message is empty; NSQ has no empty messages$/m],
    [['pub', 't', 'x', '--defer=5'], /It has to be a duration from 0s to 1h0m0s, such as 500ms or 1m30s\./],
  ])('answers %j with what is wrong, exit code 2', async (args, message) => {
    const { code, stderr } = await nsq(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('says where nothing listens', async () => {
    const port = await freePort();
    const refused = `nsq: nothing listens at 127.0.0.1:${port}; start it with nsq up, or name another address with --nsqd or --lookupd\n`;
    expect(await nsq(['pub', 't', 'x', `--nsqd=127.0.0.1:${port}`])).toEqual({ code: 1, stdout: '', stderr: refused });
    expect(await nsq(['pub', 't', 'x', `--lookupd=127.0.0.1:${port}`])).toEqual({ code: 1, stdout: '', stderr: refused });
    expect(await nsq(['pub', 't', 'x'], undefined, { NSQ_NSQD: `127.0.0.1:${port}` })).toEqual({ code: 1, stdout: '', stderr: refused });
  });

  it('says which file cannot be read', async () => {
    const { code, stderr } = await nsq(['pub', 't', '--file=/nowhere/at-all', `--nsqd=${nsqd}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^nsq: cannot read \/nowhere\/at-all: ENOENT/);
  });

  it('ends at Ctrl-C with what was published, as not done', async () => {
    const run = new Nsq(['pub', 'interrupted', `--nsqd=${nsqd}`], { stdin: true });
    run.child.stdin?.write('a\nb\n');
    await until(async () => (await topicAt(stack.nsqds[0]?.http ?? '', 'interrupted'))?.message_count === 2);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(1);
    expect(run.stdout).toBe('2 messages published to interrupted\n');
    expect(run.stderr).toBe('nsq: interrupted; the rest of the input was not read\n');
  });
});

describe('nsq pub, with an nsqd that is restarted meanwhile', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('loses no line when it ends by %s', async (signal) => {
    const nsqd = await RestartableNsqd.start('--durability=disk');
    try {
      const run = new Nsq(['pub', 'restart', `--nsqd=${nsqd.tcp}`, '--batch=7'], { stdin: true });
      const lines = Array.from({ length: 3_000 }, (_, index) => `line ${index}`);
      const write = (from: number, to: number): void => void run.child.stdin?.write(`${lines.slice(from, to).join('\n')}\n`);
      write(0, 1_000);
      await until(async () => ((await topicAt(nsqd.http, 'restart'))?.message_count ?? 0) > 0);
      write(1_000, 2_000);
      await nsqd.stop(signal);
      write(2_000, 2_500);
      await nsqd.start();
      write(2_500, 3_000);
      run.child.stdin?.end();
      expect([await run.ended, run.stderr]).toEqual([0, `nsq: connection to ${nsqd.tcp} lost, trying again\n`]);
      expect(run.stdout).toBe('3,000 messages published to restart\n');

      const consumer = new Consumer({ nsqds: nsqd.tcp, topic: 'restart', channel: 'test' });
      const missing = new Set(lines);
      for await (const message of consumer) {
        missing.delete(message.text());
        message.finish();
        if (missing.size === 0) break;
      }
      expect(missing).toEqual(new Set());
    } finally {
      await nsqd.remove();
    }
  });

  it('counts what was not accepted when it stays away', async () => {
    const nsqd = await RestartableNsqd.start();
    try {
      const run = new Nsq(['pub', 'away', `--nsqd=${nsqd.tcp}`, '--timeout=500ms'], { stdin: true });
      run.child.stdin?.write('a\nb\n');
      await until(async () => ((await topicAt(nsqd.http, 'away'))?.message_count ?? 0) === 2);
      await nsqd.stop();
      run.child.stdin?.write('c\nd\ne\n');
      expect(await run.ended).toBe(1);
      expect(run.stdout).toBe('2 messages published to away\n');
      expect(run.stderr).toMatch(/^nsq: 3 messages not accepted, the rest of the input was not read: nothing listens at /m);
    } finally {
      await nsqd.remove();
    }
  });
});
