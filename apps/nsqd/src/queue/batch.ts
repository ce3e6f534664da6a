import type { LogSegment } from './topic-log.js';

const SIZE_BYTES = 4;

/**
 * Messages that were published together: one MPUB, or a run of PUBs off one socket chunk. They lie in `bytes` as they came off the wire,
 * so a backlog of millions is a chain of few objects.
 *
 *   bytes: ... | size | body | gap | size | body | gap | ...
 *              ^ at            ^ command line of the next PUB; 0 bytes in an MPUB
 *
 * The i-th message has sequence number `seq + i` and id (`idHi`, `idLo + i`). A batch points at the next one only, so what no cursor has
 * to pass any more is garbage.
 */
export class Batch {
  next: Batch | null = null;
  readonly seq: number;
  readonly count: number;
  bytes: Buffer;
  /** Offset of the first message's size field. */
  at: number;
  /** Offset behind the last message's body. */
  end: number;
  gap: number;
  readonly idHi: number;
  readonly idLo: number;
  /** Nanoseconds since the Unix epoch, in two signed 32-bit halves. */
  readonly timestampHi: number;
  readonly timestampLo: number;
  /** Where in the log it is, null while it is in memory only. */
  segment: LogSegment | null = null;
  /** Its bytes are being written: they must stay where they are. */
  writing = false;
  /** Deliveries so far of each message: not 0 only for messages that come from files of the reference. */
  attempts = 0;

  constructor(
    seq: number,
    count: number,
    bytes: Buffer,
    at: number,
    end: number,
    gap: number,
    idHi: number,
    idLo: number,
    timestampHi: number,
    timestampLo: number,
  ) {
    this.seq = seq;
    this.count = count;
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.gap = gap;
    this.idHi = idHi;
    this.idLo = idLo;
    this.timestampHi = timestampHi;
    this.timestampLo = timestampLo;
  }

  /** Bytes of sizes and bodies, without gaps. */
  get packedBytes(): number {
    return this.end - this.at - this.gap * (this.count - 1);
  }

  /** Offset behind message number `n`, which begins at `at`. */
  offsetAfter(at: number): number {
    return at + SIZE_BYTES + this.bytes.readInt32BE(at) + this.gap;
  }

  /** Leaves the gaps out, by moving to memory of its own. */
  pack(): void {
    this.moveTo(Buffer.allocUnsafeSlow(this.packedBytes), 0);
  }

  /** Copies the messages, gaps left out, to `offset` of `target` and lets go of the memory they were in. */
  moveTo(target: Buffer, offset: number): void {
    let to = offset;
    if (this.gap === 0) {
      to += this.bytes.copy(target, to, this.at, this.end);
    } else {
      let from = this.at;
      for (let i = 0; i < this.count; i++) {
        const next = this.offsetAfter(from);
        to += this.bytes.copy(target, to, from, next - this.gap);
        from = next;
      }
    }
    this.bytes = target;
    this.at = offset;
    this.end = to;
    this.gap = 0;
  }
}

const NOTHING = Buffer.alloc(0);

/** A batch without messages: where a cursor stands that has passed everything, so that it holds no memory. */
export function emptyBatch(seq: number): Batch {
  return new Batch(seq, 0, NOTHING, 0, 0, 0, 0, 0, 0, 0);
}
