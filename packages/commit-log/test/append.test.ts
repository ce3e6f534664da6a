import { FileCache, LogError, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, type CommitLog } from '../src/index.js';
import { SimulatedFileSystem } from '../src/testing/index.js';
import { appendAll, drain, FOLDER, numbered, opened, readAll, segmentPath, texts } from './helpers.js';

/** The calls of one kind that a file system got, as `operation path`. */
function recordCalls(fs: SimulatedFileSystem): string[] {
  const calls: string[] = [];
  const open = fs.open.bind(fs);
  fs.open = async (path, mode) => {
    const file = await open(path, mode);
    return {
      ...file,
      write: (pieces, position) => {
        calls.push('write');
        return file.write(pieces, position);
      },
      datasync: () => {
        calls.push('datasync');
        return file.datasync();
      },
    };
  };
  return calls;
}

const settled = async (log: CommitLog): Promise<void> => {
  await log.sync().catch(() => undefined);
};

describe('append', () => {
  it('touches no file before the first append', async () => {
    const { log, fs } = await opened();
    expect([log.empty, log.nextSequence, log.firstSequence, log.bytes, log.segments]).toEqual([true, 0, 0, 0, []]);
    await log.sync();
    await log.close();
    expect(fs.files).toEqual([]);
    expect(await fs.list('/data')).toEqual([]);
  });

  it('numbers records without gaps and hands them out as they were', async () => {
    const { log } = await opened();
    const locations = [
      await log.appended(3, [Buffer.from('ab'), Buffer.alloc(0), Buffer.from('c')], 'written'),
      await log.appended(0, [Buffer.from('aside')], 'written'),
      await log.appended(1, [], 'synced'),
    ];
    expect(await drain(log.read(0))).toEqual([
      { segment: 1, offset: 64, sequence: 0, count: 3, payload: Buffer.from('abc'), end: 87 },
      { segment: 1, offset: 87, sequence: 3, count: 0, payload: Buffer.from('aside'), end: 112 },
      { segment: 1, offset: 112, sequence: 3, count: 1, payload: Buffer.alloc(0), end: 132 },
    ]);
    expect(locations).toEqual([64, 87, 112].map((offset) => ({ segment: 1, offset })));
    expect([log.nextSequence, log.writtenSequence, log.bytes, log.end]).toEqual([4, 4, 132, { segment: 1, offset: 132 }]);
    expect(log.segments).toEqual([{ number: 1, firstSequence: 0, endSequence: 4, bytes: 132 }]);
    await log.close();
  });

  it('puts all appends of a turn into one write and one datasync', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: 1e6 });
    const calls = recordCalls(fs);
    await appendAll(log, ['first'], 'synced');
    calls.length = 0;
    await appendAll(log, numbered(500), 'synced');
    expect(calls).toEqual(['write', 'datasync']);
    await log.close();
  });

  it('puts what arrives during a write into the next one', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: 1e6 });
    await appendAll(log, ['first']);
    const calls = recordCalls(fs);
    await log.close();
    const again = (await opened(fs, { segmentBytes: 1e6 })).log;
    const first = again.appended(1, [Buffer.from('a')], 'written');
    while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const rest = Array.from({ length: 100 }, () => again.appended(1, [Buffer.from('b')], 'written'));
    await Promise.all([first, ...rest]);
    expect(calls).toEqual(['write', 'write']);
    await again.close();
  });

  it('calls back in the order of the appends, whatever they wait for', async () => {
    const { log } = await opened();
    const order: number[] = [];
    for (let i = 0; i < 60; i++) log.append(1, [Buffer.from('x')], i % 3 === 0 ? 'synced' : 'written', () => order.push(i));
    await log.sync();
    expect(order).toEqual([...order.keys()]);
    expect(order).toHaveLength(60);
    await log.close();
  });

  it('counts what is not written yet', async () => {
    const { log } = await opened();
    const done = appendAll(log, ['12345', '678']);
    expect(log.unwrittenBytes).toBe(2 * RECORD_HEADER_BYTES + 8);
    expect([log.nextSequence, log.writtenSequence, log.empty]).toEqual([2, 0, false]);
    await done;
    expect([log.unwrittenBytes, log.writtenSequence]).toEqual([0, 2]);
    await log.close();
  });

  it('begins a segment when the next record would make the file too long', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: SEGMENT_HEADER_BYTES + 2 * (RECORD_HEADER_BYTES + 10) });
    const payloads = Array.from({ length: 5 }, (_, i) => `record ${String(i)}..`);
    await appendAll(log, payloads);
    expect(log.segments.map(({ number, firstSequence, endSequence }) => [number, firstSequence, endSequence])).toEqual([
      [1, 0, 2],
      [2, 2, 4],
      [3, 4, 5],
    ]);
    expect(fs.files).toEqual([1, 2, 3].map(segmentPath));
    expect(await readAll(log)).toEqual(payloads);
    await log.close();
  });

  it('gives a record that is larger than a segment one of its own', async () => {
    const { log } = await opened(undefined, { segmentBytes: 200 });
    const large = 'x'.repeat(3_000_000);
    await appendAll(log, ['a', large, 'b']);
    expect(log.segments.map((segment) => segment.firstSequence)).toEqual([0, 1, 2]);
    expect(await readAll(log)).toEqual(['a', large, 'b']);
    await log.close();
  });

  it('writes many more records than fit into one write', async () => {
    const { log } = await opened(undefined, { segmentBytes: 1e8 });
    const small = numbered(10_000, 'r'.repeat(200));
    await appendAll(log, small);
    const large = Array.from({ length: 12 }, (_, i) => String(i).repeat(1_000_000));
    await appendAll(log, large);
    expect(await readAll(log)).toEqual([...small, ...large]);
    await log.close();
  });

  it.each([[-1], [1.5], [2 ** 32], [NaN]])('refuses the count %d', async (count) => {
    const { log } = await opened();
    expect(() => log.append(count, [], 'written', () => undefined)).toThrow(LogError);
    await log.close();
  });

  it('goes on when a callback throws, and lets the exception out', async () => {
    const { log } = await opened();
    const thrown = new Promise((resolve) => {
      const nextTick = jest.spyOn(process, 'nextTick').mockImplementationOnce((callback) => {
        nextTick.mockRestore();
        try {
          (callback as () => void)();
        } catch (error) {
          resolve(error);
        }
      });
      log.append(1, [], 'written', () => {
        throw new Error('mine');
      });
    });
    const second = log.appended(1, [], 'written');
    expect(await thrown).toEqual(new Error('mine'));
    await second;
    await log.close();
  });
});

describe('open', () => {
  it.each([[{ segmentBytes: 64 }], [{ segmentBytes: NaN }], [{ nextSequence: -1 }], [{ nextSequence: 2 ** 53 }]])(
    'refuses %j',
    async (options) => {
      await expect(opened(undefined, options)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
    },
  );

  it('goes on where it was closed, in a new segment', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a', 'b']);
    await log.close();
    const again = await opened(fs);
    expect(again.recovery).toEqual({ cutBytes: 0, damaged: [] });
    expect(again.log.nextSequence).toBe(2);
    await appendAll(again.log, ['c']);
    expect(await readAll(again.log)).toEqual(['a', 'b', 'c']);
    expect(again.log.segments).toMatchObject([{ endSequence: 2 }, { firstSequence: 2, endSequence: 3 }]);
    await again.log.close();
  });

  it('goes on with a higher number when told to', async () => {
    const { log, fs } = await opened(undefined, { nextSequence: 50 });
    expect([log.firstSequence, log.nextSequence]).toEqual([50, 50]);
    await appendAll(log, ['a', 'b']);
    await log.close();
    const again = await opened(fs, { nextSequence: 100 });
    expect([again.log.firstSequence, again.log.nextSequence]).toEqual([50, 100]);
    await appendAll(again.log, ['c']);
    expect((await drain(again.log.read(50))).map((record) => record.sequence)).toEqual([50, 51, 100]);
    expect(texts(await drain(again.log.read(77)))).toEqual(['c']);
    await again.log.close();
    expect((await opened(fs, { nextSequence: 60 })).log.nextSequence).toBe(101);
  });

  it('leaves files alone that are not its own', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a']);
    await log.close();
    fs.corrupt(`${FOLDER}/checkpoint`, 0, Buffer.from('x'));
    fs.corrupt(`${FOLDER}/1.log`, 0, Buffer.from('y'));
    const again = await opened(fs);
    expect(again.recovery).toEqual({ cutBytes: 0, damaged: [] });
    await again.log.reset(9);
    expect(fs.files).toEqual([segmentPath(2), `${FOLDER}/1.log`, `${FOLDER}/checkpoint`]);
    await again.log.close();
  });

  it('says which file is of a later version', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a']);
    await log.close();
    const { crc32 } = await import('node:zlib');
    const header = fs.contentOf(segmentPath(1)).subarray(0, SEGMENT_HEADER_BYTES);
    header.writeUInt32BE(2, 8);
    header.writeUInt32BE(crc32(header.subarray(0, 60)), 60);
    fs.corrupt(segmentPath(1), 0, header);
    await expect(opened(fs)).rejects.toMatchObject({ code: 'E_VERSION', message: expect.stringContaining(segmentPath(1)) as string });
    expect(fs.openFiles).toBe(0);
  });

  it('says which file cannot be read', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a']);
    await log.close();
    fs.fail({ operation: 'read' });
    await expect(opened(fs)).rejects.toMatchObject({ code: 'E_READ', message: expect.stringContaining(segmentPath(1)) as string });
  });
});

describe('drop and reset', () => {
  const oneEach = SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES;

  it('drops whole segments, never the last', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: oneEach });
    await appendAll(log, numbered(5));
    await log.dropBefore(3);
    expect(log.firstSequence).toBe(2);
    expect(fs.files).toEqual([3, 4, 5].map(segmentPath));
    await log.dropBefore(99);
    expect(fs.files).toEqual([segmentPath(5)]);
    expect(await readAll(log)).toEqual(['r4']);
    await log.close();
  });

  it('removes later what could not be removed', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: oneEach });
    await appendAll(log, numbered(4));
    fs.fail({ operation: 'remove' });
    await expect(log.dropBefore(3)).rejects.toMatchObject({ code: 'E_WRITE' });
    expect(log.firstSequence).toBe(2);
    await log.dropBefore(4);
    expect(fs.files).toEqual([segmentPath(4)]);
    await log.close();
  });

  it('resets behind what was appended before and in front of what comes', async () => {
    const { log, fs } = await opened();
    const before = appendAll(log, ['a', 'b']);
    const reset = log.reset(1000);
    expect(log.nextSequence).toBe(1000);
    const after = appendAll(log, ['c']);
    await Promise.all([before, reset, after]);
    expect((await drain(log.read(1000))).map((record) => [record.sequence, record.payload.toString()])).toEqual([[1000, 'c']]);
    expect(fs.files).toEqual([segmentPath(2)]);
    await log.close();
    expect((await opened(fs.crash('power'))).log.nextSequence).toBe(1001);
  });

  it('is empty after a reset and keeps the number', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a', 'b']);
    expect(log.empty).toBe(false);
    await log.reset(7);
    expect([log.empty, log.firstSequence, log.nextSequence]).toEqual([true, 7, 7]);
    const again = await opened(fs.crash('power'));
    expect([again.log.empty, again.log.nextSequence]).toEqual([true, 7]);
    await again.log.close();
  });

  it('resets on a full disk', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a', 'b']);
    fs.capacity = fs.usedBytes;
    await expect(log.appended(1, [Buffer.alloc(100)], 'written')).rejects.toMatchObject({ code: 'E_WRITE', cause: { code: 'ENOSPC' } });
    await log.reset(20);
    expect([log.empty, log.nextSequence, fs.usedBytes]).toEqual([true, 20, 0]);
    await appendAll(log, ['c']);
    expect((await drain(log.read(20))).map((record) => record.sequence)).toEqual([20]);
    await log.close();
  });

  it('keeps everything when a reset fails', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a', 'b']);
    fs.fail({ operation: 'write' });
    await expect(log.reset(20)).rejects.toMatchObject({ code: 'E_WRITE' });
    await appendAll(log, ['c']);
    expect((await drain(log.read(0))).map((record) => record.sequence)).toEqual([0, 1, 20]);
    await log.close();
  });
});

describe('close', () => {
  it('finishes what was appended, syncs it and refuses the rest', async () => {
    const { log, fs } = await opened();
    const before = appendAll(log, ['a', 'b']);
    const closed = log.close();
    expect(log.close()).toBe(closed);
    await expect(log.appended(1, [], 'written')).rejects.toMatchObject({ code: 'E_CLOSED' });
    await expect(log.sync()).rejects.toMatchObject({ code: 'E_CLOSED' });
    await expect(log.reset(9)).rejects.toMatchObject({ code: 'E_CLOSED' });
    await expect(log.dropBefore(9)).rejects.toMatchObject({ code: 'E_CLOSED' });
    await Promise.all([before, closed]);
    expect(fs.openFiles).toBe(0);
    expect(await readAll((await opened(fs.crash('power'))).log)).toEqual(['a', 'b']);
  });

  it('rejects when it cannot sync, and has closed its files', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a']);
    fs.fail({ operation: 'datasync' });
    await expect(log.close()).rejects.toMatchObject({ code: 'E_WRITE' });
    expect(fs.openFiles).toBe(0);
  });

  it('keeps to the bound of a shared cache, with many logs at work', async () => {
    const fs = new SimulatedFileSystem({ folders: ['/data'] });
    const files = new FileCache({ maxOpen: 3, idleMs: Infinity });
    const logs = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => (await opened(fs, { folder: `/data/t${String(i)}`, files, segmentBytes: 300 })).log),
    );
    await Promise.all(logs.map((log) => appendAll(log, numbered(50), 'synced')));
    for (const log of logs) expect(await readAll(log)).toEqual(numbered(50));
    expect(fs.mostOpenFiles).toBeLessThanOrEqual(3);
    await Promise.all(logs.map((log) => log.close()));
    expect(files.open).toBe(0);
  });
});

describe('a failing disk', () => {
  it('fails what is affected, gives the numbers again and goes on when there is room', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a']);
    const good = fs.contentOf(segmentPath(1));
    fs.capacity = fs.usedBytes + 30;
    const results = await Promise.allSettled(
      ['b', 'x'.repeat(100), 'c'].map((payload) => log.appended(1, [Buffer.from(payload)], 'written')),
    );
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected']);
    await settled(log);
    expect([log.nextSequence, log.writtenSequence, log.unwrittenBytes]).toEqual([1, 1, 0]);
    expect(fs.contentOf(segmentPath(1))).toEqual(good);
    fs.capacity = Infinity;
    await appendAll(log, ['d']);
    expect((await drain(log.read(0))).map((record) => [record.sequence, record.payload.toString()])).toEqual([
      [0, 'a'],
      [1, 'd'],
    ]);
    await log.close();
  });

  it('begins a segment when the file cannot be cut back, and passes over the rest, also after a restart', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a']);
    fs.fail({ operation: 'datasync' });
    fs.fail({ operation: 'truncate' });
    await expect(log.appended(1, [Buffer.from('never')], 'synced')).rejects.toMatchObject({ code: 'E_WRITE' });
    await appendAll(log, ['b']);
    expect(log.segments).toHaveLength(2);
    expect(fs.contentOf(segmentPath(1)).includes('never')).toBe(true);
    expect(await readAll(log)).toEqual(['a', 'b']);
    const again = await opened(fs.crash('process'));
    expect(again.recovery).toEqual({ cutBytes: 0, damaged: [] });
    expect(await readAll(again.log)).toEqual(['a', 'b']);
    await again.log.close();
  });

  it('cuts the file back at the end, when that failed before', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a']);
    fs.fail({ operation: 'datasync' });
    fs.fail({ operation: 'truncate' });
    await expect(log.appended(1, [Buffer.from('never')], 'synced')).rejects.toMatchObject({ code: 'E_WRITE' });
    await log.close();
    const again = await opened(fs);
    expect(again.recovery.cutBytes).toBe(0);
    expect(await readAll(again.log)).toEqual(['a']);
    await again.log.close();
  });

  it('does not show what waits for the disk, and takes it back when the datasync fails', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a'], 'synced');
    fs.fail({ operation: 'datasync' });
    const reader = log.read(0);
    const failing = [log.appended(1, [Buffer.from('b')], 'synced'), log.appended(1, [Buffer.from('c')], 'written')];
    const seen: string[] = [];
    const results = Promise.allSettled(failing);
    for (let turns = 0; turns < 20; turns++) {
      seen.push(...texts((await reader.next()) ?? []));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await results).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(seen).toEqual(['a']);
    await appendAll(log, ['d'], 'synced');
    expect(texts(await drain(reader))).toEqual(['d']);
    await log.close();
  });

  it('does not trust a datasync that succeeds after one that failed', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { log, fs } = await opened(new SimulatedFileSystem({ folders: ['/data'], seed }));
      await appendAll(log, numbered(5));
      await settled(log);
      await appendAll(log, numbered(5, 's'));
      fs.fail({ operation: 'datasync' });
      await expect(log.sync()).rejects.toMatchObject({ code: 'E_WRITE' });
      await log.sync();
      const again = await opened(fs.crash('power'));
      expect(await readAll(again.log)).toEqual([...numbered(5), ...numbered(5, 's')]);
      expect(again.recovery).toEqual({ cutBytes: 0, damaged: [] });
      await again.log.close();
    }
  });

  it('fails an append whose segment cannot be made, and tries again with the next', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: 100 });
    await appendAll(log, ['a'.repeat(16)]);
    for (const operation of ['open', 'write', 'datasync', 'syncFolder'] as const) {
      fs.fail({ operation, path: operation === 'syncFolder' ? FOLDER : segmentPath(2) });
      await expect(log.appended(1, [Buffer.from('b')], 'synced')).rejects.toMatchObject({ code: 'E_WRITE' });
      expect(fs.files).toEqual([segmentPath(1)]);
    }
    await appendAll(log, ['c'], 'synced');
    expect(await readAll(log)).toEqual(['a'.repeat(16), 'c']);
    await log.close();
  });
});
