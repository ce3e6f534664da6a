import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, type LogRecord } from '../src/index.js';
import { appendAll, drain, numbered, opened, recordBytes, texts } from './helpers.js';

const ONE_EACH = SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES;

describe('LogReader', () => {
  it('answers null at the end and goes on when there is more', async () => {
    const { log } = await opened();
    const reader = log.read(0);
    expect(await reader.next()).toBeNull();
    await appendAll(log, ['a', 'b']);
    expect(texts((await reader.next()) ?? [])).toEqual(['a', 'b']);
    expect(await reader.next()).toBeNull();
    await appendAll(log, ['c']);
    expect(texts((await reader.next()) ?? [])).toEqual(['c']);
    await log.close();
  });

  it('finds the record that holds a sequence number', async () => {
    const { log } = await opened(undefined, { segmentBytes: 300 });
    for (let i = 0; i < 40; i++) await log.appended(3, [Buffer.from(String(i))], 'written');
    for (let sequence = 0; sequence < 120; sequence++) {
      const [first] = (await log.read(sequence).next()) ?? [];
      expect(first?.sequence).toBe(Math.floor(sequence / 3) * 3);
    }
    const behind = log.read(130);
    expect(await behind.next()).toBeNull();
    await log.appended(12, [], 'written');
    expect((await behind.next())?.map((record) => record.sequence)).toEqual([120]);
    await log.close();
  });

  it('finds a sequence number in a large segment without reading all in front of it', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: 1e9 });
    const payload = Buffer.alloc(100_000);
    for (let i = 0; i < 300; i++) log.append(1, [payload], 'written', () => undefined);
    await log.sync();
    let readBytes = 0;
    const open = fs.open.bind(fs);
    await log.close();
    fs.open = async (path, mode) => {
      const file = await open(path, mode);
      return {
        ...file,
        read: async (into, position) => {
          const bytes = await file.read(into, position);
          readBytes += bytes;
          return bytes;
        },
      };
    };
    const again = (await opened(fs, { segmentBytes: 1e9 })).log;
    readBytes = 0;
    expect((await again.read(250).next())?.[0]?.sequence).toBe(250);
    expect(readBytes).toBeLessThan(3e6);
    await again.close();
  });

  it('hands out records outside of the sequence in front of the one that is asked for', async () => {
    const { log } = await opened(undefined, { segmentBytes: ONE_EACH + 4 });
    await log.appended(2, [Buffer.from('a')], 'written');
    await log.appended(0, [Buffer.from('x')], 'written');
    await log.appended(0, [Buffer.from('y')], 'written');
    await log.appended(2, [Buffer.from('b')], 'written');
    expect(texts(await drain(log.read(1)))).toEqual(['a', 'x', 'y', 'b']);
    expect(texts(await drain(log.read(2)))).toEqual(['x', 'y', 'b']);
    expect(texts(await drain(log.read(3)))).toEqual(['b']);
    await log.close();
  });

  it('begins at each location it has given', async () => {
    const { log } = await opened(undefined, { segmentBytes: 200 });
    await appendAll(log, numbered(30));
    const all = await drain(log.read(0));
    for (const [i, record] of all.entries()) {
      expect(await drain(log.readAt(record))).toEqual(all.slice(i));
      expect(await drain(log.readAt({ segment: record.segment, offset: record.end }))).toEqual(all.slice(i + 1));
    }
    await log.close();
  });

  it('begins at the end, also of an empty log, and gets what comes', async () => {
    const { log } = await opened(undefined, { segmentBytes: ONE_EACH });
    const readers = [log.readAt(log.end)];
    await appendAll(log, ['a']);
    readers.push(log.readAt(log.end));
    await appendAll(log, ['b']);
    expect(texts(await drain(readers[0] ?? log.read(0)))).toEqual(['a', 'b']);
    expect(texts(await drain(readers[1] ?? log.read(0)))).toEqual(['b']);
    await log.close();
  });

  it('refuses a location where no record begins, and damages nothing', async () => {
    const { log, damage } = await opened();
    await appendAll(log, ['first', 'second', 'third']);
    const starts = (await drain(log.read(0))).map((record) => record.offset);
    for (let offset = SEGMENT_HEADER_BYTES + 1; offset < log.end.offset; offset++) {
      if (starts.includes(offset)) continue;
      await expect(log.readAt({ segment: 1, offset }).next()).rejects.toMatchObject({ code: 'E_LOCATION' });
    }
    await expect(log.readAt({ segment: 1, offset: log.end.offset + 1 }).next()).rejects.toMatchObject({ code: 'E_LOCATION' });
    await expect(log.readAt({ segment: 7, offset: 64 }).next()).rejects.toMatchObject({ code: 'E_LOCATION' });
    await expect(log.readAt({ segment: 2, offset: 65 }).next()).rejects.toMatchObject({ code: 'E_LOCATION' });
    expect(damage).toEqual([]);
    await log.close();
  });

  it('tells damage at the place it begins from a place where no record begins', async () => {
    const { log, fs, damage } = await opened();
    await appendAll(log, numbered(5));
    const third = { segment: 1, offset: SEGMENT_HEADER_BYTES + 2 * recordBytes('r0') };
    fs.corrupt('/data/topic/000000000001.log', third.offset + 9, Buffer.from('#'));
    expect(texts(await drain(log.readAt(third)))).toEqual(['r3', 'r4']);
    expect(damage).toMatchObject([{ firstSequence: 2, endSequence: 3 }]);
    await log.close();
  });

  it('bounds what it hands out, and gives a larger record alone', async () => {
    const { log } = await opened();
    await appendAll(log, ['12345', '12345', '1', 'x'.repeat(50), '12']);
    const reader = log.read(0);
    const lengths: number[][] = [];
    for (let records = await reader.next(10); records !== null; records = await reader.next(10))
      lengths.push(records.map((record) => record.payload.length));
    expect(lengths).toEqual([[5, 5], [1], [50], [2]]);
    await log.close();
  });

  it('reads records that are larger than its chunks', async () => {
    const { log } = await opened(undefined, { segmentBytes: 1e9 });
    const sizes = [1, 600_000, 2_000_000, 0, 524_268, 524_269, 5, 1_048_576];
    for (const [i, size] of sizes.entries()) await log.appended(1, [Buffer.alloc(size, i)], 'written');
    const records = await drain(log.read(0));
    expect(records.map((record) => record.payload.length)).toEqual(sizes);
    for (const [i, record] of records.entries()) expect(record.payload.equals(Buffer.alloc(sizes[i] ?? 0, i))).toBe(true);
    await log.close();
  });

  it('takes one call at a time, and none when it or the log is closed', async () => {
    const { log } = await opened();
    await appendAll(log, ['a']);
    const reader = log.read(0);
    const first = reader.next();
    await expect(reader.next()).rejects.toMatchObject({ code: 'E_BUSY' });
    await first;
    reader.close();
    await expect(reader.next()).rejects.toMatchObject({ code: 'E_CLOSED' });
    const late = log.read(0);
    await log.close();
    await expect(late.next()).rejects.toMatchObject({ code: 'E_CLOSED' });
  });

  it('can try again when a read failed', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['a']);
    fs.fail({ operation: 'read' });
    const reader = log.read(0);
    await expect(reader.next()).rejects.toMatchObject({ code: 'E_READ', cause: { code: 'EIO' } });
    expect(texts((await reader.next()) ?? [])).toEqual(['a']);
    await log.close();
  });

  it('says so when what comes next was dropped', async () => {
    const { log } = await opened(undefined, { segmentBytes: ONE_EACH });
    const [early, fromEmpty] = [log.read(0), log.readAt(log.end)];
    await appendAll(log, ['', '', '']);
    const [middle, caughtUp] = [log.read(1), log.read(0)];
    expect(await caughtUp.next()).toHaveLength(1);
    await middle.next();
    await log.dropBefore(2);
    expect(await caughtUp.next()).toMatchObject([{ sequence: 1 }]);
    await log.dropBefore(3);
    expect(await middle.next()).toMatchObject([{ sequence: 2 }]);
    for (const reader of [early, fromEmpty, log.read(0), log.readAt({ segment: 1, offset: 64 })]) {
      await expect(reader.next()).rejects.toMatchObject({ code: 'E_DROPPED' });
      await expect(reader.next()).rejects.toMatchObject({ code: 'E_DROPPED' });
    }
    await log.close();
  });

  it('passes a reset when it had read all', async () => {
    const { log } = await opened();
    await appendAll(log, ['a', 'b']);
    const [done, behind] = [log.read(0), log.read(0)];
    await drain(done);
    await log.reset(100);
    await appendAll(log, ['c']);
    expect((await drain(done)).map((record) => record.sequence)).toEqual([100]);
    await expect(behind.next()).rejects.toMatchObject({ code: 'E_DROPPED' });
    await log.close();
  });

  it('reads every record once over 1,000 segments that begin behind it and go', async () => {
    const { log } = await opened(undefined, { segmentBytes: SEGMENT_HEADER_BYTES + 3 * (RECORD_HEADER_BYTES + 4) });
    const reader = log.read(0);
    const seen: LogRecord[] = [];
    let appended = 0;
    let underWay = 0;
    const payloadOf = (i: number): Buffer => {
      const payload = Buffer.alloc(4);
      payload.writeUInt32BE(i);
      return payload;
    };
    while (appended < 3000 || underWay > 0 || seen.length < 3000) {
      for (let i = 0; i < 1 + (appended % 4) && appended < 3000; i++) {
        underWay++;
        log.append(1, [payloadOf(appended++)], 'written', () => underWay--);
      }
      const records = await reader.next();
      if (records === null) await new Promise((resolve) => setImmediate(resolve));
      else seen.push(...records);
      const last = seen.at(-1);
      if (last !== undefined && seen.length % 7 === 0) await log.dropBefore(last.segment);
    }
    expect(log.end.segment).toBeGreaterThanOrEqual(1000);
    expect(seen.map((record) => record.payload.readUInt32BE(0))).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    await log.close();
  });
});
