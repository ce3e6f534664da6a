import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliTools, QUICKLY, type CliTool } from './cli-tool.js';
import { Cluster, until, type Member } from './cluster.js';

jest.setTimeout(60_000);

const BATCH = 300;
const tools = new CliTools();
const cluster = new Cluster();
const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  await tools.end();
  await cluster.end();
  for (const each of undo.splice(0)) await each();
});

const bodies = (from: number): string[] => Array.from({ length: BATCH }, (_, i) => `m${from + i}`);

async function publish(nsqd: Member, from: number): Promise<void> {
  await nsqd.ask('POST', '/mpub?topic=t', bodies(from).join('\n'));
}

/** Publishes, restarts the nsqd, publishes again; all must have come out at the other end, the tool must still run and end cleanly. */
async function survivesRestart(nsqd: Member, tool: CliTool, arrived: () => Promise<Iterable<string>> | Iterable<string>): Promise<void> {
  const expected = [...bodies(0), ...bodies(BATCH)];
  await publish(nsqd, 0);
  await tool.until('something arrived', async () => [...(await arrived())].length > 0);
  await nsqd.stop('SIGKILL');
  await nsqd.start();
  await publish(nsqd, BATCH);
  await tool.until('all arrived', async () => {
    const all = new Set(await arrived());
    return expected.every((body) => all.has(body));
  });
  expect(await tool.stop()).toBe(0);
  const all = new Set(await arrived());
  expect([...all].filter((body) => !expected.includes(body))).toEqual([]);
}

async function source(): Promise<Member> {
  const nsqd = await cluster.addNsqd();
  await nsqd.ask('POST', '/topic/create?topic=t');
  await nsqd.ask('POST', '/channel/create?topic=t&channel=c');
  return nsqd;
}

const from = (nsqd: Member): string[] => ['--topic=t', '--channel=c', `--nsqd-tcp-address=${nsqd.tcpAddress}`, ...QUICKLY];

it('nsq_tail shows everything, over a restart of its nsqd', async () => {
  const nsqd = await source();
  const tail = tools.start('bin/nsq-tail', ...from(nsqd));
  await survivesRestart(nsqd, tail, () => tail.lines);
});

it('nsq_to_file writes everything, over a restart of its nsqd, found through nsqlookupd', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nsq-to-file-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const lookupd = await cluster.addLookupd();
  const nsqd = await source();
  await until(
    async () => (await lookupd.ask('GET', '/topics')).includes('"t"'),
    10_000,
    () => 'the topic is registered',
  );
  const tool = tools.start(
    'bin/nsq-to-file',
    '--topic-pattern=^t$',
    '--channel=c',
    `--lookupd-http-address=${lookupd.httpAddress}`,
    `--output-dir=${folder}`,
    '--sync-interval=100ms',
    ...QUICKLY,
  );
  await survivesRestart(nsqd, tool, async () => {
    const texts = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
    return texts.flatMap((text) => text.split('\n').slice(0, -1));
  });
  expect(tool.stderr).toMatch(/ INFO: \[t\/c\] syncing \d+ records to disk$/m);
});

interface Target {
  readonly url: string;
  readonly received: string[];
}

/** Answers by `answer`, and keeps what it accepted. */
async function httpTarget(answer: (count: number) => number = () => 200): Promise<Target> {
  const received: string[] = [];
  let count = 0;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const status = answer(count++);
      if (status === 200) received.push(request.method === 'POST' ? body : decodeURIComponent(request.url ?? ''));
      response.writeHead(status, status === 307 ? { location: '/moved' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

it('nsq_to_http sends everything, over a restart of its nsqd', async () => {
  const nsqd = await source();
  const target = await httpTarget();
  const tool = tools.start('bin/nsq-to-http', ...from(nsqd), `--post=${target.url}`);
  await survivesRestart(nsqd, tool, () => target.received);
});

it('nsq_to_http sends again what a target has refused, once it accepts, and follows redirects', async () => {
  const nsqd = await source();
  const target = await httpTarget((count) => (count < 20 ? 500 : count % 2 === 0 ? 307 : 200));
  const tool = tools.start('bin/nsq-to-http', ...from(nsqd), `--post=${target.url}/in`, '--n=1', '--status-every=100');
  await publish(nsqd, 0);
  await tool.until('all arrived', () => new Set(target.received).size === BATCH);
  expect(tool.stderr).toMatch(/ERR +1 \[t\/c\] Handler returned error \(got status code 500\) for msg [0-9a-f]{16}$/m);
  expect(tool.stderr).toMatch(/WRN +1 \[t\/c\] backing off for 10ms \(backoff level 1\), setting all to RDY 0$/m);
  expect(tool.stderr).toMatch(
    /^\d{4}\/\d\d\/\d\d [\d:]{8} \[aggregate\]: finished 100 - 99th: [\d.]+ms - 95th: [\d.]+ms - avg: [\d.]+ms$/m,
  );
  expect(await tool.stop('SIGINT')).toBe(0);
});

it('nsq_to_http takes what can be reached, and puts bodies into GET addresses', async () => {
  const nsqd = await source();
  const target = await httpTarget();
  const dead = 'http://127.0.0.1:9/%s';
  const tool = tools.start('bin/nsq-to-http', ...from(nsqd), `--get=${dead}`, `--get=${target.url}/%s`);
  await publish(nsqd, 0);
  await tool.until('all arrived', () => new Set(target.received).size === BATCH);
  expect(new Set(target.received)).toEqual(new Set(bodies(0).map((body) => `/${body}`)));
  expect(await tool.stop()).toBe(0);
});

it('nsq_to_nsq republishes everything, over restarts of the source and of a destination', async () => {
  const nsqd = await source();
  const destination = await cluster.addNsqd([]);
  const tool = tools.start(
    'bin/nsq-to-nsq',
    ...from(nsqd),
    `--destination-nsqd-tcp-address=${destination.tcpAddress}`,
    '--destination-topic=copy',
  );
  const tail = tools.start('bin/nsq-tail', '--topic=copy', '--channel=c', `--nsqd-tcp-address=${destination.tcpAddress}`, ...QUICKLY);
  await tail.until('subscribed', () => tail.stderr.includes('connected'));
  await survivesRestart(nsqd, tool, () => tail.lines);

  const again = tools.start(
    'bin/nsq-to-nsq',
    ...from(nsqd),
    `--destination-nsqd-tcp-address=${destination.tcpAddress}`,
    '--destination-topic=copy',
  );
  await again.until('subscribed', () => again.stderr.includes('[t/c] (127.0.0.1'));
  await destination.stop('SIGKILL');
  await publish(nsqd, 2 * BATCH);
  await again.until('a failure', () => again.stderr.includes('Handler returned error'));
  await destination.start();
  await tail.until('all arrived', () => bodies(2 * BATCH).every((body) => tail.stdout.includes(`${body}\n`)));
  expect(await again.stop()).toBe(0);
});

it('to_nsq goes on after a restart of an nsqd, between two records', async () => {
  const nsqd = await source();
  const tool = tools.start('bin/to-nsq', '--topic=t', `--nsqd-tcp-address=${nsqd.tcpAddress}`);
  const tail = tools.start('bin/nsq-tail', ...from(nsqd));
  tool.child.stdin.write('first\n\n');
  await tail.until('the first', () => tail.lines.includes('first'));
  await nsqd.stop();
  await nsqd.start();
  tool.child.stdin.end('second\nlast');
  expect(await tool.ended()).toBe(0);
  await tail.until('the last', () => tail.lines.includes('last'));
  expect(tail.lines).toEqual(['first', 'second', 'last']);
});

it('to_nsq says what it could not publish, and how much it has', async () => {
  const nsqd = await source();
  const tool = tools.start('bin/to-nsq', '--topic=t', `--nsqd-tcp-address=${nsqd.tcpAddress}`);
  const tail = tools.start('bin/nsq-tail', ...from(nsqd));
  tool.child.stdin.write('first\n');
  await tail.until('the first', () => tail.lines.includes('first'));
  await nsqd.stop();
  tool.child.stdin.end('second\n');
  expect(await tool.ended()).toBe(1);
  expect(tool.stderr).toMatch(/failed to publish to 127\.0\.0\.1:\d+ - .*ECONNREFUSED.*; published before it: 1$/m);
});
