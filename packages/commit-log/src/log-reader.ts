import { LogError, messageOf } from './log-error.js';
import { SEGMENT_HEADER_BYTES } from './record-format.js';
import { SegmentReader, type LogRecord } from './segment-reader.js';
import type { LogLocation, Segment } from './segment.js';
import type { SegmentList } from './segment-list.js';

/** Where a reader begins: at a place, or at the record that holds a sequence number. */
export type ReadFrom = { readonly location: LogLocation } | { readonly sequence: number };

/** Reads a log from some record on, also what is appended later. Readers do not disturb each other or the appends. */
export class LogReader {
  readonly #list: SegmentList;
  readonly #location: LogLocation | null;
  /** Records in front of this one are passed over. */
  #fromSequence: number;
  /** The segment to begin in while there is none with this number. */
  #number: number;
  #segment: Segment | null = null;
  #reader: SegmentReader | null = null;
  #failure: LogError | null = null;
  #closed = false;
  #busy = false;

  /** @internal Use `CommitLog.read` and `CommitLog.readAt`. */
  constructor(list: SegmentList, from: ReadFrom) {
    this.#list = list;
    this.#location = 'location' in from ? from.location : null;
    this.#fromSequence = 'sequence' in from ? from.sequence : 0;
    this.#number = list.nextNumber;
    if ('sequence' in from) this.#beginAtSequence(from.sequence);
    else this.#beginAt(from.location);
  }

  /**
   * The records that come next, in order; never an empty list. Null at the end of what is written: call again later. One call at a time.
   * @param maxBytes bound for the payloads together; a larger record comes alone. @default what one read of the file holds, about 512 KiB
   * @throws {LogError} `E_DROPPED` what comes next was dropped; `E_LOCATION` the reader was begun where no record begins; `E_READ` the file
   * cannot be read, later calls may succeed; `E_CLOSED`; `E_BUSY`
   */
  async next(maxBytes = Infinity): Promise<readonly LogRecord[] | null> {
    if (this.#busy) throw new LogError('E_BUSY', this.#list.folder);
    this.#busy = true;
    try {
      for (;;) {
        if (this.#closed) throw new LogError('E_CLOSED', `reader of ${this.#list.folder}`);
        if (this.#failure !== null) throw this.#failure;
        const records = await this.#nextInSegment(maxBytes);
        if (records === undefined) continue;
        if (records === null) return null;
        const wanted = this.#fromSequence === 0 ? records : records.filter((record) => this.#isWanted(record));
        if (wanted.length === 0) continue;
        this.#fromSequence = 0;
        return wanted;
      }
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    this.#closed = true;
    this.#segment = this.#reader = null;
  }

  #isWanted(record: LogRecord): boolean {
    return record.sequence + record.count > this.#fromSequence || (record.count === 0 && record.sequence === this.#fromSequence);
  }

  /** Undefined when it has to be asked again. */
  async #nextInSegment(maxBytes: number): Promise<readonly LogRecord[] | null | undefined> {
    const segment = this.#segment;
    const reader = this.#reader;
    if (segment === null || reader === null) return this.#enterFirst() ? undefined : null;
    const { bytes: end, endSequence } = segment;
    if (reader.offset >= end) {
      if (segment.next === null) return null;
      this.#enter(segment.next, SEGMENT_HEADER_BYTES, segment.next.firstSequence);
      return undefined;
    }
    try {
      if (segment.dropped) throw this.#dropped(segment.number);
      const records = await reader.next(end, endSequence, maxBytes);
      if (records !== null) return records;
      await this.#checkBeginning(segment, reader);
      const sequence = reader.sequence === -1 ? segment.firstSequence : reader.sequence;
      const hole = await this.#list.passDamage(segment, reader.offset, sequence, end, endSequence);
      reader.skipTo(hole.to, hole.sequence);
      return undefined;
    } catch (error) {
      if (segment.dropped) throw this.#dropped(segment.number);
      if (error instanceof LogError) throw error;
      throw new LogError('E_READ', `${segment.file.path} - ${messageOf(error)}`, { cause: error });
    }
  }

  /** Before a place is called damaged that the caller chose: is it one where a record begins? */
  async #checkBeginning(segment: Segment, reader: SegmentReader): Promise<void> {
    if (this.#location === null || reader.sequence !== -1) return;
    const walk = new SegmentReader(segment, SEGMENT_HEADER_BYTES, segment.firstSequence);
    const to = this.#location.offset;
    while (walk.offset < to) {
      const records = await walk.next(segment.bytes, segment.endSequence, Infinity);
      const inFront = records?.findLast((record) => record.end <= to);
      if (records === null || inFront === undefined) break;
      if (inFront.end === to) walk.skipTo(to, inFront.sequence + inFront.count);
    }
    if (walk.offset === to) reader.skipTo(to, walk.sequence);
    else throw (this.#failure = this.#noSuchPlace(this.#location));
  }

  #beginAtSequence(sequence: number): void {
    const { first } = this.#list;
    const segment = this.#list.holding(sequence);
    if (first === undefined || segment === undefined) return;
    if (sequence < first.firstSequence) {
      this.#failure = new LogError('E_DROPPED', `sequence ${sequence} of ${this.#list.folder}, which begins at ${first.firstSequence}`);
      return;
    }
    const near = segment.nearest(sequence);
    this.#enter(segment, near.offset, near.sequence);
  }

  #beginAt(location: LogLocation): void {
    const { first } = this.#list;
    if (location.segment === this.#list.nextNumber && location.offset <= SEGMENT_HEADER_BYTES) return;
    const segment = this.#list.at(location.segment);
    if (first !== undefined && location.segment < first.number) this.#failure = this.#dropped(location.segment);
    else if (segment === undefined) this.#failure = this.#noSuchPlace(location);
    else if (segment.number !== location.segment || location.offset <= SEGMENT_HEADER_BYTES) {
      this.#enter(segment, SEGMENT_HEADER_BYTES, segment.firstSequence);
    } else if (location.offset > segment.bytes) this.#failure = this.#noSuchPlace(location);
    else this.#enter(segment, location.offset, location.offset === segment.bytes ? segment.endSequence : -1);
  }

  /** Begins in a log that had no segment. */
  #enterFirst(): boolean {
    const segment = this.#list.at(this.#number);
    if (segment === undefined) return false;
    if (segment.number > this.#number && this.#list.first === segment) this.#failure = this.#dropped(this.#number);
    else this.#enter(segment, SEGMENT_HEADER_BYTES, segment.firstSequence);
    return true;
  }

  #enter(segment: Segment, offset: number, sequence: number): void {
    this.#segment = segment;
    this.#reader = new SegmentReader(segment, offset, sequence);
  }

  #dropped(segment: number): LogError {
    return new LogError('E_DROPPED', `segment ${segment} of ${this.#list.folder}`);
  }

  #noSuchPlace(location: LogLocation): LogError {
    return new LogError('E_LOCATION', `segment ${location.segment}, offset ${location.offset} of ${this.#list.folder}`);
  }
}
