/**
 * `header`: the head of a segment is not readable, so nothing of it is. `records`: records do not check, in the middle of a segment.
 * `short`: a segment ends before the place where the next one says it ended. `missing`: segments are not there at all.
 */
export type DamageKind = 'header' | 'records' | 'short' | 'missing';

/** Something that was in the log and cannot be read any more. What is in front of it and behind it still is. */
export interface Damage {
  readonly what: DamageKind;
  /** The damaged file as it was named; of missing segments, the name that the first of them had. */
  readonly file: string;
  readonly segment: number;
  /** Where the damage begins in the file. Bytes. */
  readonly offset: number;
  /** Bytes that are passed over; 0 when they are not there. */
  readonly bytes: number;
  /** The first sequence number that may be gone. */
  readonly firstSequence: number;
  /**
   * The sequence number behind the last that may be gone; as `firstSequence` when only records outside of the sequence are, or none.
   * `Number.MAX_SAFE_INTEGER` when nothing tells: the last segment lost its header.
   */
  readonly endSequence: number;
  /** The name the file has now; null when it could not be renamed, or is missing. */
  readonly setAside: string | null;
}

export interface Recovery {
  /** What unfinished appends left behind the last whole record. Bytes. */
  readonly cutBytes: number;
  /** What opening found. Reading may find more, which only `onDamage` is told. */
  readonly damaged: readonly Damage[];
}
