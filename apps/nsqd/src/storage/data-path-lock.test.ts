import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lockDataPath, type FlockResult, type RunFlock } from './data-path-lock.js';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nsqd-lock-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  fs.rmSync(folder, { recursive: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A process that prints a line when it has the lock, and keeps it. */
async function holder(command: string, args: string[]): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
  return child;
}

const inUse = () =>
  `failed to lock data-path: cannot flock directory ${folder} - resource temporarily unavailable (possibly in use by another instance of nsqd)`;
const freeAgain = (runFlock?: RunFlock) => lockDataPath(folder, runFlock).release();
const missing: RunFlock = () => ({ status: null, stderr: '', error: Object.assign(new Error('spawn flock ENOENT'), { code: 'ENOENT' }) });

describe('lockDataPath', () => {
  it('leaves no trace in the folder', () => {
    const lock = lockDataPath(folder);
    expect(fs.readdirSync(folder)).toEqual([]);
    lock.release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('keeps a second instance in the same process out until the first releases', () => {
    const lock = lockDataPath(folder);
    expect(() => lockDataPath(folder)).toThrow(inUse());
    expect(() => lockDataPath(folder)).toThrow(inUse());
    lock.release();
    lock.release();
    freeAgain();
  });

  it('keeps out a process that locks the folder as the reference does', () => {
    const lock = lockDataPath(folder);
    expect(spawnSync('flock', ['-n', folder, 'true']).status).toBe(1);
    lock.release();
    expect(spawnSync('flock', ['-n', folder, 'true']).status).toBe(0);
  });

  it('is kept out by a process that locks the folder as the reference does', async () => {
    const child = await holder('flock', ['-F', folder, 'sh', '-c', 'echo locked; exec sleep 60']);
    expect(() => lockDataPath(folder)).toThrow(inUse());
    await kill(child);
    freeAgain();
  });

  it('is free again after kill -9 of a holder of our own kind', async () => {
    const script = `
      const fd = require('node:fs').openSync(${JSON.stringify(folder)}, 'r');
      const { status } = require('node:child_process').spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
      console.log(status);
      setInterval(() => undefined, 60000);`;
    const child = await holder(process.execPath, ['-e', script]);
    expect(() => lockDataPath(folder)).toThrow(inUse());
    await kill(child);
    freeAgain();
  });

  it('says when the folder does not exist, and does not create it', () => {
    const nowhere = path.join(folder, 'nowhere');
    expect(() => lockDataPath(nowhere)).toThrow(`failed to lock data-path: open ${nowhere}: no such file or directory`);
    expect(fs.existsSync(nowhere)).toBe(false);
  });

  it('says when the path is not a folder', () => {
    const file = path.join(folder, 'file');
    fs.writeFileSync(file, '');
    expect(() => lockDataPath(file)).toThrow(`failed to lock data-path: open ${file}: not a directory`);
  });

  it('does not go on when flock hangs or is killed', () => {
    const timedOut = Object.assign(new Error('spawnSync flock ETIMEDOUT'), { code: 'ETIMEDOUT', errno: -110 });
    const results: FlockResult[] = [
      { status: null, stderr: '', error: timedOut },
      { status: null, stderr: '' },
    ];
    for (const result of results)
      expect(() => lockDataPath(folder, () => result)).toThrow(/^failed to lock data-path: cannot flock directory/);
    freeAgain();
  });

  it('closes the folder when it fails', () => {
    const open = () => fs.readdirSync('/proc/self/fd').length;
    const lock = lockDataPath(folder);
    const before = open();
    for (let i = 0; i < 3; i++) expect(() => lockDataPath(folder)).toThrow();
    expect(open()).toBe(before);
    lock.release();
    expect(open()).toBe(before - 1);
  });
});

describe('lockDataPath without flock', () => {
  const file = () => path.join(folder, 'nsqd.lock');
  const owner = (): Record<string, unknown> => JSON.parse(fs.readFileSync(file(), 'utf8')) as Record<string, unknown>;
  /** A lock file as our own process would write it, with differences. */
  const forge = (differences: Record<string, unknown>): void => {
    const lock = lockDataPath(folder, missing);
    const text = JSON.stringify({ ...owner(), ...differences });
    lock.release();
    fs.writeFileSync(file(), text);
  };
  const deadPid = (): number => spawnSync('true').pid;

  const unable: [string, FlockResult][] = [
    ['flock(1) is missing', missing(0)],
    ['the file system has no such locks', { status: 71, stderr: 'flock: 3: No locks available\n' }],
    ['flock(1) does not take a descriptor', { status: 1, stderr: 'usage: flock\n' }],
  ];
  it.each(unable)('takes a lock file when %s', (_title, result) => {
    const lock = lockDataPath(folder, () => result);
    expect(owner()).toMatchObject({ pid: process.pid, host: os.hostname() });
    expect(fs.readdirSync(folder)).toEqual(['nsqd.lock']);
    expect(() => lockDataPath(folder, () => result)).toThrow(inUse());
    lock.release();
    lock.release();
    expect(fs.readdirSync(folder)).toEqual([]);
    freeAgain(missing);
  });

  it('is honoured by an instance that has flock, and only while its owner lives', () => {
    const lock = lockDataPath(folder, missing);
    expect(() => lockDataPath(folder)).toThrow(inUse());
    lock.release();
    forge({ pid: deadPid() });
    freeAgain();
  });

  it.each([
    ['has died', () => ({ pid: deadPid() })],
    ['had the number of another process', () => ({ started: '1' })],
    ['ended with the last start of the host', () => ({ boot: 'another' })],
  ])('takes over the file of a process that %s', (_title, differences) => {
    forge(differences());
    const lock = lockDataPath(folder, missing);
    expect(owner()).toMatchObject({ pid: process.pid });
    expect(fs.readdirSync(folder)).toEqual(['nsqd.lock']);
    lock.release();
  });

  it.each([
    [
      'another host',
      { host: 'elsewhere', pid: 7 },
      /nsqd.lock belongs to process 7 on elsewhere, which cannot be seen from here; remove it/,
    ],
    ['another container', { namespace: 'pid:[1]' }, /cannot be seen from here/],
  ])('does not take over the file of a process of %s', (_title, differences, message) => {
    forge(differences);
    expect(() => lockDataPath(folder, missing)).toThrow(message);
    expect(fs.readdirSync(folder)).toEqual(['nsqd.lock']);
  });

  it('does not take over a file it cannot read', () => {
    fs.writeFileSync(file(), '');
    expect(() => lockDataPath(folder, missing)).toThrow(/^failed to lock data-path: .*nsqd.lock cannot be read; remove it/);
    expect(fs.readdirSync(folder)).toEqual(['nsqd.lock']);
  });

  it('lets one of two take over', () => {
    forge({ pid: deadPid() });
    fs.writeFileSync(`${file()}.takeover`, '');
    expect(() => lockDataPath(folder, missing)).toThrow(/another instance of nsqd is taking over/);
    fs.unlinkSync(`${file()}.takeover`);
    freeAgain(missing);
  });

  it('does not remove a file that is no longer its own', () => {
    const lock = lockDataPath(folder, missing);
    fs.writeFileSync(file(), JSON.stringify({ ...owner(), token: 'of another' }));
    lock.release();
    expect(fs.readdirSync(folder)).toEqual(['nsqd.lock']);
  });
});
