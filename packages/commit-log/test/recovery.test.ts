import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from '../src/index.js';
import { SimulatedFileSystem } from '../src/testing/index.js';
import { appendAll, drain, FOLDER, numbered, opened, readAll, recordBytes, segmentPath } from './helpers.js';

const ONE_EACH = SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES;
const bad = (number: number): string => `${segmentPath(number)}.bad`;

/** A file system with the log of these payloads, closed. */
async function stored(payloads: readonly string[], segmentBytes = 10_000): Promise<SimulatedFileSystem> {
  const { log, fs } = await opened(undefined, { segmentBytes });
  for (const payload of payloads) await appendAll(log, [payload]);
  await log.close();
  return fs;
}

/** Puts a file into a new file system in place of the one it has there. */
function withFile(fs: SimulatedFileSystem, path: string, content: Buffer | null): SimulatedFileSystem {
  const copy = new SimulatedFileSystem({ folders: [FOLDER] });
  for (const file of fs.files) if (file !== path) copy.corrupt(file, 0, fs.contentOf(file));
  if (content !== null) copy.corrupt(path, 0, content);
  return copy;
}

describe('an unclean end', () => {
  it('is cut off wherever it is torn, and the log goes on', async () => {
    const fs = await stored(['one', 'two', 'three']);
    const whole = fs.contentOf(segmentPath(1));
    const ends = [SEGMENT_HEADER_BYTES];
    for (const payload of ['one', 'two', 'three']) ends.push((ends.at(-1) ?? 0) + recordBytes(payload));
    for (let length = SEGMENT_HEADER_BYTES; length <= whole.length; length++) {
      const { log, recovery, fs: torn } = await opened(withFile(fs, segmentPath(1), whole.subarray(0, length)));
      const records = ends.filter((end) => end <= length).length - 1;
      expect(recovery).toEqual({ cutBytes: length - (ends[records] ?? 0), damaged: [] });
      expect(log.nextSequence).toBe(records);
      await appendAll(log, ['more']);
      expect(await readAll(log)).toEqual([...['one', 'two', 'three'].slice(0, records), 'more']);
      expect(torn.contentOf(segmentPath(1))).toEqual(whole.subarray(0, ends[records]));
      await log.close();
    }
  });

  it('is cut off when it is garbage or zeros', async () => {
    const fs = await stored(['one', 'two']);
    const whole = fs.contentOf(segmentPath(1));
    for (const tail of [Buffer.alloc(5000), Buffer.alloc(700, 0xff), Buffer.from('some text that is not a record at all')]) {
      const { log, recovery, fs: torn } = await opened(withFile(fs, segmentPath(1), Buffer.concat([whole, tail])));
      expect(recovery).toEqual({ cutBytes: tail.length, damaged: [] });
      expect(torn.contentOf(segmentPath(1))).toEqual(whole);
      expect(await readAll(log)).toEqual(['one', 'two']);
      await log.close();
    }
  });

  it('does not take the records of another segment inside of a torn payload for its own', async () => {
    const fs = await stored(['one']);
    const other = (await stored(['one', 'two', 'three'])).contentOf(segmentPath(1)).subarray(SEGMENT_HEADER_BYTES);
    const whole = fs.contentOf(segmentPath(1));
    const { log, recovery } = await opened(withFile(fs, segmentPath(1), Buffer.concat([whole, Buffer.alloc(9), other])));
    expect(recovery).toEqual({ cutBytes: 9 + other.length, damaged: [] });
    await log.close();
  });

  it.each([[0], [1], [SEGMENT_HEADER_BYTES - 1]])('removes a last segment of %d bytes and gives its number again', async (length) => {
    const fs = await stored(['one', 'two'], ONE_EACH);
    const begun = fs.contentOf(segmentPath(2)).subarray(0, length);
    const torn = withFile(fs, segmentPath(2), null);
    torn.corrupt(segmentPath(2), 0, begun);
    const { log, recovery } = await opened(torn, { segmentBytes: ONE_EACH });
    expect(recovery).toEqual({ cutBytes: length, damaged: [] });
    expect(torn.files).toEqual([segmentPath(1)]);
    await appendAll(log, ['again']);
    expect(torn.files).toEqual([segmentPath(1), segmentPath(2)]);
    expect(await readAll(log)).toEqual(['one', 'again']);
    await log.close();
  });

  it('keeps a last segment without records, and its numbering', async () => {
    const { log, fs } = await opened();
    await appendAll(log, ['one']);
    await log.reset(500);
    await log.close();
    const again = await opened(fs);
    expect(again.log.nextSequence).toBe(500);
    expect(again.recovery.cutBytes).toBe(0);
    await again.log.close();
  });

  it('goes on in a new segment when the tail cannot be cut off', async () => {
    const fs = await stored(['one', 'two']);
    const torn = withFile(fs, segmentPath(1), fs.contentOf(segmentPath(1)).subarray(0, -1));
    torn.fail({ operation: 'truncate' });
    const { log, recovery } = await opened(torn);
    expect(recovery.cutBytes).toBeGreaterThan(0);
    await appendAll(log, ['three']);
    await log.close();
    const again = await opened(torn);
    expect(again.recovery).toEqual({ cutBytes: 0, damaged: [] });
    expect(await readAll(again.log)).toEqual(['one', 'three']);
    await again.log.close();
  });

  it('finishes a reset that was interrupted', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: ONE_EACH });
    await appendAll(log, numbered(5));
    fs.fail({ operation: 'remove', after: 2, times: Infinity });
    await expect(log.reset(100)).rejects.toMatchObject({ code: 'E_WRITE' });
    const again = await opened(fs.crash('process'));
    expect([again.log.empty, again.log.nextSequence, again.fs.files]).toEqual([true, 100, [segmentPath(6)]]);
    await again.log.close();
  });
});

describe('damage in the last segment', () => {
  it('is reported, set aside and read around', async () => {
    const payloads = numbered(9);
    const fs = await stored(payloads);
    const offset = SEGMENT_HEADER_BYTES + 4 * recordBytes('r0');
    fs.corrupt(segmentPath(1), offset + RECORD_HEADER_BYTES, Buffer.from('#'));
    const { log, recovery, damage } = await opened(fs);
    const expected = {
      what: 'records',
      file: segmentPath(1),
      segment: 1,
      offset,
      bytes: recordBytes('r4'),
      firstSequence: 4,
      endSequence: 5,
      setAside: bad(1),
    };
    expect(recovery).toEqual({ cutBytes: 0, damaged: [expected] });
    expect(await readAll(log)).toEqual(payloads.filter((payload) => payload !== 'r4'));
    await appendAll(log, ['more']);
    expect(log.segments).toMatchObject([
      { number: 1, endSequence: 9 },
      { number: 2, firstSequence: 9 },
    ]);
    expect(damage).toEqual([expected]);
    await log.close();

    const again = await opened(fs);
    expect(again.recovery).toEqual({ cutBytes: 0, damaged: [] });
    expect(await readAll(again.log)).toEqual([...payloads.filter((payload) => payload !== 'r4'), 'more']);
    expect(again.damage).toEqual([]);
    await again.log.dropBefore(2);
    expect(fs.files).toEqual([`${bad(1)}.kept`, segmentPath(2)]);
    await again.log.close();
    expect(await readAll((await opened(fs)).log)).toEqual(['more']);
  });

  it.each([
    ['its length is too large', Buffer.from([0x7f, 0, 0, 0])],
    ['its length is too small', Buffer.from([0, 0, 0, 0])],
    ['its checksum is wrong', Buffer.from([0, 0, 0, 2, 1, 2, 3, 4])],
    ['its sequence is wrong', Buffer.from([0, 0, 0, 2, 1, 2, 3, 4, 9, 9, 9, 9, 9, 9, 9, 9])],
  ])('costs one record when %s', async (_what, bytes) => {
    const fs = await stored(numbered(9));
    fs.corrupt(segmentPath(1), SEGMENT_HEADER_BYTES, bytes);
    const { log, recovery } = await opened(fs);
    expect(recovery.damaged).toMatchObject([{ what: 'records', firstSequence: 0, endSequence: 1 }]);
    expect(await readAll(log)).toEqual(numbered(9).slice(1));
    await log.close();
  });

  it('does not hide a torn end behind it', async () => {
    const fs = await stored(numbered(9));
    fs.corrupt(segmentPath(1), SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES, Buffer.from('#'));
    const torn = withFile(fs, segmentPath(1), fs.contentOf(segmentPath(1)).subarray(0, -1));
    const { log, recovery } = await opened(torn);
    expect(recovery.damaged).toHaveLength(1);
    expect([await readAll(log), log.nextSequence]).toEqual([numbered(9).slice(1, 8), 8]);
    await log.close();
  });

  it('is told of when it would take too long to look for what is behind it, and nothing is cut off', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: 1e8 });
    await appendAll(log, ['a']);
    await log.close();
    // Many an offset looks like the head of a large record.
    const looksLike = Buffer.alloc(600_000);
    for (let at = 0; at + RECORD_HEADER_BYTES <= looksLike.length; at += 40) {
      looksLike.writeUInt32BE(280_000, at);
      looksLike.writeUInt32BE(5, at + 12);
    }
    const whole = Buffer.concat([fs.contentOf(segmentPath(1)), Buffer.from([0xff]), looksLike]);
    const { log: again, recovery, fs: found } = await opened(withFile(fs, segmentPath(1), whole), { segmentBytes: 1e8 });
    expect(recovery).toMatchObject({ cutBytes: 0, damaged: [{ what: 'records', bytes: looksLike.length + 1, setAside: bad(1) }] });
    expect(found.contentOf(bad(1)).equals(whole)).toBe(true);
    expect(await readAll(again)).toEqual(['a']);
    await again.close();
  });

  it('costs one record when that is large', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: 1e8 });
    await appendAll(log, ['a', 'b'.repeat(3_000_000), 'c'.repeat(2_000_000), 'd']);
    await log.close();
    fs.corrupt(segmentPath(1), 1_000_000, Buffer.from('#'));
    const { log: again } = await opened(fs);
    expect((await drain(again.read(0))).map((record) => record.sequence)).toEqual([0, 2, 3]);
    await again.close();
  });

  it('is read around when the file cannot be renamed', async () => {
    const fs = await stored(numbered(3));
    fs.corrupt(segmentPath(1), SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES, Buffer.from('#'));
    fs.fail({ operation: 'rename' });
    const { log, recovery } = await opened(fs);
    expect(recovery.damaged).toMatchObject([{ setAside: null }]);
    expect(await readAll(log)).toEqual(['r1', 'r2']);
    await log.close();
  });

  it('is told of when its header is gone', async () => {
    const fs = await stored(numbered(6), 5 * recordBytes('r0'));
    fs.corrupt(segmentPath(3), 3, Buffer.from('#'));
    const { log, recovery } = await opened(fs);
    expect(recovery.damaged).toMatchObject([
      { what: 'header', segment: 3, firstSequence: 4, endSequence: Number.MAX_SAFE_INTEGER, setAside: bad(3) },
    ]);
    await appendAll(log, ['more']);
    expect(log.segments.map((segment) => segment.number)).toEqual([1, 2, 4]);
    expect(await readAll(log)).toEqual([...numbered(4), 'more']);
    await log.close();
    expect((await opened(fs)).recovery.damaged).toEqual([]);
  });
});

describe('damage in the middle', () => {
  const segmentBytes = SEGMENT_HEADER_BYTES + 3 * recordBytes('r0');

  it('is found while reading, once, and costs what is damaged only', async () => {
    const fs = await stored(numbered(9), segmentBytes);
    fs.corrupt(segmentPath(2), SEGMENT_HEADER_BYTES + recordBytes('r0') + 8, Buffer.from('#'));
    const { log, recovery, damage } = await opened(fs);
    expect(recovery.damaged).toEqual([]);
    const [first, second] = await Promise.all([drain(log.read(0)), drain(log.read(0))]);
    expect(first).toEqual(second);
    expect(first.map((record) => record.sequence)).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
    expect(damage).toMatchObject([{ what: 'records', segment: 2, firstSequence: 4, endSequence: 5, setAside: bad(2) }]);
    expect(fs.files).toEqual([segmentPath(1), bad(2), segmentPath(3)]);
    await log.close();
  });

  it('is passed over to the next segment when nothing valid is behind it', async () => {
    const fs = await stored(numbered(9), segmentBytes);
    fs.corrupt(segmentPath(2), SEGMENT_HEADER_BYTES + recordBytes('r0'), Buffer.alloc(2 * recordBytes('r0')));
    const { log, damage } = await opened(fs);
    expect((await drain(log.read(0))).map((record) => record.sequence)).toEqual([0, 1, 2, 3, 6, 7, 8]);
    expect(damage).toMatchObject([{ firstSequence: 4, endSequence: 6, bytes: 2 * recordBytes('r0') }]);
    await log.close();
  });

  it('is told of when a segment is too short', async () => {
    const fs = await stored(numbered(9), segmentBytes);
    const short = withFile(fs, segmentPath(2), fs.contentOf(segmentPath(2)).subarray(0, -1));
    const { log, recovery } = await opened(short);
    expect(recovery).toMatchObject({
      cutBytes: 0,
      damaged: [{ what: 'short', segment: 2, firstSequence: 5, endSequence: 6, setAside: bad(2) }],
    });
    expect((await drain(log.read(0))).map((record) => record.sequence)).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
    await log.close();
    expect((await opened(short)).recovery.damaged).toEqual([]);
  });

  it('is told of when segments are missing', async () => {
    const fs = await stored(numbered(12), segmentBytes);
    const { log, recovery } = await opened(withFile(withFile(fs, segmentPath(2), null), segmentPath(3), null));
    expect(recovery.damaged).toMatchObject([
      { what: 'missing', segment: 2, file: segmentPath(2), firstSequence: 3, endSequence: 9, setAside: null },
    ]);
    expect((await drain(log.read(5))).map((record) => record.sequence)).toEqual([9, 10, 11]);
    await log.close();
  });

  it('is told of when a header is gone', async () => {
    const fs = await stored(numbered(9), segmentBytes);
    fs.corrupt(segmentPath(2), 20, Buffer.from('#'));
    const { log, recovery } = await opened(fs);
    expect(recovery.damaged).toMatchObject([{ what: 'header', segment: 2, firstSequence: 3, endSequence: 6, setAside: bad(2) }]);
    expect((await drain(log.read(0))).map((record) => record.sequence)).toEqual([0, 1, 2, 6, 7, 8]);
    await log.close();
    expect((await opened(fs)).recovery.damaged).toEqual([]);
  });

  it('in the segment that is written begins a new one', async () => {
    const { log, fs, damage } = await opened();
    await appendAll(log, numbered(4));
    fs.corrupt(segmentPath(1), SEGMENT_HEADER_BYTES + recordBytes('r0') + RECORD_HEADER_BYTES, Buffer.from('#'));
    const reader = log.read(0);
    expect((await drain(reader)).map((record) => record.sequence)).toEqual([0, 2, 3]);
    await appendAll(log, ['more']);
    expect((await drain(reader)).map((record) => record.sequence)).toEqual([4]);
    expect(damage).toHaveLength(1);
    expect(fs.files).toEqual([bad(1), segmentPath(2)]);
    await log.close();
  });
});
