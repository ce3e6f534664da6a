import path from 'node:path';
import { CachedFile, type FileCache } from './file-cache.js';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './record-format.js';
import { Segment, type Hole } from './segment.js';
import { findRecord } from './segment-reader.js';
import type { Damage, DamageKind } from './damage.js';
import type { LogFile, LogFileSystem } from './file-system.js';

const NUMBER_DIGITS = 12;
const FILE_NAME = /^(\d{12,})\.log(\.bad|\.bad\.kept)?$/;
const BAD = '.bad';
const REWRITE_BYTES = 1024 * 1024;
const KEPT = '.bad.kept';

export type FileKind = 'live' | 'bad' | 'kept';

/** What a file name says; null for files that are not the log's. */
export function parseFileName(name: string): { readonly number: number; readonly kind: FileKind } | null {
  const match = FILE_NAME.exec(name);
  if (match === null) return null;
  return { number: Number(match[1]), kind: match[2] === BAD ? 'bad' : match[2] === KEPT ? 'kept' : 'live' };
}

/** The segments of a log, oldest first, and their files. */
export class SegmentList {
  readonly folder: string;
  readonly fileSystem: LogFileSystem;
  readonly files: FileCache;
  readonly #onDamage: ((damage: Damage) => void) | undefined;
  readonly segments: Segment[] = [];
  nextNumber = 1;
  /** Segments that may hold something that is not on the disk, oldest first. */
  #unsynced: Segment[] = [];
  #folderMade = false;
  #folderSynced = false;
  #parentSynced = false;
  #dropped: Segment[] = [];
  /** The folder was not synced since a file was removed, perhaps by an earlier process. */
  #removed = true;
  #removing: Promise<void> = Promise.resolve();

  constructor(folder: string, fileSystem: LogFileSystem, files: FileCache, onDamage: ((damage: Damage) => void) | undefined) {
    this.folder = folder;
    this.fileSystem = fileSystem;
    this.files = files;
    this.#onDamage = onDamage;
  }

  get first(): Segment | undefined {
    return this.segments[0];
  }

  /** The one that is appended to, unless it is sealed. */
  get last(): Segment | undefined {
    return this.segments[this.segments.length - 1];
  }

  pathOf(number: number): string {
    return path.join(this.folder, `${String(number).padStart(NUMBER_DIGITS, '0')}.log`);
  }

  /** The name of a damaged segment that is still read. */
  badPath(number: number): string {
    return this.pathOf(number) + BAD;
  }

  /** The name of a damaged segment that was dropped: nothing reads it any more, and nothing deletes it. */
  keptPath(number: number): string {
    return this.pathOf(number) + KEPT;
  }

  file(filePath: string): CachedFile {
    return new CachedFile(this.fileSystem, this.files, filePath);
  }

  /** The segment with this number or, when there is none, the first with a higher one. */
  at(number: number): Segment | undefined {
    return this.segments[this.#lowerBound((segment) => segment.number < number)];
  }

  /** The segment to begin in when looking for a sequence number and for records outside of the sequence directly in front of it. */
  holding(sequence: number): Segment | undefined {
    return this.segments[Math.max(0, this.#lowerBound((segment) => segment.firstSequence < sequence) - 1)];
  }

  /** Puts a segment behind the others. */
  add(segment: Segment): void {
    const { last } = this;
    if (last !== undefined) last.next = segment;
    this.segments.push(segment);
    this.nextNumber = Math.max(this.nextNumber, segment.number + 1);
    this.#unsynced.push(segment);
  }

  /**
   * Makes the file of a new segment with nothing but its header, and puts it behind the others. The segment before is sealed for good, also
   * when this fails: the new header may have got to the disk and says where that one ends.
   */
  async create(firstSequence: number, options: { readonly synced: boolean; readonly dropOthers: boolean }): Promise<Segment> {
    const previous = this.last;
    if (previous !== undefined) previous.sealed = true;
    if (!this.#folderMade) {
      await this.fileSystem.makeFolder(this.folder);
      this.#folderMade = true;
    }
    const number = this.nextNumber;
    const header = encodeSegmentHeader(
      {
        number,
        firstSequence,
        previousBytes: previous?.written ?? 0,
        previousEndSequence: previous?.writtenSequence ?? firstSequence,
        oldest: options.dropOthers ? number : (this.first?.number ?? number),
      },
      Math.random() * 0x1_0000_0000,
    );
    const file = this.file(this.pathOf(number));
    const segment = new Segment(number, firstSequence, header.seed, file);
    this.#folderSynced = false;
    try {
      await file.use((open) => open.write([header.bytes], 0), 'create');
      if (options.synced) {
        await file.use((open) => open.datasync());
        segment.synced = SEGMENT_HEADER_BYTES;
        await this.syncFolders();
      }
    } catch (error) {
      await file.close();
      await this.fileSystem.remove(file.path).catch(() => undefined);
      throw error;
    }
    this.add(segment);
    return segment;
  }

  /** True when nothing is written that is not on the disk. */
  get isSynced(): boolean {
    if (this.segments.length === 0) return true;
    return (
      this.#folderSynced && this.#unsynced.every((segment) => segment.dropped || (!segment.suspect && segment.synced >= segment.written))
    );
  }

  /** Resolves when all that is written by now is on the disk. */
  async sync(): Promise<void> {
    if (this.segments.length === 0) return;
    for (const segment of [...this.#unsynced]) {
      if (segment.dropped) continue;
      const target = segment.written;
      if (segment.suspect || segment.synced < target) {
        try {
          await segment.file.use(async (file) => {
            if (segment.suspect) await rewrite(file, segment.synced, target);
            await file.datasync();
          });
        } catch (error) {
          if (!this.segments.includes(segment)) continue; // dropped meanwhile
          segment.suspect = true;
          throw error;
        }
        segment.synced = Math.max(segment.synced, target);
        segment.suspect = false;
      }
    }
    this.#unsynced = this.#unsynced.filter((segment) => segment === this.last || (segment.synced < segment.written && !segment.dropped));
    await this.syncFolders();
  }

  /** Resolves when the names of the files made, and removed, are on the disk. */
  async syncFolders(): Promise<void> {
    if (!this.#parentSynced) {
      await this.files.during(() => this.fileSystem.syncFolder(path.dirname(this.folder)));
      this.#parentSynced = true;
    }
    if (this.#folderSynced) return;
    this.#folderSynced = true;
    try {
      await this.files.during(() => this.fileSystem.syncFolder(this.folder));
    } catch (error) {
      this.#folderSynced = false;
      throw error;
    }
  }

  /** Takes segments with a lower number out of the log, all but the last, and removes their files. */
  dropBefore(number: number): Promise<void> {
    const keep = Math.min(
      this.#lowerBound((segment) => segment.number < number),
      Math.max(0, this.segments.length - 1),
    );
    for (const segment of this.segments.splice(0, keep)) {
      segment.dropped = true;
      this.#dropped.push(segment);
    }
    return this.#removeDropped(false);
  }

  /**
   * Takes all segments but the one given out of the log.
   * @param keep its header says on the disk that those before are dropped, so files that come back after a power loss do no harm
   */
  dropAllBut(keep: Segment | null): Promise<void> {
    for (const segment of this.segments.splice(0)) {
      if (segment === keep) continue;
      segment.dropped = true;
      this.#dropped.push(segment);
    }
    if (keep !== null) this.segments.push(keep);
    return this.#removeDropped(keep !== null);
  }

  #removeDropped(anyOrder: boolean): Promise<void> {
    const removing = this.#removing.then(async () => {
      for (let segment = this.#dropped[0]; segment !== undefined; segment = this.#dropped[0]) {
        // A removal that a power loss undoes must not leave a gap behind it: they reach the disk in order.
        if (this.#removed && !anyOrder) {
          await this.files.during(() => this.fileSystem.syncFolder(this.folder));
          this.#removed = false;
        }
        await segment.file.close();
        await this.#removeFile(segment);
        this.#removed = true;
        this.#dropped.shift();
      }
    });
    this.#removing = removing.catch(() => undefined);
    return removing;
  }

  async #removeFile(segment: Segment): Promise<void> {
    const { path: file } = segment.file;
    try {
      if (segment.bad) await this.fileSystem.rename(file, this.keptPath(segment.number));
      else await this.fileSystem.remove(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Where reading goes on behind damage that begins at `offset`, in front of `end`. What is met for the first time is reported. */
  passDamage(segment: Segment, offset: number, sequence: number, end: number, endSequence: number): Promise<Hole> {
    const known = segment.holes.get(offset);
    if (known !== undefined) return known;
    const hole = this.#searchBehind(segment, offset, sequence, end, endSequence);
    segment.holes.set(offset, hole);
    hole.catch(() => segment.holes.delete(offset));
    return hole;
  }

  async #searchBehind(segment: Segment, offset: number, sequence: number, end: number, endSequence: number): Promise<Hole> {
    const found = await findRecord(segment, offset, end, sequence, endSequence);
    const hole: Hole = found.offset === null ? { to: end, sequence: endSequence } : { to: found.offset, sequence: found.sequence };
    await this.reportDamage('records', segment, offset, hole.to - offset, sequence, hole.sequence);
    return hole;
  }

  /** Sets the segment aside, if it is not, and tells the owner of the log; of segments set aside by an earlier process nothing is told. */
  async reportDamage(
    what: DamageKind,
    segment: Segment,
    offset: number,
    bytes: number,
    firstSequence: number,
    endSequence: number,
  ): Promise<void> {
    if (segment.knownBad) return;
    segment.sealed = true;
    await this.setAside(segment);
    this.tell({
      what,
      file: this.pathOf(segment.number),
      segment: segment.number,
      offset,
      bytes,
      firstSequence,
      endSequence,
      setAside: segment.bad ? segment.file.path : null,
    });
  }

  async setAside(segment: Segment): Promise<void> {
    if (segment.bad || segment.dropped) return;
    try {
      await segment.file.move(this.badPath(segment.number));
      segment.bad = true;
    } catch {
      // It stays where it is and is read around all the same.
    }
  }

  tell(damage: Damage): void {
    this.#onDamage?.(damage);
  }

  async close(): Promise<void> {
    await this.#removing;
    const { last } = this;
    // No header behind it says where it ends.
    if (last?.uncut === true) await last.file.use((file) => file.truncate(last.written)).catch(() => undefined);
    for (const segment of [...this.#dropped, ...this.segments]) await segment.file.close();
  }

  /** How many segments, from the first on, `isBelow` is true for. */
  #lowerBound(isBelow: (segment: Segment) => boolean): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const segment = this.segments[middle];
      if (segment !== undefined && isBelow(segment)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Makes the kernel write once more what it may have given up on: after a failed datasync it takes the pages for written. */
async function rewrite(file: LogFile, from: number, to: number): Promise<void> {
  const copy = Buffer.allocUnsafeSlow(Math.max(0, Math.min(REWRITE_BYTES, to - from)));
  for (let at = from; at < to;) {
    const got = await file.read(copy.subarray(0, Math.min(copy.length, to - at)), at);
    if (got === 0) return;
    await file.write([copy.subarray(0, got)], at);
    at += got;
  }
}
