import { NsqdHttpClient } from '@nsq/client';
import { Nsq, nsq } from './nsq.js';
import { freePort, startStack, until, type TestStack } from './stack.js';

jest.setTimeout(60_000);

interface ReportLine {
  readonly rows: readonly { readonly topic: string; readonly channel: string | null; readonly depth: number; readonly rates: unknown }[];
  readonly nsqds: number;
  readonly problems: readonly { readonly at: string }[];
}

describe('nsq stat', () => {
  let stack: TestStack;
  let nsqds: NsqdHttpClient[];

  beforeAll(async () => {
    stack = await startStack(2);
    nsqds = stack.nsqds.map(({ http }) => new NsqdHttpClient(http));
    for (const nsqd of nsqds) {
      await nsqd.createTopic('orders');
      await nsqd.createChannel('orders', 'billing');
      await nsqd.publishAll('orders', ['a', 'b', 'c']);
      await nsqd.publish('other', 'x');
    }
    await nsqds[0]?.pauseChannel('orders', 'billing');
    await until(async () => (await nsq(['nodes', '--json', `--lookupd=${stack.lookupd}`])).stdout.split('"orders"').length === 3);
  });
  afterAll(() => stack.stop());

  it('adds up what all nsqds have', async () => {
    const { code, stdout, stderr } = await nsq(['stat', `--lookupd=${stack.lookupd}`]);
    expect([code, stderr]).toEqual([0, '']);
    const cells = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s{2,}| (?=\d)/).map((cell) => cell.trim()));
    expect(cells[0]?.slice(0, 3)).toEqual(['TOPIC', 'CHANNEL', 'DEPTH']);
    expect(cells.slice(1).map(([topic, channel, depth]) => [topic, channel, depth])).toEqual([
      ['orders', '-', '0'],
      ['orders', 'billing', '6'],
      ['other', '-', '2'],
    ]);
    expect(stdout).toMatch(/billing .* 1 of 2$/m);
  });

  it('prints a line of JSON for each report, with rates from the second on', async () => {
    const run = new Nsq(['stat', 'orders', 'billing', '--json', '--count=2', '--interval=300ms', `--lookupd=${stack.lookupd}`]);
    await run.firstLine();
    await nsqds[1]?.publishAll('orders', ['d', 'e']);
    expect(await run.ended).toBe(0);
    const [first, second] = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ReportLine);
    expect(first).toMatchObject({ nsqds: 2, problems: [], rows: [{ topic: 'orders', channel: 'billing', depth: 6, rates: null }] });
    expect(second?.rows).toMatchObject([{ depth: 8, rates: { in: expect.any(Number) as unknown, out: 0 } }]);
  });

  it('names the nsqd that does not answer, and shows the rest', async () => {
    const dead = `127.0.0.1:${await freePort()}`;
    const { code, stdout, stderr } = await nsq(['stat', `--nsqd=http://${stack.nsqds[0]?.http ?? ''}`, `--nsqd=http://${dead}`]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^orders {2}billing {6}3 /m);
    expect(stderr).toBe(`nsq: nothing listens at ${dead}; start it with nsq up, or name another address with --nsqd or --lookupd\n`);
  });

  it('says when there is no such topic or channel', async () => {
    expect(await nsq(['stat', 'unknown', `--lookupd=${stack.lookupd}`])).toMatchObject({
      code: 1,
      stderr: 'nsq: no nsqd has topic unknown; nsq topics lists all\n',
    });
    expect(await nsq(['stat', 'orders', 'unknown', `--lookupd=${stack.lookupd}`])).toMatchObject({ code: 1 });
  });

  it('ends cleanly at Ctrl-C', async () => {
    const run = new Nsq(['stat', '--interval=10s', `--lookupd=${stack.lookupd}`]);
    await run.firstLine();
    run.child.kill('SIGINT');
    expect([await run.ended, run.stderr]).toEqual([0, '']);
  });
});
