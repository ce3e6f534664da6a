import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NsqdHttpClient } from '@nsq/client';
import { nsq } from './nsq.js';
import { startStack } from './stack.js';

jest.setTimeout(60_000);

interface Report {
  readonly topics: readonly { readonly name: string; readonly depth: number; readonly verified?: { readonly messages: number } }[];
}

let folder: string;
let data: string;
const copies: string[] = [];

/** A folder with 3 messages of `orders` in channel `billing`, and one of `other` without a channel. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nsq-data-'));
  data = path.join(folder, 'data');
  const stack = await startStack(1, '--durability=disk');
  const [nsqd] = stack.nsqds;
  const client = new NsqdHttpClient(nsqd?.http ?? '');
  await client.createTopic('orders');
  await client.createChannel('orders', 'billing');
  await client.publishAll('orders', ['first', 'second', 'third']);
  await client.publish('other', 'lonely');
  const running = await nsq(['data', 'inspect', nsqd?.dataPath ?? '']);
  expect([running.code, running.stdout]).toEqual([1, '']);
  expect(running.stderr).toMatch(/^nsq: failed to lock data-path: .*; stop the nsqd that runs on it\n$/);
  await stack.stop(async () => cp(nsqd?.dataPath ?? '', data, { recursive: true }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

afterEach(async () => {
  for (const copy of copies.splice(0)) await rm(copy, { recursive: true, force: true });
});

async function copyOf(source: string): Promise<string> {
  const copy = await mkdtemp(path.join(folder, 'copy-'));
  copies.push(copy);
  await cp(source, copy, { recursive: true });
  return copy;
}

/** Changes a byte of a message that is stored. */
async function damage(dataPath: string, body: string): Promise<void> {
  for (const name of await readdir(path.join(dataPath, 'topics'), { recursive: true })) {
    const file = path.join(dataPath, 'topics', name);
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    const at = bytes.indexOf(body);
    if (at < 0) continue;
    bytes[at] = 0xff;
    await writeFile(file, bytes);
    return;
  }
  throw new Error(`no file has ${body}`);
}

describe('nsq data', () => {
  it('shows what a folder holds', async () => {
    const { code, stdout } = await nsq(['data', 'inspect', data]);
    expect(code).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 5));
    expect(rows.map(([topic, channel, depth]) => [topic, channel, depth])).toEqual([
      ['orders', '-', '0'],
      ['orders', 'billing', '3'],
      ['other', '-', '1'],
    ]);
    const report = JSON.parse((await nsq(['data', 'inspect', data, '--json'])).stdout) as Report;
    expect(report.topics.map(({ name, depth }) => [name, depth])).toEqual([
      ['orders', 0],
      ['other', 1],
    ]);
  });

  it('reads everything, and finds the damage', async () => {
    expect((await nsq(['data', 'verify', data])).stdout).toMatch(/^4 messages read$/m);
    const damaged = await copyOf(data);
    await damage(damaged, 'second');
    const { code, stderr } = await nsq(['data', 'verify', damaged]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/orders/);
    expect(stderr).toMatch(/nsq: .*: \d+ problems? found\n$/);
    expect((await nsq(['data', 'verify', damaged, '--json'])).stderr).toMatch(/^nsq: .*: \d+ problems? found\n$/);
  });

  it('writes a folder of NSQ 1.3.0, and takes it over again', async () => {
    const target = path.join(await copyOf(data), 'exported');
    const exported = await nsq(['data', 'export', data, target]);
    expect([exported.code, exported.stderr]).toEqual([0, '']);
    expect(exported.stdout).toBe('orders\t0\norders:billing\t3\nother\t1\n');
    expect(await readdir(target)).toEqual(expect.arrayContaining(['nsqd.dat', 'orders:billing.diskqueue.000000.dat']));
    expect((await nsq(['data', 'inspect', target])).stdout).toMatch(/^orders\tbilling\t3\t.*\tNSQ 1\.x\t-$/m);

    expect(await nsq(['data', 'export', data, target])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has files already') as unknown,
    });
    expect(await nsq(['data', 'export', target, `${target}-2`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('run nsq data import first') as unknown,
    });

    const imported = await nsq(['data', 'import', target, '--json']);
    expect([imported.code, imported.stderr]).toEqual([0, '']);
    const { imported: queues } = JSON.parse(imported.stdout) as { imported: { name: string; messages: number }[] };
    expect(queues.filter(({ messages }) => messages > 0)).toEqual([
      { name: 'orders:billing', messages: 3 },
      { name: 'other', messages: 1 },
    ]);
    const after = JSON.parse((await nsq(['data', 'verify', target, '--json'])).stdout) as Report;
    expect(after.topics.map(({ name, verified }) => [name, verified?.messages])).toEqual([
      ['orders', 3],
      ['other', 1],
    ]);
    expect((await nsq(['data', 'import', target])).stdout).toBe('nothing to import\n');
  });

  it('shows files of NSQ 1.x, and takes them over with a note of what a crash has left', async () => {
    const fixtures = fileURLToPath(new URL('../../../packages/diskqueue/test/fixtures/nsqd-data', import.meta.url));
    const crashed = await copyOf(path.join(fixtures, 'kill-9'));
    const rows = (await nsq(['data', 'inspect', crashed])).stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split('\t').slice(0, 3))).toEqual([
      ['crash', 'c', '12'],
      ['never_synced', 'c', '2'],
    ]);
    const { code, stdout, stderr } = await nsq(['data', 'import', crashed]);
    expect([code, stdout]).toEqual([0, 'crash:c\t12\nnever_synced:c\t2\n']);
    expect(stderr).toMatch(/^nsq: IMPORT: DISKQUEUE\(crash:c\) has 12 messages, its metadata says 10$/m);
    expect((await nsq(['data', 'verify', crashed])).stdout).toMatch(/^14 messages read$/m);
  });

  it('tells by the exit code that a file of NSQ 1.x is damaged', async () => {
    const fixtures = fileURLToPath(new URL('../../../packages/diskqueue/test/fixtures/nsqd-data', import.meta.url));
    const torn = await copyOf(path.join(fixtures, 'clean-stop'));
    await rm(path.join(torn, 'events:worker.diskqueue.000000.dat'));
    expect(await nsq(['data', 'inspect', torn])).toMatchObject({ code: 1, stderr: expect.stringMatching(/events:worker/) as unknown });
    const { code, stderr } = await nsq(['data', 'import', torn]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/nsq: .*: done, but \d+ problems? found; messages may be missing\n$/);
  });

  it('says when there is no such folder', async () => {
    const { code, stderr } = await nsq(['data', 'inspect', path.join(folder, 'missing')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^nsq: .*missing.*\n$/);
  });
});
