import { CachedFile, FileCache } from './file-cache.js';
import { SimulatedFileSystem } from './testing/index.js';

function files(cache: FileCache, count: number): { fs: SimulatedFileSystem; all: CachedFile[] } {
  const fs = new SimulatedFileSystem({ folders: ['/f'] });
  const all = Array.from({ length: count }, (_, i) => {
    fs.corrupt(`/f/${String(i)}`, 0, Buffer.from([i]));
    return new CachedFile(fs, cache, `/f/${String(i)}`);
  });
  return { fs, all };
}

const firstByte = (file: CachedFile): Promise<number | undefined> => {
  const byte = Buffer.alloc(1);
  return file.use((open) => open.read(byte, 0)).then(() => byte[0]);
};

describe('FileCache', () => {
  it.each([[{ maxOpen: 0 }], [{ maxOpen: NaN }], [{ idleMs: 0 }]])('refuses %j', (options) => {
    expect(() => new FileCache(options)).toThrow(/^E_ARGUMENT /);
  });

  it('opens a file when it is first used, once for all who use it at once', async () => {
    const cache = new FileCache({ maxOpen: 5, idleMs: Infinity });
    const { fs, all } = files(cache, 1);
    expect(fs.openFiles).toBe(0);
    await Promise.all(all.flatMap((file) => [firstByte(file), firstByte(file), firstByte(file)]));
    expect([fs.mostOpenFiles, cache.open]).toEqual([1, 1]);
  });

  it('never has more files open than it may, and serves everybody', async () => {
    const cache = new FileCache({ maxOpen: 4, idleMs: Infinity });
    const { fs, all } = files(cache, 100);
    for (let round = 0; round < 3; round++) {
      expect(await Promise.all(all.map(firstByte))).toEqual(all.map((_, i) => i));
    }
    expect(fs.mostOpenFiles).toBe(4);
    await Promise.all(all.map((file) => file.close()));
    expect([fs.openFiles, cache.open]).toEqual([0, 0]);
  });

  it('closes the file that was not used for longest', async () => {
    const cache = new FileCache({ maxOpen: 2, idleMs: Infinity });
    const { fs, all } = files(cache, 3);
    const opens: string[] = [];
    const open = fs.open.bind(fs);
    fs.open = (path, mode) => {
      opens.push(path);
      return open(path, mode);
    };
    for (const i of [0, 1, 0, 2, 0, 1]) await firstByte(all[i] ?? new CachedFile(fs, cache, ''));
    expect(opens).toEqual(['/f/0', '/f/1', '/f/2', '/f/1']);
  });

  it('gives the slot back when a file cannot be opened', async () => {
    const cache = new FileCache({ maxOpen: 1, idleMs: Infinity });
    const { fs, all } = files(cache, 2);
    const missing = new CachedFile(fs, cache, '/f/missing');
    await expect(Promise.all([firstByte(missing), firstByte(missing)])).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await Promise.all(all.map(firstByte))).toEqual([0, 1]);
  });

  it('waits for the users before it closes a file, and refuses later ones', async () => {
    const cache = new FileCache({ maxOpen: 1, idleMs: Infinity });
    const { fs, all } = files(cache, 1);
    for (const file of all) {
      const used = firstByte(file);
      await file.close();
      expect(fs.openFiles).toBe(0);
      expect(await used).toBe(0);
      await expect(firstByte(file)).rejects.toMatchObject({ code: 'E_CLOSED' });
    }
  });

  it('renames a file under its users', async () => {
    const cache = new FileCache({ maxOpen: 1, idleMs: Infinity });
    const { fs, all } = files(cache, 2);
    const [first, second] = all;
    if (first === undefined || second === undefined) throw new Error('two files');
    const reads: Promise<number | undefined>[] = [];
    const moved = Promise.all([first.move('/f/a'), first.move('/f/b'), first.move('/f/c')]);
    for (let i = 0; i < 20; i++) reads.push(firstByte(i % 2 === 0 ? first : second));
    await moved;
    expect(await Promise.all(reads)).toEqual(reads.map((_, i) => i % 2));
    expect([first.path, fs.files]).toEqual(['/f/c', ['/f/1', '/f/c']]);
  });

  it('closes a file that nobody uses for a while', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    try {
      const cache = new FileCache({ maxOpen: 5, idleMs: 1000 });
      const { all } = files(cache, 2);
      await Promise.all(all.map(firstByte));
      jest.advanceTimersByTime(999);
      expect(cache.open).toBe(2);
      jest.advanceTimersByTime(1001);
      while (cache.open > 0) await new Promise((resolve) => setImmediate(resolve));
      expect(jest.getTimerCount()).toBe(0);
      expect(await Promise.all(all.map(firstByte))).toEqual([0, 1]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps a slot for things that open a file themselves', async () => {
    const cache = new FileCache({ maxOpen: 2, idleMs: Infinity });
    let now = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        cache.during(async () => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setImmediate(resolve));
          now--;
        }),
      ),
    );
    expect([most, cache.open]).toEqual([2, 0]);
  });

  it('does not mind a close that fails', async () => {
    const cache = new FileCache({ maxOpen: 1, idleMs: Infinity });
    const { fs, all } = files(cache, 3);
    fs.errorRate = { close: 1 };
    expect(await Promise.all(all.map(firstByte))).toEqual([0, 1, 2]);
  });
});
