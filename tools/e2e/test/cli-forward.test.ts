import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CliTools } from './cli-tool.js';
import { Cluster, until, type Member } from './cluster.js';

jest.setTimeout(60_000);

const BODIES = Array.from({ length: 500 }, (_, i) => `{"n":${i},"x":1}`);
const tools = new CliTools();
const cluster = new Cluster();
let folder = '';
let lookupd: Member;
let nsqd: Member;

async function start(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'nsq-forward-'));
  lookupd = await cluster.addLookupd();
  nsqd = await cluster.addNsqd();
  await nsqd.ask('POST', '/mpub?topic=t', BODIES.join('\n'));
}

afterEach(async () => {
  await tools.end();
  await cluster.end();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
  folder = '';
});

it('nsq to-file writes a topic that nsqlookupd knows, and says nothing in a pipe', async () => {
  await start();
  const tool = tools.start(
    'main',
    'to-file',
    't',
    `--lookupd=http://${lookupd.httpAddress}`,
    `--output-dir=${folder}`,
    '--gzip',
    '--rotate-size=2kB',
  );
  const written = async (): Promise<string[]> => {
    const files = await Promise.all((await readdir(folder)).sort().map((file) => readFile(join(folder, file))));
    return files.flatMap((bytes) => gunzipSync(bytes).toString().split('\n').slice(0, -1));
  };
  await tool.until('all written', async () => (await written().catch(() => [])).length === BODIES.length);
  expect(await tool.stop('SIGINT')).toBe(0);
  expect(await written()).toEqual(BODIES);
  expect((await readdir(folder)).length).toBeGreaterThan(3);
  expect([tool.stdout, tool.stderr]).toEqual(['', '']);
});

it('nsq to-http sends until the target accepts, and tells what is wrong', async () => {
  await start();
  const received = new Set<string>();
  let count = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const ok = count++ > 0;
      if (ok) received.add(`${body} ${request.headers['x-from'] as string} ${request.headers['content-type'] ?? ''}`);
      response.writeHead(ok ? 204 : 503).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const flags = [`--nsqd=${nsqd.tcpAddress}`, `--post=${url}`, '--header=X-From: test', '--content-type=application/json'];
    const tool = tools.start('main', 'to-http', 't', ...flags, '--max-in-flight=1');
    await tool.until('all sent', () => received.size === BODIES.length);
    expect(received).toEqual(new Set(BODIES.map((body) => `${body} test application/json`)));
    expect(tool.stderr).toMatch(/^nsq: \[t\/nsq_to_http\] Handler returned error \(got status code 503\) for msg [0-9a-f]{16}$/m);
    expect(await tool.stop()).toBe(0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('nsq to-nsq publishes again, filtered', async () => {
  await start();
  const destination = await cluster.addNsqd([]);
  const flags = [`--nsqd=${nsqd.tcpAddress}`, `--destination=${destination.tcpAddress}`, '--destination-topic=copy'];
  const tool = tools.start('main', 'to-nsq', 't', ...flags, '--require-field=x', '--require-value=1', '--keep-field=n');
  const tail = tools.start(
    'bin/nsq-tail',
    '--topic=copy',
    '--channel=c',
    `--nsqd-tcp-address=${destination.tcpAddress}`,
    `--n=${BODIES.length}`,
  );
  expect(await tail.ended()).toBe(0);
  expect(new Set(tail.lines)).toEqual(new Set(BODIES.map((_, i) => `{"n":${i}}`)));
  expect(await tool.stop()).toBe(0);
});

it.each([
  [['to-nsq', 't', '--nsqd=NSQD', '--destination=NSQD'], 1, /^nsq: this would publish a topic to itself, without end/],
  [['to-nsq', 't', '--nsqd=NSQD', '--destination=x'], 2, /missing port; write x:4150/],
  [['to-http', 't', '--nsqd=NSQD'], 2, /^nsq: --get or --post required$/m],
  [['to-http', 't', '--nsqd=NSQD', '--post=x', '--mode=any'], 2, /Allowed choices are hostpool, round-robin, epsilon-greedy, all/],
  [['to-file', 't', '--nsqd=NSQD', '--rotate-size=1x'], 2, /It has to be a size such as 500000, 100MB or 1GiB/],
  [['to-file', 'a b', '--nsqd=NSQD'], 2, /no valid topic name/],
  [
    ['to-file', 't', '--nsqd=127.0.0.1:9'],
    1,
    /^nsq: couldn't create logger for new topic t: error connecting to nsqd - .*ECONNREFUSED[^\n]*\n$/,
  ],
  [['to-http', 't', '--nsqd=127.0.0.1:9', '--post=http://x/'], 1, /^nsq: [^\n]*127\.0\.0\.1:9[^\n]*\n$/],
])('refuses %j with exit code %d', async (args, code, expected) => {
  const tool = tools.start('main', ...args.map((arg) => arg.replace('NSQD', '127.0.0.1:9')));
  expect(await tool.ended()).toBe(code);
  expect(tool.stderr).toMatch(expected);
});

it('gives messages back that it could not write', async () => {
  await start();
  const tool = tools.start('main', 'to-file', 't', `--nsqd=${nsqd.tcpAddress}`, '--channel=c', '--output-dir=/proc/none');
  expect(await tool.ended()).toBe(1);
  expect(tool.stderr).toMatch(/^nsq: \[t\/c\] unable to make the folder of \/proc\/none/);
  const depth = async (): Promise<number | undefined> => {
    const { topics } = JSON.parse(await nsqd.ask('GET', '/stats?format=json&topic=t')) as { topics: { channels: { depth: number }[] }[] };
    return topics[0]?.channels[0]?.depth;
  };
  await until(
    async () => (await depth()) === BODIES.length,
    10_000,
    () => 'all are back',
  );
});
