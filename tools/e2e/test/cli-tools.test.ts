import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CliTools, QUICKLY } from './cli-tool.js';
import { Cluster, until, type Member } from './cluster.js';
import { mountSmallDisk, noSmallDisk, unmountSmallDisk } from './small-disk.js';

jest.setTimeout(60_000);

const refusal = noSmallDisk();
if (refusal !== undefined) console.warn(`no disk to fill up here: ${refusal}`);
const onSmallDisk = refusal === undefined ? it : it.skip;

const tools = new CliTools();
const cluster = new Cluster();
let folder = '';
let nsqd: Member;

async function start(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'nsq-tools-'));
  nsqd = await cluster.addNsqd();
  await nsqd.ask('POST', '/topic/create?topic=t');
  await nsqd.ask('POST', '/channel/create?topic=t&channel=c');
}

afterEach(async () => {
  await tools.end();
  await cluster.end();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
  folder = '';
});

const publish = (...bodies: string[]): Promise<string> => nsqd.ask('POST', '/mpub?topic=t', bodies.join('\n'));

async function channel(): Promise<{ depth: number; in_flight_count: number; deferred_count: number }> {
  const { topics } = JSON.parse(await nsqd.ask('GET', '/stats?format=json&topic=t&channel=c')) as {
    topics: { channels: { depth: number; in_flight_count: number; deferred_count: number }[] }[];
  };
  return topics[0]?.channels[0] ?? { depth: 0, in_flight_count: 0, deferred_count: 0 };
}

const settled = (): Promise<void> =>
  until(
    async () => {
      const { depth, in_flight_count, deferred_count } = await channel();
      return depth + in_flight_count + deferred_count === 0;
    },
    20_000,
    () => 'everything is finished',
  );

describe.each([
  ['nsq-tail', ['--topic=t', '--channel=c']],
  ['nsq-to-file', ['--topic=t', '--channel=c']],
  ['nsq-to-http', ['--topic=t', '--channel=c', '--post=http://127.0.0.1:9']],
  ['nsq-to-nsq', ['--topic=t', '--channel=c', '--destination-nsqd-tcp-address=127.0.0.1:9']],
])('%s', (name, args) => {
  it.each([
    ['--nsqd-tcp-address=127.0.0.1:9', /ECONNREFUSED/],
    ['--nsqd-tcp-address=nowhere', /nowhere: missing port; write nowhere:4150$/m],
    ['--nsqd-tcp-address=a b:1', /"a b:1" is no address; write HOST:PORT$/m],
    ['--lookupd-http-address=nowhere', /missing port/],
  ])('ends with a line that says what is wrong with %s', async (flag, expected) => {
    const tool = tools.start(`bin/${name}`, ...args, flag);
    expect(await tool.ended()).toBe(1);
    expect(tool.stdout).toBe('');
    expect(tool.stderr).toMatch(expected);
  });

  it.each([
    [['--topic=a b'], 1, /topic.*(invalid|a-z A-Z)/],
    [['--channel=a b'], 1, /channel.*(invalid|a-z A-Z)/],
    [['--consumer-opt=bogus,1'], 2, /^invalid value "bogus,1" for flag -consumer-opt: invalid option bogus$/m],
    [['--consumer-opt=heartbeat_interval,10h'], 1, /HeartbeatInterval 10h0m0s must be less than ReadTimeout 1m0s$/m],
    [['--lookupd-http-address=x:1'], 1, /use --nsqd-tcp-address or --lookupd-http-address not both$/m],
    [['--max-in-flight=0'], 1, /--max-in-flight must be from 1 to 1000000, got 0$/m],
  ])('refuses %j with exit code %d', async (flags, code, expected) => {
    const tool = tools.start(`bin/${name}`, ...args, '--nsqd-tcp-address=127.0.0.1:9', ...flags);
    expect(await tool.ended()).toBe(code);
    expect(tool.stderr).toMatch(expected);
  });

  it('goes on when no nsqlookupd answers, and ends cleanly', async () => {
    const tool = tools.start(`bin/${name}`, ...args, '--lookupd-http-address=127.0.0.1:9');
    await tool.until('the failure', () => tool.stderr.includes('error querying nsqlookupd (127.0.0.1:9)'));
    expect(await tool.stop('SIGINT')).toBe(0);
  });

  it('has a version and a help of its own', async () => {
    const program = name.replaceAll('-', '_');
    const version = tools.start(`bin/${name}`, '--version');
    expect([await version.ended(), version.stdout]).toEqual([0, `${program} v1.3.0\n`]);
    const help = tools.start(`bin/${name}`, '-h');
    expect(await help.ended()).toBe(0);
    expect(help.stderr).toMatch(new RegExp(`^Usage of ${program}:\n`));
  });
});

describe('nsq_tail', () => {
  it('shows n messages, finishes these and gives back the others', async () => {
    await start();
    await publish('a', 'b', 'c', 'd', 'e');
    const tail = tools.start('bin/nsq-tail', '--topic=t', '--channel=c', `--nsqd-tcp-address=${nsqd.tcpAddress}`, '--n=3', '--print-topic');
    expect(await tail.ended()).toBe(0);
    expect(tail.lines).toEqual(['t | a', 't | b', 't | c']);
    expect(await channel()).toMatchObject({ depth: 2, in_flight_count: 0 });
  });

  it('ends when nobody reads what it shows, and loses nothing', async () => {
    await start();
    const tail = tools.start('bin/nsq-tail', '--topic=t', '--channel=c', `--nsqd-tcp-address=${nsqd.tcpAddress}`);
    tail.child.stdout.destroy();
    await publish('a');
    expect(await tail.ended()).toBe(1);
    expect(tail.stderr).toMatch(/ERROR: failed to write to os\.Stdout - .*EPIPE/);
    expect(await channel()).toMatchObject({ depth: 1 });
  });
});

describe('nsq_stat', () => {
  it('prints a channel over all nsqds, and ends after the count', async () => {
    await start();
    await publish('a', 'b');
    const stat = tools.start(
      'bin/nsq-stat',
      '--topic=t',
      '--channel=c',
      `--nsqd-http-address=${nsqd.httpAddress}`,
      '--count=2',
      '--interval=50ms',
    );
    expect(await stat.ended()).toBe(0);
    expect(stat.lines.slice(2)).toEqual(
      Array.from({ length: 2 }, () => '      0       0 |       2       2       0     0     0 |       0       0            2       0'),
    );
  });

  it.each([
    [['--nsqd-http-address=127.0.0.1:9'], /ERROR: failed to get topic producers - .*ECONNREFUSED/],
    [['--lookupd-http-address=127.0.0.1:9'], /ERROR: failed to get topic producers - .*ECONNREFUSED/],
    [['--nsqd-http-address=http://127.0.0.1:9'], /--nsqd-http-address error - address should not contain scheme$/m],
    [['--nsqd-http-address=NSQD', '--channel=none'], /ERROR: failed to find channel\(none\) in stats metadata for topic\(t\)$/m],
    [['--nsqd-http-address=NSQD', '--topic=none'], /ERROR: failed to get nsqd stats - failed to query any nsqd: /],
    [['--count=0'], /--count should be positive$/m],
  ])('ends with exit code 1 for %j', async (flags, expected) => {
    await start();
    const stat = tools.start('bin/nsq-stat', '--topic=t', '--channel=c', ...flags.map((flag) => flag.replace('NSQD', nsqd.httpAddress)));
    expect(await stat.ended()).toBe(1);
    expect(stat.stderr).toMatch(expected);
  });
});

describe('to_nsq', () => {
  it('takes any byte for a delimiter, and paces', async () => {
    await start();
    const tool = tools.start('bin/to-nsq', '--topic=t', `--nsqd-tcp-address=${nsqd.tcpAddress}`, '--delimiter=,', '--rate=1000');
    tool.child.stdin.end('one,two,,three\n');
    expect(await tool.ended()).toBe(0);
    expect(tool.stderr).toMatch(/Throttling messages rate to max:1000\/second$/m);
    const tail = tools.start('bin/nsq-tail', '--topic=t', '--channel=c', `--nsqd-tcp-address=${nsqd.tcpAddress}`, '--n=3');
    expect(await tail.ended()).toBe(0);
    expect(tail.lines).toEqual(['one', 'two', 'three']);
  });

  it.each([
    [[], /--topic required$/m],
    [['--topic=t', '--delimiter=,,'], /--delimiter must be a single byte$/m],
    [['--topic=t'], /--nsqd-tcp-address required$/m],
    [['--topic=a b', '--nsqd-tcp-address=127.0.0.1:9'], /invalid topic name "a b"/],
    [['--topic=t', '--nsqd-tcp-address=127.0.0.1:9'], /failed to publish to 127\.0\.0\.1:9 - .*ECONNREFUSED.*; published before it: 0$/m],
    [
      ['--topic=t', '--nsqd-tcp-address=h:1', '--producer-opt=heartbeat_interval,10h'],
      /failed to create nsq\.Producer - HeartbeatInterval/,
    ],
  ])('ends with exit code 1 for %j', async (flags, expected) => {
    const tool = tools.start('bin/to-nsq', ...flags);
    tool.child.stdin.end('x\n');
    expect(await tool.ended()).toBe(1);
    expect(tool.stderr).toMatch(expected);
  });
});

it('nsq_to_nsq filters, and drops what cannot be filtered', async () => {
  await start();
  const flags = ['--topic=t', '--channel=c', `--nsqd-tcp-address=${nsqd.tcpAddress}`, `--destination-nsqd-tcp-address=${nsqd.tcpAddress}`];
  const tool = tools.start(
    'bin/nsq-to-nsq',
    ...flags,
    '--destination-topic=out',
    '--require-json-field=a',
    '--require-json-value=1',
    '--whitelist-json-field=b',
  );
  await publish('{"a":1.0,"b":"<"}', '{"a":2,"b":2}', 'no json', '{"a":1,"b":3,"c":4}');
  await settled();
  expect(tool.stderr).toMatch(/ERROR: Unable to decode json: no json$/m);
  expect(await tool.stop()).toBe(0);
  const tail = tools.start('bin/nsq-tail', '--topic=out', '--channel=c', `--nsqd-tcp-address=${nsqd.tcpAddress}`, '--n=2');
  expect(await tail.ended()).toBe(0);
  expect(new Set(tail.lines)).toEqual(new Set([String.raw`{"b":"\u003c"}`, '{"b":3}']));
  const wrong = tools.start('bin/nsq-to-nsq', ...flags, '--mode=multi');
  expect(await wrong.ended()).toBe(1);
  expect(wrong.stderr).toMatch(/--mode "multi" is not known: use hostpool, round-robin, epsilon-greedy$/m);
});

describe('nsq_to_file', () => {
  it('closes and moves at SIGHUP, again and again, with a work-dir and without empty files', async () => {
    await start();
    const work = join(folder, 'work');
    const out = join(folder, 'out');
    await mkdir(out);
    const tool = tools.start(
      'bin/nsq-to-file',
      '--topic=t',
      '--channel=c',
      `--nsqd-tcp-address=${nsqd.tcpAddress}`,
      `--work-dir=${work}`,
      `--output-dir=${out}`,
      '--filename-format=<TOPIC><REV>.log',
      '--gzip',
      '--skip-empty-files',
      '--sync-interval=50ms',
      '--rotate-interval=1h',
    );
    for (const [index, body] of ['a', 'b', 'c'].entries()) {
      await publish(body);
      await settled();
      tool.child.kill('SIGHUP');
      await tool.until('moved', async () => (await readdir(out)).length === index + 1);
    }
    tool.child.kill('SIGHUP');
    await publish('d');
    await settled();
    expect(await tool.stop()).toBe(0);
    const files = (await readdir(out)).sort();
    const texts = await Promise.all(files.map(async (file) => gunzipSync(await readFile(join(out, file))).toString()));
    expect(texts).toEqual(['a\n', 'b\n', 'c\n', 'd\n']);
    expect(await readdir(work)).toEqual([]);
  });

  it.each([
    [['--gzip-level=0'], /invalid --gzip-level value \(0\), should be 1-9$/m],
    [['--log-level=loud'], /--log-level is invalid/],
    [['more'], /unknown arguments: \[more\]$/m],
    [['--rotate-size=1', '--filename-format=x'], /missing <REV> in --filename-format when gzip, rotation, or work dir enabled$/m],
  ])('refuses %j', async (flags, expected) => {
    const tool = tools.start('bin/nsq-to-file', '--topic=t', '--nsqd-tcp-address=127.0.0.1:9', ...flags);
    expect(await tool.ended()).toBe(1);
    expect(tool.stderr).toMatch(expected);
  });

  it('ends when it cannot write, and says where', async () => {
    await start();
    await writeFile(join(folder, 'file'), '');
    await publish('a');
    const tool = tools.start(
      'bin/nsq-to-file',
      '--topic=t',
      '--channel=c',
      `--nsqd-tcp-address=${nsqd.tcpAddress}`,
      `--output-dir=${folder}/file`,
    );
    expect(await tool.ended()).toBe(1);
    expect(tool.stderr).toMatch(/\[t\/c\] unable to make the folder of .*\/file\/t\..*EEXIST.*comes again once this is repaired$/m);
    await until(
      async () => (await channel()).depth === 1,
      10_000,
      () => 'the message is back',
    );
  });

  onSmallDisk.each([[[]], [['--gzip']]])('loses nothing to a full disk: %j', async (flags) => {
    await start();
    const out = join(folder, 'disk');
    await mkdir(out);
    mountSmallDisk(out, '1m');
    try {
      await writeFile(join(out, 'ballast'), Buffer.alloc(800 * 1024, 1));
      const bodies = Array.from({ length: 40 }, (_, i) => `${i}|${randomText(20_000)}`);
      for (const body of bodies) await nsqd.ask('POST', '/pub?topic=t', body);
      const archive = () =>
        tools.start(
          'bin/nsq-to-file',
          '--topic=t',
          '--channel=c',
          `--nsqd-tcp-address=${nsqd.tcpAddress}`,
          `--output-dir=${out}`,
          '--filename-format=<TOPIC><REV>.log',
          '--max-in-flight=4',
          '--sync-interval=50ms',
          ...flags,
          ...QUICKLY,
        );
      const tool = archive();
      expect(await tool.ended()).toBe(1);
      expect(tool.stderr).toMatch(
        /\[t\/c\] (writing message to disk|failed to fsync output file): .*ENOSPC.*comes again once this is repaired$/m,
      );
      await rm(join(out, 'ballast'));
      const again = archive();
      await settled();
      expect(await again.stop()).toBe(0);
      const files = (await readdir(out)).sort();
      const texts = await Promise.all(
        files.map((file) => readFile(join(out, file)).then((bytes) => (file.endsWith('.gz') ? gunzipSync(bytes) : bytes))),
      );
      const lines = new Set(texts.flatMap((text) => text.toString().split('\n')));
      expect(bodies.filter((body) => !lines.has(body))).toEqual([]);
    } finally {
      await tools.end();
      unmountSmallDisk(out);
    }
  });
});

/** Text that does not compress well. */
function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('');
}
