import type { LogLocation, Segment } from './segment.js';

export type Until = 'written' | 'synced';
export type Done = (error: Error | null, location: LogLocation) => void;

/** What an entry of the queue is: a record, a wait for the disk, or the wish to begin anew. */
export const EntryKind = { Record: 0, Sync: 1, Reset: 2 } as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

const NO_PIECES: readonly Buffer[] = [];

export class Entry {
  readonly kind: EntryKind;
  /** First sequence number; of a reset, the number to go on with. */
  readonly base: number;
  readonly count: number;
  readonly payloadBytes: number;
  /** In the file, with the header; 0 unless it is a record. */
  readonly bytes: number;
  readonly until: Until;
  readonly done: Done;
  pieces: readonly Buffer[];
  next: Entry | null = null;
  /** Set when it is written: where. */
  segment: Segment | null = null;
  offset = 0;
  /** It and all in front of it are on the disk. */
  synced = false;
  error: Error | null = null;

  constructor(
    kind: EntryKind,
    base: number,
    count: number,
    payloadBytes: number,
    bytes: number,
    pieces: readonly Buffer[],
    until: Until,
    done: Done,
  ) {
    this.kind = kind;
    this.base = base;
    this.count = count;
    this.payloadBytes = payloadBytes;
    this.bytes = bytes;
    this.pieces = pieces;
    this.until = until;
    this.done = done;
  }

  /** For an entry that holds no record. */
  static mark(kind: EntryKind, base: number, done: Done): Entry {
    return new Entry(kind, base, 0, 0, 0, NO_PIECES, 'synced', done);
  }
}
