import path from 'node:path';
import { LogError, messageOf } from './log-error.js';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type DecodedSegmentHeader } from './record-format.js';
import { Segment } from './segment.js';
import { findRecord, SegmentReader } from './segment-reader.js';
import { parseFileName, type SegmentList } from './segment-list.js';
import type { CachedFile } from './file-cache.js';

interface FoundFile {
  readonly number: number;
  readonly bad: boolean;
  readonly file: CachedFile;
  size: number;
  header: DecodedSegmentHeader | null;
}

/** A found file whose header is whole. */
type FoundSegment = FoundFile & { readonly header: DecodedSegmentHeader };
const hasHeader = (found: FoundFile): found is FoundSegment => found.header !== null;

/**
 * Reads what a folder holds into `list`, which is empty, and repairs what a crash left: a torn tail is cut off, a segment that got no further than its
 * header is removed, files that a reset meant to delete are deleted. Damage goes to the list's `tell`.
 * @returns the bytes cut off
 */
export async function recover(list: SegmentList): Promise<number> {
  const found: FoundFile[] = [];
  for (const name of await list.fileSystem.list(list.folder)) {
    const parsed = parseFileName(name);
    if (parsed === null) continue;
    if (parsed.kind === 'kept') {
      list.nextNumber = Math.max(list.nextNumber, parsed.number + 1);
      continue;
    }
    found.push({
      number: parsed.number,
      bad: parsed.kind === 'bad',
      file: list.file(path.join(list.folder, name)),
      size: 0,
      header: null,
    });
  }
  try {
    return await recoverFound(list, found);
  } catch (error) {
    for (const each of found) await each.file.close();
    throw error;
  }
}

async function recoverFound(list: SegmentList, found: FoundFile[]): Promise<number> {
  found.sort((a, b) => a.number - b.number || Number(a.bad) - Number(b.bad));
  for (const each of found) await readHeader(each);
  const alive = await removeDead(list, found);
  let cut = await removeUnfinished(list, alive);
  // The number of a segment that was not finished is given again: a missing one is damage.
  list.nextNumber = Math.max(list.nextNumber, (alive.at(-1)?.number ?? 0) + 1);
  for (const [i, each] of alive.entries()) {
    const following = alive.slice(i + 1).find(hasHeader);
    if (!hasHeader(each)) {
      if (!each.bad) await reportHeader(list, each, following);
      await each.file.close();
      continue;
    }
    cut += await addSegment(list, each, following?.header ?? null);
    const next = alive[i + 1];
    if (following !== undefined && following === next && next.number > each.number + 1) reportMissing(list, each, following);
  }
  return cut;
}

async function readHeader(found: FoundFile): Promise<void> {
  try {
    await found.file.use(async (file) => {
      found.size = await file.size();
      const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
      const got = await file.read(bytes, 0);
      const header = decodeSegmentHeader(bytes.subarray(0, got), found.file.path);
      found.header = header?.number === found.number ? header : null;
    });
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw new LogError('E_READ', `${found.file.path} - ${messageOf(error)}`, { cause: error });
  }
}

/** Of files with one number the first is taken. */
async function removeDead(list: SegmentList, found: readonly FoundFile[]): Promise<FoundFile[]> {
  const oldest = found.reduce((highest, each) => Math.max(highest, each.header?.oldest ?? 0), 0);
  const reset = found.find((each) => each.header?.oldest === oldest);
  if (reset !== undefined && found.some((each) => each.number < oldest)) {
    // What says that they are dead has to be on the disk before they go: one of them may say the same of others.
    await reset.file.use((file) => file.datasync());
    await list.files.during(() => list.fileSystem.syncFolder(list.folder));
  }
  const alive: FoundFile[] = [];
  for (const each of found) {
    if (each.number === alive.at(-1)?.number) await each.file.close();
    else if (each.number >= oldest) alive.push(each);
    else {
      await each.file.close();
      if (each.bad) await list.fileSystem.rename(each.file.path, list.keptPath(each.number));
      else await list.fileSystem.remove(each.file.path);
    }
  }
  return alive;
}

/** Removes what was being made when the process ended. */
async function removeUnfinished(list: SegmentList, alive: FoundFile[]): Promise<number> {
  let bytes = 0;
  for (let last = alive.at(-1); last?.header === null && !last.bad && last.size <= SEGMENT_HEADER_BYTES; last = alive.at(-1)) {
    await last.file.close();
    await list.fileSystem.remove(last.file.path);
    bytes += last.size;
    alive.pop();
  }
  return bytes;
}

async function reportHeader(list: SegmentList, found: FoundFile, following: FoundSegment | undefined): Promise<void> {
  const setAside = list.badPath(found.number);
  const moved = await found.file.move(setAside).then(
    () => true,
    () => false,
  );
  const firstSequence = list.last?.endSequence ?? 0;
  list.tell({
    what: 'header',
    file: list.pathOf(found.number),
    segment: found.number,
    offset: 0,
    bytes: found.size,
    firstSequence,
    endSequence: Math.max(firstSequence, following?.header.previousEndSequence ?? Number.MAX_SAFE_INTEGER),
    setAside: moved ? setAside : null,
  });
}

/** There are no files between the two, the first of which is the last in the list. */
function reportMissing(list: SegmentList, before: FoundSegment, after: FoundSegment): void {
  const firstSequence = list.last?.endSequence ?? before.header.firstSequence;
  list.tell({
    what: 'missing',
    file: list.pathOf(before.number + 1),
    segment: before.number + 1,
    offset: 0,
    bytes: 0,
    firstSequence,
    endSequence: Math.max(firstSequence, after.header.previousEndSequence),
    setAside: null,
  });
}

/** @returns the bytes cut off */
async function addSegment(list: SegmentList, found: FoundSegment, following: DecodedSegmentHeader | null): Promise<number> {
  const { number, firstSequence, seed } = found.header;
  const segment = new Segment(number, firstSequence, seed, found.file);
  segment.bad = segment.knownBad = found.bad;
  // The log goes on in a new segment: a datasync that failed for an earlier process may have left other bytes on the disk than are read here.
  segment.sealed = true;
  list.add(segment);
  const follows = following?.number === number + 1;
  if (follows && found.size >= following.previousBytes) {
    segment.written = segment.bytes = following.previousBytes;
    segment.writtenSequence = segment.endSequence = following.previousEndSequence;
    return 0;
  }
  const tail = await scan(list, segment, found.size, following?.firstSequence ?? Number.MAX_SAFE_INTEGER);
  if (follows) {
    const missing = following.previousBytes - segment.bytes;
    await list.reportDamage('short', segment, segment.bytes, missing, segment.endSequence, following.previousEndSequence);
    return 0;
  }
  if (found.bad || segment.bad || following !== null || tail.bytes === 0) return 0;
  if (!tail.sure) {
    await list.reportDamage('records', segment, segment.bytes, tail.bytes, segment.endSequence, segment.endSequence);
    return 0;
  }
  // A tail that cannot be cut off stays behind the end that the next segment states.
  await segment.file.use((file) => file.truncate(segment.bytes)).catch(() => undefined);
  return tail.bytes;
}

/** Finds the end of a segment that nothing tells, and what is behind it. */
async function scan(list: SegmentList, segment: Segment, size: number, limit: number): Promise<{ bytes: number; sure: boolean }> {
  const reader = new SegmentReader(segment, SEGMENT_HEADER_BYTES, segment.firstSequence);
  let tail = { bytes: 0, sure: true };
  while (reader.offset < size) {
    const records = await reader.next(size, limit, Infinity);
    for (const record of records ?? []) segment.mark(record.sequence, record.offset);
    if (records !== null) continue;
    const found = await findRecord(segment, reader.offset, size, reader.sequence, limit);
    if (found.offset === null) {
      tail = { bytes: size - reader.offset, sure: found.sure };
      break;
    }
    const { offset, sequence } = reader;
    segment.holes.set(offset, Promise.resolve({ to: found.offset, sequence: found.sequence }));
    await list.reportDamage('records', segment, offset, found.offset - offset, sequence, found.sequence);
    reader.skipTo(found.offset, found.sequence);
  }
  segment.written = segment.bytes = reader.offset;
  segment.writtenSequence = segment.endSequence = reader.sequence;
  return tail;
}
