import type { CachedFile } from './file-cache.js';
import { SEGMENT_HEADER_BYTES } from './record-format.js';

/** Where a record stands: the number of its segment and the offset in the file, in bytes. */
export interface LogLocation {
  readonly segment: number;
  readonly offset: number;
}

export interface SegmentInfo {
  readonly number: number;
  readonly firstSequence: number;
  /** Sequence number behind the last record. */
  readonly endSequence: number;
  /** Of the file, with its header. */
  readonly bytes: number;
}

/** Where reading goes on behind damage. */
export interface Hole {
  readonly to: number;
  readonly sequence: number;
}

export class Segment implements SegmentInfo {
  readonly number: number;
  readonly firstSequence: number;
  /** Of the CRC of its records. */
  readonly seed: number;
  readonly file: CachedFile;
  /** Readers see the records up to here: those that were reported to who appended them. */
  bytes = SEGMENT_HEADER_BYTES;
  endSequence: number;
  /** The end of what is written. */
  written = SEGMENT_HEADER_BYTES;
  writtenSequence: number;
  /** The end of what is on the disk. */
  synced = 0;
  /** A failed datasync makes the kernel take for stored what is not: what lies behind `synced` is written once more before the next one. */
  suspect = false;
  /** Nothing is appended any more. */
  sealed = false;
  /** Appends that failed are still in the file, behind `written`. */
  uncut = false;
  /** Set aside under another name because of damage, and read around. */
  bad = false;
  /** It was set aside before this process began, which then told about its damage. */
  knownBad = false;
  dropped = false;
  next: Segment | null = null;
  /** Damaged regions by their offset: each is searched and reported once. */
  readonly holes = new Map<number, Promise<Hole>>();
  /** Sequence and offset of some records in turn, at least `MARK_BYTES` apart: where to begin looking for a sequence number. */
  readonly #marks: number[] = [];
  #marked = SEGMENT_HEADER_BYTES;

  constructor(number: number, firstSequence: number, seed: number, file: CachedFile) {
    this.number = number;
    this.firstSequence = firstSequence;
    this.endSequence = firstSequence;
    this.writtenSequence = firstSequence;
    this.seed = seed;
    this.file = file;
  }

  /** Notes that a record with this base begins at `offset`. */
  mark(sequence: number, offset: number): void {
    if (offset - this.#marked < MARK_BYTES) return;
    this.#marks.push(sequence, offset);
    this.#marked = offset;
  }

  /** A record boundary at or in front of the record that holds `sequence`, and the base of the record there. */
  nearest(sequence: number): { readonly offset: number; readonly sequence: number } {
    let low = 0;
    let high = this.#marks.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#marks[middle * 2] ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return { offset: SEGMENT_HEADER_BYTES, sequence: this.firstSequence };
    return { offset: this.#marks[low * 2 - 1] ?? SEGMENT_HEADER_BYTES, sequence: this.#marks[low * 2 - 2] ?? this.firstSequence };
  }
}

const MARK_BYTES = 1024 * 1024;
