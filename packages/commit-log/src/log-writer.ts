import { Entry, EntryKind, type Done } from './append-queue.js';
import { LogError, messageOf } from './log-error.js';
import { SEGMENT_HEADER_BYTES } from './record-format.js';
import { RecordBatch } from './record-batch.js';
import type { LogLocation, Segment } from './segment.js';
import type { SegmentList } from './segment-list.js';

/** What goes into one write, unless the first record is larger. */
const MAX_WRITE_BYTES = 4 * 1024 * 1024;
/** Small records are bounded by their number: putting them together and reporting them must not hold up the event loop. */
const MAX_WRITE_ENTRIES = 2048;
const NOWHERE: LogLocation = { segment: 0, offset: 0 };

/**
 * One queue from the append to its callback, so that callbacks come in order:
 *
 *   #head                                #next                       #tail
 *   written, waiting for datasync or     the write under way, if     waiting
 *   failed, waiting for those before     there is one, ...
 *
 * A write and a datasync may be under way at the same time. What arrives meanwhile goes into the next of each.
 */
export class LogWriter {
  readonly #list: SegmentList;
  readonly #segmentBytes: number;
  #head: Entry | null = null;
  #next: Entry | null = null;
  #tail: Entry | null = null;
  /** The last entry in front of #next. */
  #lastWritten: Entry | null = null;
  #scheduled = false;
  #writing = false;
  #syncing = false;
  /** Changes when a failed datasync takes the entries of the write under way out of the queue. */
  #generation = 0;
  /** The file may be longer than what is written. */
  #cutNeeded = false;
  #unwrittenBytes = 0;
  /** Of the next append. */
  #nextSequence: number;
  /** Behind what is written; behind what is reported. */
  #writtenSequence: number;
  #reportedSequence: number;
  #onIdle: (() => void)[] = [];

  constructor(list: SegmentList, segmentBytes: number, nextSequence: number) {
    this.#list = list;
    this.#segmentBytes = segmentBytes;
    this.#nextSequence = this.#writtenSequence = this.#reportedSequence = nextSequence;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get reportedSequence(): number {
    return this.#reportedSequence;
  }

  get unwrittenBytes(): number {
    return this.#unwrittenBytes;
  }

  get isEmpty(): boolean {
    return this.#head === null;
  }

  append(entry: Entry): void {
    this.#nextSequence += entry.count;
    this.#unwrittenBytes += entry.bytes;
    this.#push(entry);
  }

  sync(done: Done): void {
    this.#push(Entry.mark(EntryKind.Sync, this.#nextSequence, done));
  }

  reset(nextSequence: number, done: Done): void {
    this.#nextSequence = nextSequence;
    this.#push(Entry.mark(EntryKind.Reset, nextSequence, done));
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#writing || this.#syncing || this.#head !== null) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #push(entry: Entry): void {
    if (this.#tail === null) this.#head = entry;
    else this.#tail.next = entry;
    this.#tail = entry;
    this.#next ??= entry;
    // Not at once: the other appends of this turn, from all connections, go into the same write.
    if (this.#scheduled || this.#writing) return;
    this.#scheduled = true;
    setImmediate(this.#onTurnEnd);
  }

  readonly #onTurnEnd = (): void => {
    this.#scheduled = false;
    this.#pump();
  };

  #pump(): void {
    if (!this.#writing) {
      if (this.#cutNeeded) void this.#cut();
      else if (this.#next !== null) this.#startWrite(this.#next);
    }
    this.#report();
    // A segment could not begin before that, or callbacks have made room: only what is not gathering is written now.
    if (!this.#writing && !this.#scheduled && !this.#cutNeeded && this.#next !== null) this.#startWrite(this.#next);
    if (!this.#syncing && this.#head !== this.#next && this.#lastWritten !== null) void this.#sync(this.#lastWritten);
    if (this.#head === null && !this.#writing && !this.#syncing) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #startWrite(first: Entry): void {
    const active = this.#list.last;
    let entry: Entry | null = first;
    for (; entry?.kind === EntryKind.Sync; entry = entry.next) this.#lastWritten = entry;
    this.#next = entry;
    if (entry === null) return;
    if (
      entry.kind === EntryKind.Reset ||
      active === undefined ||
      active.sealed ||
      entry.base !== active.writtenSequence ||
      (active.written + entry.bytes > this.#segmentBytes && active.written > SEGMENT_HEADER_BYTES)
    ) {
      // A segment begins when all in front of it is reported: what is written and may still fail is in the last segment only.
      if (entry !== this.#head) return;
      this.#writing = true;
      if (entry.kind === EntryKind.Reset) void this.#reset(entry);
      else void this.#roll(entry);
      return;
    }
    this.#writing = true;
    void this.#write(entry, active);
  }

  async #write(first: Entry, segment: Segment): Promise<void> {
    const batch = new RecordBatch();
    const position = segment.written;
    let end = position;
    let last = first;
    let count = 0;
    for (let entry: Entry | null = first; entry !== null && entry.kind !== EntryKind.Reset; entry = entry.next) {
      if (++count > MAX_WRITE_ENTRIES) break;
      if (entry.kind === EntryKind.Record) {
        const after = end + entry.bytes;
        if (entry !== first && (after > this.#segmentBytes || after - position > MAX_WRITE_BYTES)) break;
        batch.add(entry, segment.seed);
        entry.segment = segment;
        entry.offset = end;
        end = after;
      }
      last = entry;
    }
    const pieces = batch.end();
    let failure: Error | null = null;
    const generation = this.#generation;
    try {
      await segment.file.use((file) => file.write(pieces, position));
    } catch (error) {
      failure = writeError(segment.file.path, error);
    }
    batch.release();
    this.#writing = false;
    if (generation !== this.#generation) this.#cutNeeded = true;
    else if (failure === null) this.#written(first, last, segment, end);
    else {
      this.#cutNeeded = true;
      this.#failFrom(first, failure);
    }
    this.#pump();
  }

  #written(first: Entry, last: Entry, segment: Segment, end: number): void {
    for (let entry: Entry | null = first; entry !== null && entry !== last.next; entry = entry.next) {
      this.#unwrittenBytes -= entry.bytes;
      if (entry.kind === EntryKind.Record) this.#writtenSequence = entry.base + entry.count;
    }
    segment.written = end;
    segment.writtenSequence = this.#writtenSequence;
    this.#lastWritten = last;
    this.#next = last.next;
  }

  async #roll(first: Entry): Promise<void> {
    try {
      // The header has to be on the disk before a record that has to be there.
      await this.#list.create(first.base, { synced: first.until === 'synced', dropOthers: false });
    } catch (error) {
      this.#failFrom(first, writeError(this.#list.folder, error));
    }
    this.#writing = false;
    this.#pump();
  }

  async #reset(entry: Entry): Promise<void> {
    let failure: Error | null = null;
    try {
      const segment = await this.#list.create(entry.base, { synced: true, dropOthers: true }).catch((error: unknown) => {
        // The space has to come from the segments that go; then only this object knows the number to go on with.
        if (isDiskFull(error)) return null;
        throw error;
      });
      await this.#list.dropAllBut(segment);
      if (segment === null) await this.#list.syncFolders();
    } catch (error) {
      failure = writeError(this.#list.folder, error);
    }
    this.#writtenSequence = this.#reportedSequence = entry.base;
    this.#lastWritten = entry;
    this.#next = entry.next;
    entry.error = failure;
    entry.synced = true;
    this.#writing = false;
    this.#pump();
  }

  /** Cuts the file back to what is written, so that what failed is not found there. */
  async #cut(): Promise<void> {
    this.#writing = true;
    this.#cutNeeded = false;
    const segment = this.#list.last;
    try {
      if (segment !== undefined) await segment.file.use((file) => file.truncate(segment.written));
    } catch {
      // What is behind does not count when the header of the next segment says so.
      if (segment !== undefined) segment.sealed = segment.uncut = true;
    }
    this.#writing = false;
    this.#pump();
  }

  async #sync(last: Entry): Promise<void> {
    this.#syncing = true;
    try {
      if (!this.#list.isSynced) await this.#list.sync();
      for (let entry = this.#head; entry !== null; entry = entry.next) {
        entry.synced = true;
        if (entry === last) break;
      }
    } catch (error) {
      this.#failUnreported(writeError(this.#list.folder, error));
    }
    this.#syncing = false;
    this.#pump();
  }

  /** A datasync failed: nothing that is not reported counts, also what is written and what is being written. */
  #failUnreported(error: Error): void {
    const { last } = this.#list;
    if (last !== undefined) {
      last.written = last.bytes;
      last.writtenSequence = last.endSequence;
      last.synced = Math.min(last.synced, last.bytes);
    }
    this.#writtenSequence = this.#reportedSequence;
    this.#cutNeeded = true;
    this.#generation++;
    if (this.#head !== null) this.#failFrom(this.#head, error);
  }

  /** Fails this entry and those behind it, up to a reset. They keep their places, for the callbacks to come in order. */
  #failFrom(first: Entry, error: Error): void {
    let unwritten = false;
    let entry: Entry | null = first;
    for (; entry !== null && entry.kind !== EntryKind.Reset; entry = entry.next) {
      unwritten ||= entry === this.#next;
      if (unwritten) this.#unwrittenBytes -= entry.bytes;
      entry.error ??= error;
      this.#lastWritten = entry;
    }
    this.#next = entry;
    if (entry === null) this.#nextSequence = this.#writtenSequence;
  }

  /** Takes what is decided off the head of the queue. */
  #report(): void {
    for (let entry = this.#head; entry !== null && entry !== this.#next; entry = this.#head) {
      if (entry.error === null && entry.until === 'synced' && !entry.synced) return;
      this.#head = entry.next;
      if (this.#head === null) this.#tail = null;
      if (this.#lastWritten === entry) this.#lastWritten = null;
      const { segment, error } = entry;
      let location = NOWHERE;
      if (error === null && segment !== null) {
        location = { segment: segment.number, offset: entry.offset };
        segment.bytes = entry.offset + entry.bytes;
        segment.endSequence = this.#reportedSequence = entry.base + entry.count;
        segment.mark(entry.base, entry.offset);
      }
      try {
        entry.done(error, location);
      } catch (thrown) {
        // The caller's own failure; it must not stop the log.
        process.nextTick(() => {
          throw thrown;
        });
      }
    }
  }
}

function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function writeError(file: string, error: unknown): Error {
  return new LogError('E_WRITE', `${file} - ${messageOf(error)}`, { cause: error });
}
