import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CommitLog, FileCache, nodeFileSystem, type Damage } from '../src/index.js';
import { appendAll, drain, numbered, readAll } from './helpers.js';

// The disk of the machine may be busy with other things.
jest.setTimeout(60_000);

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'nsq-commit-log-'));
});
afterEach(() => fs.rmSync(root, { recursive: true }));

describe('nodeFileSystem', () => {
  it('reads, writes, cuts and measures files', async () => {
    const name = path.join(root, 'file');
    const file = await nodeFileSystem.open(name, 'create');
    await file.write(
      Array.from({ length: 3000 }, (_, i) => Buffer.from([i & 255])),
      0,
    );
    await file.write([], 3000);
    await file.write([Buffer.from('end')], 3000);
    await file.datasync();
    expect(await file.size()).toBe(3003);
    const into = Buffer.alloc(10);
    expect(await file.read(into, 2998)).toBe(5);
    expect(into.subarray(0, 5)).toEqual(Buffer.from([2998 & 255, 2999 & 255, 101, 110, 100]));
    await file.truncate(2);
    await file.close();
    expect([...fs.readFileSync(name)]).toEqual([0, 1]);
    expect(fs.statSync(name).mode & 0o777).toBe(0o600);
    const again = await nodeFileSystem.open(name, 'readwrite');
    expect(await again.size()).toBe(2);
    await again.close();
    await (await nodeFileSystem.open(name, 'create')).close();
    expect(fs.statSync(name).size).toBe(0);
  });

  it('makes, lists, renames and removes', async () => {
    const folder = path.join(root, 'a', 'b');
    await nodeFileSystem.makeFolder(folder);
    await nodeFileSystem.makeFolder(folder);
    await (await nodeFileSystem.open(path.join(folder, 'x'), 'create')).close();
    await nodeFileSystem.rename(path.join(folder, 'x'), path.join(folder, 'y'));
    await nodeFileSystem.syncFolder(folder);
    expect(await nodeFileSystem.list(folder)).toEqual(['y']);
    await nodeFileSystem.remove(path.join(folder, 'y'));
    await nodeFileSystem.removeFolder(folder);
    expect(await nodeFileSystem.list(folder)).toEqual([]);
  });

  it('passes on what the operating system says', async () => {
    const missing = path.join(root, 'missing', 'file');
    await expect(nodeFileSystem.open(missing, 'readwrite')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(nodeFileSystem.remove(missing)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(nodeFileSystem.syncFolder(missing)).rejects.toMatchObject({ code: 'ENOENT' });
    fs.writeFileSync(path.join(root, 'file'), '');
    await expect(nodeFileSystem.list(path.join(root, 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    if (!fs.existsSync('/dev/full')) return;
    const file = await nodeFileSystem.open('/dev/full', 'readwrite');
    await expect(file.write([Buffer.alloc(1)], 0)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(file.datasync()).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(file.truncate(0)).rejects.toMatchObject({ code: 'EINVAL' });
    await file.close();
  });
});

describe('a log on the real file system', () => {
  it('appends, rolls, reads, drops, resets and comes back', async () => {
    const folder = path.join(root, 'deep', 'topic');
    const open = (): Promise<CommitLog> => CommitLog.open({ folder, segmentBytes: 2000 }).then(({ log }) => log);
    const log = await open();
    const payloads = numbered(200, 'a payload of some length ');
    await appendAll(log, payloads.slice(0, 100), 'synced');
    await appendAll(log, payloads.slice(100));
    expect(await readAll(log)).toEqual(payloads);
    await log.close();
    const again = await open();
    expect(await readAll(again)).toEqual(payloads);
    const { segments } = again;
    expect(segments.length).toBeGreaterThan(2);
    expect(fs.readdirSync(folder)).toHaveLength(segments.length);
    const size = fs.readdirSync(folder).reduce((bytes, file) => bytes + fs.statSync(path.join(folder, file)).size, 0);
    expect(again.bytes).toBe(size);
    const third = segments[2]?.number ?? 0;
    await again.dropBefore(third);
    expect(await readAll(again)).toEqual(payloads.slice(segments[2]?.firstSequence));
    await again.reset(1000);
    await appendAll(again, ['new']);
    await again.close();
    const last = await open();
    expect((await drain(last.read(1000))).map((record) => record.sequence)).toEqual([1000]);
    await last.close();
    expect(fs.readdirSync(folder)).toHaveLength(1);
  });

  it('cuts a torn end off, and reads around damage', async () => {
    const folder = path.join(root, 'topic');
    const damage: Damage[] = [];
    const first = (await CommitLog.open({ folder, segmentBytes: 1e6 })).log;
    await appendAll(first, numbered(9));
    await first.close();
    const file = path.join(folder, '000000000001.log');
    fs.appendFileSync(file, Buffer.alloc(33, 1));
    const second = await CommitLog.open({ folder, segmentBytes: 1e6 });
    expect(second.recovery).toEqual({ cutBytes: 33, damaged: [] });
    await second.log.close();
    const content = fs.readFileSync(file);
    content[content.indexOf('r3')] = 0;
    fs.writeFileSync(file, content);
    const third = await CommitLog.open({ folder, segmentBytes: 1e6, onDamage: (each) => damage.push(each) });
    expect(damage).toMatchObject([{ what: 'records', firstSequence: 3, endSequence: 4 }]);
    expect(await readAll(third.log)).toEqual(numbered(9).filter((each) => each !== 'r3'));
    await third.log.close();
    expect(fs.readdirSync(folder)).toEqual(['000000000001.log.bad']);
  });

  it('serves 2,000 logs with 64 open files', async () => {
    const files = new FileCache({ maxOpen: 64, idleMs: 1000 });
    const folders = Array.from({ length: 2000 }, (_, i) => path.join(root, String(i)));
    const openAll = (): Promise<CommitLog[]> =>
      Promise.all(folders.map((folder) => CommitLog.open({ folder, segmentBytes: 1e6, files }).then(({ log }) => log)));
    const logs = await openAll();
    const descriptors = '/proc/self/fd';
    const before = fs.existsSync(descriptors) ? fs.readdirSync(descriptors).length : 0;
    let most = 0;
    const watched = logs.map(async (log, i) => {
      await appendAll(log, [`a${String(i)}`, `b${String(i)}`], i % 10 === 0 ? 'synced' : 'written');
      expect(await readAll(log)).toEqual([`a${String(i)}`, `b${String(i)}`]);
      if (fs.existsSync(descriptors)) most = Math.max(most, fs.readdirSync(descriptors).length);
      expect(files.open).toBeLessThanOrEqual(64);
    });
    await Promise.all(watched);
    // Besides those of the cache, a few threads may list a folder at the time.
    expect(most).toBeLessThan(before + 64 + 20);
    // Closing syncs, which 2,000 times is a test of the disk; a process that ends does not.
    const again = await openAll();
    for (const log of again) expect([log.firstSequence, log.nextSequence]).toEqual([0, 2]);
    expect(files.open).toBeLessThanOrEqual(64);
  });
});
