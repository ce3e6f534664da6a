import { chownSync, chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Container, imageOf, noContainers } from '../src/index.js';
import { PlainProcess } from './plain-process.js';

// In namespaces as a container would have them, with the image's root, user and working folder. Where that is not allowed, as a plain process.
const lack = noContainers();
if (lack !== undefined) process.stderr.write(`No containers here (${lack}): the images' commands run as plain processes.\n`);

const inContainer = lack === undefined ? it : it.skip;
/** Nothing keeps root from writing. */
const asUser = lack !== undefined && process.getuid?.() === 0 ? it.skip : it;

const folders: string[] = [];
const running: (Container | PlainProcess)[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) {
    one.kill();
    await one.ended;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function dataFolder(owner: { uid: number; gid: number } | null): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nsq-volume-'));
  folders.push(folder);
  if (lack === undefined && owner !== null) chownSync(folder, owner.uid, owner.gid);
  if (owner === null) chmodSync(folder, 0o555);
  return folder;
}

function start(name: string, folder?: string): Container | PlainProcess {
  const image = imageOf(name);
  const one = lack === undefined ? new Container(image, [], folder) : new PlainProcess(image, folder);
  running.push(one);
  return one;
}

const inside = (code: string): string[] => ['node', '-e', code];
const publish = (port: number) =>
  `fetch('http://127.0.0.1:${port}/pub?topic=kept', { method: 'POST', body: 'one' }).then(async (r) => console.log(await r.text()))`;
const depth = (port: number) =>
  `fetch('http://127.0.0.1:${port}/stats?format=json').then(async (r) => console.log((await r.json()).topics.map((t) => t.topic_name + ' ' + t.depth).join()))`;

it('nsqd is healthy, keeps its data over SIGTERM in the volume, and ends with 0', async () => {
  const image = imageOf('nsqd');
  const folder = dataFolder(image);
  const first = start('nsqd', folder);
  await first.logged(/HTTP: listening on/);
  expect(await first.exec(image.healthcheck)).toEqual({ code: 0, output: '' });
  expect((await first.exec(inside(publish(first.httpPort)))).output).toBe('OK\n');
  expect((await first.stop()).code).toBe(0);
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['nsqd.dat', 'topics']));

  const second = start('nsqd', folder);
  await second.logged(/HTTP: listening on/);
  expect((await second.exec(inside(depth(second.httpPort)))).output).toBe('kept 1\n');
  expect((await second.stop('SIGINT')).code).toBe(0);
});

asUser('nsqd says in one line that it may not write to its volume, and ends with 1', async () => {
  const { code, output } = await start('nsqd', dataFolder(null)).ended;
  expect(code).toBe(1);
  expect(output.split('\n').filter((line) => line !== '' && !line.includes(' INFO: '))).toEqual([
    expect.stringMatching(/FATAL: .*(permission denied|EACCES)/i),
  ]);
});

it('nsqlookupd is healthy and ends with 0', async () => {
  const image = imageOf('nsqlookupd');
  const one = start('nsqlookupd');
  await one.logged(/HTTP: listening on/);
  expect(await one.exec(image.healthcheck)).toEqual({ code: 0, output: '' });
  expect((await one.stop()).code).toBe(0);
});

inContainer('the health check asks on the port that the arguments name', async () => {
  const image = imageOf('nsqd');
  const one = new Container(image, ['--http-address=127.0.0.1:5151', '--auth-http-address=127.0.0.1:1'], dataFolder(image));
  running.push(one);
  await one.logged(/HTTP: listening on 127.0.0.1:5151/);
  expect(await one.exec(image.healthcheck)).toEqual({ code: 0, output: '' });
});

it('the health check fails when nobody answers', async () => {
  const image = imageOf('nsqd');
  const one = start('nsqd', dataFolder(image));
  await one.logged(/HTTP: listening on/);
  const elsewhere = image.healthcheck.map((word) => word.replace(/port = \d+/, 'port = 1').replace('http-address', 'no-address'));
  expect((await one.exec(elsewhere)).code).toBe(1);
});

inContainer('only the volume can be written to', async () => {
  const image = imageOf('nsqd');
  const one = start('nsqd', dataFolder(image));
  await one.logged(/HTTP: listening on/);
  const write = (file: string) => inside(`require('node:fs').writeFileSync('${file}', '')`);
  expect((await one.exec(write('/data/mine'))).code).toBe(0);
  for (const file of ['/mine', '/opt/nsq/mine', '/usr/mine']) expect((await one.exec(write(file))).output).toMatch(/EROFS|EACCES/);
  const { output } = await one.exec(
    inside("console.log(process.getuid(), require('node:fs').readFileSync('/proc/1/cmdline', 'utf8').split('\\0')[0])"),
  );
  expect(output).toBe(`${image.uid} node\n`);
  expect(existsSync('/opt/nsq/mine')).toBe(false);
});
