import { Entry, EntryKind, type Done, type Until } from './append-queue.js';
import { FileCache } from './file-cache.js';
import { LogError, messageOf } from './log-error.js';
import { LogReader } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { nodeFileSystem } from './node-file-system.js';
import { MAX_COUNT, MAX_PAYLOAD_BYTES, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './record-format.js';
import { recover } from './recovery.js';
import { SegmentList } from './segment-list.js';
import type { Damage, Recovery } from './damage.js';
import type { LogFileSystem } from './file-system.js';
import type { LogLocation, SegmentInfo } from './segment.js';

/** Files that a log keeps open when it shares no cache: the one it writes, and a few that are read. */
const OWN_FILES = 8;
const NOWHERE: LogLocation = { segment: 0, offset: 0 };

export interface CommitLogOptions {
  /** Where the segments are. Made with the first append. Files that are not the log's are left alone. One process, one log. */
  readonly folder: string;
  /** @default nodeFileSystem */
  readonly fileSystem?: LogFileSystem;
  /** A segment begins when the next record would make the file longer than this. Bytes. A larger record stands alone. */
  readonly segmentBytes: number;
  /** Shared by many logs to bound the open files. @default a cache of 8 files for this log alone, which stay open */
  readonly files?: FileCache;
  /** The least number that the next append may get. @default 0 */
  readonly nextSequence?: number;
  /** Told of each damaged place when it is met for the first time. */
  readonly onDamage?: (damage: Damage) => void;
}

/** An append-only log of records in segment files, with sequence numbers that do not repeat. */
export class CommitLog {
  readonly #list: SegmentList;
  readonly #writer: LogWriter;
  #closing: Promise<void> | null = null;

  private constructor(list: SegmentList, segmentBytes: number, nextSequence: number) {
    this.#list = list;
    this.#writer = new LogWriter(list, segmentBytes, nextSequence);
  }

  /**
   * Opens the log of a folder, an empty one when there is none. Reads the heads of all segments and the whole of the last.
   * @throws {LogError} `E_READ` a file cannot be read; `E_VERSION`; `E_ARGUMENT`
   */
  static async open(options: CommitLogOptions): Promise<{ log: CommitLog; recovery: Recovery }> {
    const { segmentBytes, nextSequence = 0 } = options;
    if (!(segmentBytes > SEGMENT_HEADER_BYTES)) throw new LogError('E_ARGUMENT', `segmentBytes ${segmentBytes}`);
    checkSequence(nextSequence);
    const damaged: Damage[] = [];
    let opening = true;
    const list = new SegmentList(
      options.folder,
      options.fileSystem ?? nodeFileSystem,
      options.files ?? new FileCache({ maxOpen: OWN_FILES, idleMs: Infinity }),
      (damage) => {
        if (opening) damaged.push(damage);
        options.onDamage?.(damage);
      },
    );
    let cutBytes: number;
    try {
      cutBytes = await recover(list);
    } catch (error) {
      if (error instanceof LogError) throw error;
      throw new LogError('E_READ', `${options.folder} - ${messageOf(error)}`, { cause: error });
    }
    opening = false;
    const log = new CommitLog(list, segmentBytes, Math.max(nextSequence, list.last?.endSequence ?? 0));
    return { log, recovery: { cutBytes, damaged } };
  }

  /** Of the oldest record; `nextSequence` when there is no segment. */
  get firstSequence(): number {
    return this.#list.first?.firstSequence ?? this.#writer.nextSequence;
  }

  /** What the next append gets. Falls back when appends fail. */
  get nextSequence(): number {
    return this.#writer.nextSequence;
  }

  /** Sequence number behind the last record that readers see, which is the last one reported to its caller. */
  get writtenSequence(): number {
    return this.#writer.reportedSequence;
  }

  /** True when there is no record, and none on its way. */
  get empty(): boolean {
    return this.#writer.isEmpty && this.#list.segments.every((segment) => segment.bytes <= SEGMENT_HEADER_BYTES);
  }

  /** Of all segments that are not dropped. */
  get bytes(): number {
    let bytes = 0;
    for (const segment of this.#list.segments) bytes += segment.bytes;
    return bytes;
  }

  /** Accepted, not written yet: hold the publishers back when it grows. */
  get unwrittenBytes(): number {
    return this.#writer.unwrittenBytes;
  }

  get segments(): readonly SegmentInfo[] {
    return this.#list.segments.map(({ number, firstSequence, endSequence, bytes }) => ({ number, firstSequence, endSequence, bytes }));
  }

  /** Behind the last record that readers see. A reader that begins here gets what comes next, also when that is in a later segment. */
  get end(): LogLocation {
    const { last, nextNumber } = this.#list;
    return last === undefined ? { segment: nextNumber, offset: SEGMENT_HEADER_BYTES } : { segment: last.number, offset: last.bytes };
  }

  /**
   * Appends one record, with the `count` sequence numbers from `nextSequence` on; 0 for a record outside of the sequence. It is written with
   * the others of this turn of the event loop. Readers see it when `done` is called.
   * @param pieces the payload, written as it is: it must not change until `done`. At most 1 GiB together
   * @param until `written` survives the end of the process, `synced` a power loss
   * @param done called later, in the order of the appends. With an error, `E_WRITE` or `E_CLOSED`, the record is not in the log, the location
   * means nothing, and its sequence numbers are given again
   * @throws {LogError} `E_ARGUMENT`
   */
  append(count: number, pieces: readonly Buffer[], until: Until, done: Done): void {
    let payloadBytes = 0;
    for (const piece of pieces) payloadBytes += piece.length;
    if (!(count >= 0 && count <= MAX_COUNT && Number.isInteger(count))) throw new LogError('E_ARGUMENT', `count ${count}`);
    if (payloadBytes > MAX_PAYLOAD_BYTES) throw new LogError('E_ARGUMENT', `${payloadBytes} bytes, at most ${MAX_PAYLOAD_BYTES}`);
    if (this.#closing !== null) {
      process.nextTick(done, this.#closed(), NOWHERE);
      return;
    }
    const bytes = RECORD_HEADER_BYTES + payloadBytes;
    this.#writer.append(new Entry(EntryKind.Record, this.#writer.nextSequence, count, payloadBytes, bytes, pieces, until, done));
  }

  /** `append` with a promise. */
  appended(count: number, pieces: readonly Buffer[], until: Until): Promise<LogLocation> {
    return new Promise((resolve, reject) => {
      this.append(count, pieces, until, (error, location) => {
        if (error === null) resolve(location);
        else reject(error);
      });
    });
  }

  /** Resolves when everything appended before is on the disk. @throws {LogError} `E_WRITE`, as the appends that wait */
  sync(): Promise<void> {
    if (this.#closing !== null) return Promise.reject(this.#closed());
    return this.#sync();
  }

  /**
   * Reads from the record that holds this sequence number, or from the next one there is, with the records outside of the sequence that stand
   * directly in front of it. What the log does not have any more is `E_DROPPED` at the first `next`.
   */
  read(sequence: number): LogReader {
    checkSequence(sequence);
    return new LogReader(this.#list, { sequence });
  }

  /** Reads from a location that an append, a record or `end` gave. */
  readAt(location: LogLocation): LogReader {
    return new LogReader(this.#list, { location });
  }

  /** Deletes the segments with a lower number, never the last. Readers in them get `E_DROPPED`, unless they had read all of it. */
  dropBefore(segment: number): Promise<void> {
    if (this.#closing !== null) return Promise.reject(this.#closed());
    return this.#wrapped(this.#list.dropBefore(segment));
  }

  /**
   * Deletes everything appended before and goes on with `nextSequence`, which appends after this call get already. All or nothing, also when the
   * power fails, unless the disk is too full for one more file: then the old files go first. One that was rejected may still take effect when
   * the process or the power fails right then.
   */
  reset(nextSequence: number): Promise<void> {
    checkSequence(nextSequence);
    if (this.#closing !== null) return Promise.reject(this.#closed());
    return new Promise((resolve, reject) => {
      this.#writer.reset(nextSequence, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  /** Finishes what is under way, syncs and closes the files. Appends from now on fail. @throws {LogError} `E_WRITE` when syncing failed */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#sync();
    } finally {
      await this.#writer.idle();
      await this.#list.close();
    }
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#writer.sync((error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  async #wrapped(action: Promise<void>): Promise<void> {
    try {
      await action;
    } catch (error) {
      throw new LogError('E_WRITE', `${this.#list.folder} - ${messageOf(error)}`, { cause: error });
    }
  }

  #closed(): LogError {
    return new LogError('E_CLOSED', this.#list.folder);
  }
}

function checkSequence(sequence: number): void {
  if (!Number.isSafeInteger(sequence) || sequence < 0) throw new LogError('E_ARGUMENT', `sequence ${sequence}`);
}
