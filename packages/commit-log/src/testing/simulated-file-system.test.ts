import { SimulatedFileSystem } from './simulated-file-system.js';
import type { LogFileSystem } from '../file-system.js';

const withFile = async (fs: LogFileSystem, name: string, content: string): Promise<void> => {
  const file = await fs.open(name, 'create');
  await file.write([Buffer.from(content)], 0);
  await file.datasync();
  await file.close();
};

const textOf = (fs: SimulatedFileSystem, name: string): string => (fs.files.includes(name) ? fs.contentOf(name).toString() : '');

/** What is left of each seed's run after the crash. */
async function outcomes(
  kind: 'process' | 'power',
  run: (fs: SimulatedFileSystem) => Promise<unknown>,
  look: (fs: SimulatedFileSystem) => string,
): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const fs = new SimulatedFileSystem({ seed, folders: ['/data'] });
    await run(fs);
    seen.add(look(fs.crash(kind)));
  }
  return seen;
}

describe('SimulatedFileSystem', () => {
  it('keeps what is written, in files and folders', async () => {
    const fs = new SimulatedFileSystem();
    await fs.makeFolder('/a/b');
    await withFile(fs, '/a/b/x', 'hello');
    const file = await fs.open('/a/b/x', 'readwrite');
    await file.write([Buffer.from('p'), Buffer.from('!')], 4);
    await file.truncate(6);
    await file.write([Buffer.from('z')], 8);
    const into = Buffer.alloc(20, 1);
    expect([await file.size(), await file.read(into, 1), into.subarray(0, 8)]).toEqual([9, 8, Buffer.from('ellp!\0\0z')]);
    expect(await file.read(into, 100)).toBe(0);
    await file.close();
    await fs.rename('/a/b/x', '/a/b/y');
    expect([await fs.list('/a/b'), await fs.list('/a'), await fs.list('/none'), fs.files, fs.usedBytes]).toEqual([
      ['y'],
      ['b'],
      [],
      ['/a/b/y'],
      9,
    ]);
    await fs.remove('/a/b/y');
    await fs.removeFolder('/a/b');
    expect([await fs.list('/a'), fs.openFiles, fs.pending]).toEqual([[], 0, 0]);
  });

  it('fails as an operating system does', async () => {
    const fs = new SimulatedFileSystem({ folders: ['/data'] });
    await withFile(fs, '/data/x', 'hello');
    await expect(fs.open('/data/none', 'readwrite')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fs.open('/none/x', 'create')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fs.open('/data', 'readwrite')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(fs.remove('/data')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(fs.rename('/data/x', '/none/x')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fs.rename('/data/x', '/data')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(fs.makeFolder('/data/x/y')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(fs.removeFolder('/data')).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await expect(fs.removeFolder('/none')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fs.syncFolder('/none')).rejects.toMatchObject({ code: 'ENOENT' });
    const file = await fs.open('/data/x', 'readwrite');
    await file.close();
    await expect(file.size()).rejects.toMatchObject({ code: 'EBADF' });
  });

  it('does the same for the same seed, and other things for others', async () => {
    const order = async (seed: number): Promise<string> => {
      const fs = new SimulatedFileSystem({ seed });
      const done: number[] = [];
      await Promise.all(Array.from({ length: 8 }, (_, i) => fs.makeFolder(`/${String(i)}`).then(() => done.push(i))));
      return done.join();
    };
    expect(await order(7)).toBe(await order(7));
    expect(new Set([await order(1), await order(2), await order(3)]).size).toBeGreaterThan(1);
  });

  it('keeps what completed when the process ends, and tears what did not', async () => {
    const seen = await outcomes(
      'process',
      async (fs) => {
        const file = await fs.open('/data/x', 'create');
        await file.write([Buffer.from('abc')], 0);
        void file.write([Buffer.from('defg')], 3);
      },
      (fs) => textOf(fs, '/data/x'),
    );
    expect([...seen].sort()).toEqual(['abc', 'abcd', 'abcde', 'abcdef', 'abcdefg']);
  });

  it('keeps what is synced when the power fails, and may lose or tear the rest', async () => {
    const sectors = 'a'.repeat(512) + 'b'.repeat(512) + 'c'.repeat(512);
    const seen = await outcomes(
      'power',
      async (fs) => {
        await withFile(fs, '/data/x', '-');
        await fs.syncFolder('/data');
        const file = await fs.open('/data/x', 'readwrite');
        await file.write([Buffer.from(sectors)], 512);
      },
      (fs) => textOf(fs, '/data/x').replace(/(.)\1*/gs, '$1'),
    );
    for (const left of seen) expect(left).toMatch(/^-/);
    for (const left of ['-', '-\0abc', '-\0b', '-\0a\0c']) expect(seen).toContain(left);
  });

  it('loses names that are not synced, each for itself', async () => {
    const seen = await outcomes(
      'power',
      async (fs) => {
        await withFile(fs, '/data/kept', '1');
        await withFile(fs, '/data/removed', '2');
        await fs.syncFolder('/data');
        await withFile(fs, '/data/made', '3');
        await fs.remove('/data/removed');
      },
      (fs) => fs.files.map((file) => file.slice(6)).join(),
    );
    expect([...seen].sort()).toEqual(['kept', 'kept,made', 'kept,made,removed', 'kept,removed']);
  });

  it('has the old or the new content behind a rename, and the new one behind a sync of the folder', async () => {
    const replace = async (fs: SimulatedFileSystem): Promise<void> => {
      await withFile(fs, '/data/x', 'old');
      await fs.syncFolder('/data');
      await withFile(fs, '/data/x.tmp', 'new');
      await fs.rename('/data/x.tmp', '/data/x');
    };
    expect(await outcomes('power', replace, (fs) => textOf(fs, '/data/x'))).toEqual(new Set(['old', 'new']));
    const synced = (fs: SimulatedFileSystem): Promise<void> => replace(fs).then(() => fs.syncFolder('/data'));
    expect(await outcomes('power', synced, (fs) => `${textOf(fs, '/data/x')} ${String(fs.files.length)}`)).toEqual(new Set(['new 1']));
  });

  it('loses a folder that is not synced with all that is in it', async () => {
    const seen = await outcomes(
      'power',
      async (fs) => {
        await fs.makeFolder('/data/t');
        await withFile(fs, '/data/t/x', '1');
        await fs.syncFolder('/data/t');
      },
      (fs) => fs.files.join(),
    );
    expect(seen).toEqual(new Set(['', '/data/t/x']));
  });

  it('remembers over the end of a process what is not synced', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const fs = new SimulatedFileSystem({ seed, folders: ['/data'] });
      const file = await fs.open('/data/x', 'create');
      await fs.syncFolder('/data');
      await file.write([Buffer.from('a')], 0);
      const next = fs.crash('process');
      expect(textOf(next, '/data/x')).toBe('a');
      seen.add(textOf(next.crash('power'), '/data/x'));
    }
    expect(seen).toEqual(new Set(['', 'a']));
  });

  it('never answers what a crash met, or what is asked after it', async () => {
    const fs = new SimulatedFileSystem({ folders: ['/data'] });
    const file = await fs.open('/data/x', 'create');
    const answered = jest.fn();
    void file.write([Buffer.from('a')], 0).then(answered, answered);
    const next = fs.crash('process');
    void file.size().then(answered, answered);
    void fs.list('/data').then(answered, answered);
    await next.list('/data');
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).not.toHaveBeenCalled();
  });

  it('fails calls when it is told to', async () => {
    const fs = new SimulatedFileSystem({ folders: ['/data', '/other'] });
    fs.fail({ operation: 'open', after: 1, times: 2, code: 'EMFILE', path: '/data' });
    const results: string[] = [];
    for (const name of ['/data/1', '/other/1', '/data/2', '/data/3', '/data/4']) {
      results.push(
        await fs.open(name, 'create').then(
          () => 'ok',
          (error: unknown) => (error as NodeJS.ErrnoException).code ?? '',
        ),
      );
    }
    expect(results).toEqual(['ok', 'ok', 'EMFILE', 'EMFILE', 'ok']);
    fs.errorRate = { list: 1 };
    await expect(fs.list('/data')).rejects.toMatchObject({ code: 'EIO' });
    fs.heal();
    expect(await fs.list('/data')).toHaveLength(2);
  });

  it('writes what there is room for, and the rest when there is more', async () => {
    const fs = new SimulatedFileSystem({ folders: ['/data'], capacity: 5 });
    const file = await fs.open('/data/x', 'create');
    await file.write([Buffer.from('abc')], 0);
    await expect(file.write([Buffer.from('defg')], 3)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(textOf(fs, '/data/x')).toBe('abcde');
    await file.write([Buffer.from('ABCDE')], 0);
    await file.truncate(1);
    await file.write([Buffer.from('1234')], 1);
    fs.capacity = 6;
    await file.write([Buffer.from('5')], 5);
    expect(textOf(fs, '/data/x')).toBe('A12345');
  });

  it('forgets some of what a failed datasync was to store, though a later one succeeds', async () => {
    const seen = await outcomes(
      'power',
      async (fs) => {
        const file = await fs.open('/data/x', 'create');
        await fs.syncFolder('/data');
        await file.write([Buffer.from('a')], 0);
        fs.fail({ operation: 'datasync' });
        await expect(file.datasync()).rejects.toMatchObject({ code: 'EIO' });
        await file.datasync();
      },
      (fs) => textOf(fs, '/data/x'),
    );
    expect(seen).toEqual(new Set(['', 'a']));
  });

  it('tells what happens', async () => {
    const lines: string[] = [];
    const fs = new SimulatedFileSystem({ folders: ['/data'], trace: (line) => lines.push(line) });
    await fs.list('/data');
    await fs.open('/data/x', 'readwrite').catch(() => undefined);
    void fs.makeFolder('/data/t');
    fs.crash('power');
    expect(lines).toEqual(['list /data', "Error: ENOENT: open '/data/x'", 'crash of the power during makeFolder /data/t']);
  });
});
