import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileCache, nodeFileSystem } from '@nsq/commit-log';
import { Logger } from '@nsq/service';
import { DiskStorage } from './disk-storage.js';
import { Health } from './health.js';
import { removeFolder } from './remove-folder.js';

describe('removing what is stored of a topic', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'nsqd-remove-'));
    await mkdir(path.join(folder, 't'));
    await writeFile(path.join(folder, 't', 'checkpoint'), 'x');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (): DiskStorage =>
    new DiskStorage({
      fileSystem: nodeFileSystem,
      files: new FileCache(),
      folder,
      segmentBytes: 1000,
      durability: 'memory',
      syncEvery: 1,
      health: new Health(),
      logger: new Logger({ write: () => undefined }),
      barrier: () => null,
    });

  it('removes the files with the folder', async () => {
    const storage = open();
    storage.open('t');
    await storage.remove('t');
    expect(await readdir(folder)).toEqual([]);
  });

  it('ends at the next start when a crash came in between', async () => {
    await nodeFileSystem.rename(path.join(folder, 't'), path.join(folder, '.deleted-0'));
    expect(await open().topics()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('does nothing where there is no folder', async () => {
    await removeFolder(nodeFileSystem, path.join(folder, 'none'));
    expect(await readdir(folder)).toEqual(['t']);
  });
});
