import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { NsqdHttpClient } from '@nsq/client';
import { Nsq, nsq } from './nsq.js';
import { freePort, RestartableNsqd, startStack, until, type TestStack } from './stack.js';

jest.setTimeout(60_000);

interface Check {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly subject: string;
  readonly text: string;
}

async function checks(...args: string[]): Promise<{ code: unknown; found: Check[]; stderr: string }> {
  const { code, stdout, stderr } = await nsq(['doctor', '--json', '--watch=200ms', ...args]);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '');
  return { code, stderr, found: lines.map((line) => JSON.parse(line) as Check) };
}

const withStatus = (found: readonly Check[], status: Check['status']): string[] =>
  found.filter((check) => check.status === status).map(({ subject, text }) => `${subject}: ${text}`);

describe('nsq doctor', () => {
  let stack: TestStack;
  let http: string;

  beforeAll(async () => {
    stack = await startStack();
    http = stack.nsqds[0]?.http ?? '';
  });
  afterAll(() => stack.stop());

  it('finds a healthy stack healthy: daemons, clocks, reachability, versions, disk, queues', async () => {
    const { code, found, stderr } = await checks(`--lookupd=${stack.lookupd}`);
    expect([code, stderr]).toEqual([0, '']);
    expect(withStatus(found, 'fail')).toEqual([]);
    expect(withStatus(found, 'ok')).toEqual(
      expect.arrayContaining([
        `nsqlookupd ${stack.lookupd}: healthy, version 1.3.0`,
        `nsqd ${http}: healthy, version 1.3.0`,
        `nsqd ${http}: its clock agrees with this one`,
        `nsqd ${http}: clients reach it at ${stack.nsqds[0]?.tcp ?? ''}`,
        'versions: all daemons have the same',
        'queues: nothing waits without a consumer',
      ]),
    );
    expect(found.map(({ subject }) => subject)).toContain(`disk of ${stack.nsqds[0]?.dataPath ?? ''}`);
  });

  it('warns of what waits without a consumer, and of what is paused', async () => {
    const client = new NsqdHttpClient(http);
    await client.publish('lonely', 'x');
    await client.createTopic('held');
    await client.createChannel('held', 'c');
    await client.pauseChannel('held', 'c');
    await client.publishAll('held', ['a', 'b']);
    const { code, found } = await checks(`--nsqd=http://${http}`);
    expect(code).toBe(0);
    expect(withStatus(found, 'warn')).toEqual([
      'channel held/c: paused, 2 messages waiting; nsq channels unpause held c',
      'topic lonely: no channel, 1 message waiting',
    ]);
    const { stdout } = await nsq(['doctor', '--watch=0s', `--nsqd=http://${http}`]);
    expect(stdout).toMatch(/^WARN {2}topic lonely: no channel, 1 message waiting$/m);
    expect(stdout).toMatch(/^\d+ checks passed, [23] warnings, 0 failed$/m);
  });

  it('fails where an nsqd cannot be reached at the address that it tells', async () => {
    const up = new Nsq([
      'up',
      '--any-ports',
      '--json',
      `--data=${stack.folder}/wrong`,
      `--nsqd-flag=--broadcast-tcp-port=${await freePort()}`,
    ]);
    try {
      const [lookupd] = JSON.parse(await up.firstLine()) as { http: string }[];
      await until(async () => (await nsq(['nodes', `--lookupd=${lookupd?.http ?? ''}`])).stdout !== '');
      const { code, found, stderr } = await checks(`--lookupd=${lookupd?.http ?? ''}`);
      expect([code, stderr]).toEqual([1, 'nsq: 1 check failed\n']);
      expect(withStatus(found, 'fail')).toEqual([
        expect.stringMatching(/: not reachable at 127\.0\.0\.1:\d+ \(ECONNREFUSED\): .*--broadcast-address/),
      ]);
    } finally {
      up.child.kill('SIGTERM');
      await up.ended;
    }
  });

  it('fails where nothing listens', async () => {
    const port = await freePort();
    const { code, found } = await checks(`--nsqd=http://127.0.0.1:${port}`);
    expect(code).toBe(1);
    expect(withStatus(found, 'fail')).toEqual([expect.stringMatching(/^nsqd 127\.0\.0\.1:\d+: nothing listens at/)]);
  });

  it('warns of a clock that is wrong, and of versions that differ', async () => {
    const old = await fakeNsqd('1.2.0', new Date(Date.now() - 3_600_000));
    try {
      const { found } = await checks(`--nsqd=http://127.0.0.1:${(old.address() as AddressInfo).port}`, `--nsqd=http://${http}`);
      expect(withStatus(found, 'warn')).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/its clock is 3[56]\d\d s behind of this one; set the clocks by NTP$/),
          expect.stringMatching(/^versions: they differ: nsqd .* 1\.2\.0, nsqd .* 1\.3\.0$/),
        ]),
      );
    } finally {
      old.close();
    }
  });

  it('looks at a data folder that is named', async () => {
    const nsqd = await RestartableNsqd.start();
    try {
      const { found } = await checks(`--nsqd=http://${nsqd.http}`, `--data=${stack.folder}`, '--data=/nowhere/at-all');
      const disks = found.filter(({ subject }) => subject.startsWith('disk of'));
      expect(disks.map(({ subject }) => subject)).toEqual([`disk of ${stack.folder}`, 'disk of /nowhere/at-all']);
      expect(disks[1]?.status).toBe('fail');
    } finally {
      await nsqd.remove();
    }
  });
});

/** Answers as an nsqd of that version, at that time. */
async function fakeNsqd(version: string, date: Date): Promise<Server> {
  const server = createServer((request, response) => {
    response.sendDate = false;
    response.setHeader('Date', date.toUTCString());
    if (request.url?.startsWith('/info') === true) response.end(JSON.stringify({ version }));
    else if (request.url?.startsWith('/stats') === true) response.end(JSON.stringify({ version, topics: [], producers: [] }));
    else response.end('OK');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
