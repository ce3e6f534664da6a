/*
 * A message id is 64 bits, 16 lower-case hex characters on the wire:
 *
 *    63      54 53                  32 31        20 19               0
 *   +----------+----------------------+------------+------------------+
 *   | node id  | block, high 22 bits  | low 12 bits|     counter      |
 *   +----------+----------------------+------------+------------------+
 *              |<----- block: 34 bits, 1/16 s ---->|
 *
 * A source opens a block with the current time, counts 2^20 ids in it, then opens the next: the time again, or the last
 * block plus one when ids are taken faster than the clock (16 million a second). So ids of a node increase, differ from those of
 * other nodes and of earlier runs, and those of a batch are consecutive. The low word alone is unique among four
 * billion neighbours, which makes it a good table key that is one machine integer.
 */
const EPOCH_MS = Date.UTC(2025, 0, 1);
const BLOCKS_PER_MS = 16 / 1000;
const COUNTER_BITS = 20;
const MAX_BLOCK = 2 ** 34;
/** The most ids that one call can reserve: a block. */
export const MAX_IDS_AT_ONCE = 1 << COUNTER_BITS;
/** Node ids go from 0 to this, inclusive. */
export const MAX_NODE_ID = 1023;
/** Characters of an id on the wire. */
export const MESSAGE_ID_LENGTH = 16;

// Two sources in one process must not open the same block: a daemon that is stopped and started again within a test, say.
const lastBlock = new Map<number, number>();

/** Hands out ids of one node. `hi` and `lo` are the first id of the last `take`, as signed 32-bit integers. */
export class MessageIdSource {
  hi = 0;
  lo = 0;
  readonly #nodeId: number;
  readonly #now: () => number;
  #next = MAX_IDS_AT_ONCE;
  #blockLow = 0;

  /** @param now milliseconds since the Unix epoch */
  constructor(nodeId: number, now: () => number) {
    if (!Number.isInteger(nodeId) || nodeId < 0 || nodeId > MAX_NODE_ID) {
      throw new RangeError(`node id must be 0 to ${MAX_NODE_ID}, got ${nodeId}`);
    }
    this.#nodeId = nodeId;
    this.#now = now;
  }

  /** Reserves `count` consecutive ids, 1 to MAX_IDS_AT_ONCE; the i-th is (`hi`, `lo + i`). @throws {RangeError} for another `count` */
  take(count: number): void {
    if (!(count >= 1) || this.#next + count > MAX_IDS_AT_ONCE) this.#openBlock(count);
    this.lo = this.#blockLow | this.#next;
    this.#next += count;
  }

  #openBlock(count: number): void {
    if (!(count >= 1 && count <= MAX_IDS_AT_ONCE)) throw new RangeError(`cannot reserve ${count} ids at once`);
    const clock = Math.floor((this.#now() - EPOCH_MS) * BLOCKS_PER_MS) % MAX_BLOCK;
    const block = Math.max(0, clock, (lastBlock.get(this.#nodeId) ?? -1) + 1) % MAX_BLOCK;
    lastBlock.set(this.#nodeId, block);
    this.hi = (this.#nodeId << 22) | Math.floor(block / 4096);
    this.#blockLow = ((block % 4096) << COUNTER_BITS) | 0;
    this.#next = 0;
  }
}

// The two hex characters of each byte value, as one big-endian 16-bit number.
const HEX = new Uint16Array(256);
// The value of each hex character, 256 for every other byte.
const NIBBLE = new Uint16Array(256).fill(256);
for (let value = 0; value < 256; value++) {
  const text = value.toString(16).padStart(2, '0');
  HEX[value] = (text.charCodeAt(0) << 8) | text.charCodeAt(1);
  if (value < 16) NIBBLE[value.toString(16).charCodeAt(0)] = value;
}

/** Writes the 16 characters of an id at `at`. */
export function writeMessageId(view: DataView, at: number, hi: number, lo: number): void {
  view.setUint16(at, HEX[hi >>> 24] ?? 0);
  view.setUint16(at + 2, HEX[(hi >>> 16) & 255] ?? 0);
  view.setUint16(at + 4, HEX[(hi >>> 8) & 255] ?? 0);
  view.setUint16(at + 6, HEX[hi & 255] ?? 0);
  view.setUint16(at + 8, HEX[lo >>> 24] ?? 0);
  view.setUint16(at + 10, HEX[(lo >>> 16) & 255] ?? 0);
  view.setUint16(at + 12, HEX[(lo >>> 8) & 255] ?? 0);
  view.setUint16(at + 14, HEX[lo & 255] ?? 0);
}

/** The id as clients see it. */
export function formatMessageId(hi: number, lo: number): string {
  return (hi >>> 0).toString(16).padStart(8, '0') + (lo >>> 0).toString(16).padStart(8, '0');
}

/**
 * Reads eight hex characters at `at` as a signed 32-bit integer. A byte that is not a lower-case hex character gives `NaN`:
 * such an id is well-formed for the protocol but cannot be one of ours.
 */
export function parseHexWord(bytes: Uint8Array, at: number): number {
  const n0 = NIBBLE[bytes[at] ?? 0] ?? 256;
  const n1 = NIBBLE[bytes[at + 1] ?? 0] ?? 256;
  const n2 = NIBBLE[bytes[at + 2] ?? 0] ?? 256;
  const n3 = NIBBLE[bytes[at + 3] ?? 0] ?? 256;
  const n4 = NIBBLE[bytes[at + 4] ?? 0] ?? 256;
  const n5 = NIBBLE[bytes[at + 5] ?? 0] ?? 256;
  const n6 = NIBBLE[bytes[at + 6] ?? 0] ?? 256;
  const n7 = NIBBLE[bytes[at + 7] ?? 0] ?? 256;
  if ((n0 | n1 | n2 | n3 | n4 | n5 | n6 | n7) > 255) return Number.NaN;
  return (n0 << 28) | (n1 << 24) | (n2 << 20) | (n3 << 16) | (n4 << 12) | (n5 << 8) | (n6 << 4) | n7;
}
