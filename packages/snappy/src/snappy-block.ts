/** Most bytes in one block: offsets and positions fit 16 bits. */
export const MAX_BLOCK_BYTES = 65_536;
/** Below it nothing can be saved. */
const MIN_BYTES = 17;
/** The last bytes are always literal, so that four bytes can be read at any place that is looked at. */
const MARGIN = 15;
const MAX_TABLE_BITS = 14;
const MIN_TABLE_BITS = 8;
const HASH_FACTOR = 0x1e35a7bd;

const Tag = { Literal: 0, Copy1: 1, Copy2: 2, Copy4: 3 } as const;

/** Where a hash of four bytes was seen last. One for all: a block is compressed in one go. */
const table = new Uint16Array(1 << MAX_TABLE_BITS);

/** Input that is no snappy block, or not of the length it states. */
export class SnappyError extends Error {
  override readonly name = 'SnappyError';
}

/** Bytes that a block of `length` may take at most. */
export function maxBlockBytes(length: number): number {
  return 32 + length + Math.floor(length / 6);
}

const load32 = (data: Uint8Array, at: number): number =>
  (data[at] as number) | ((data[at + 1] as number) << 8) | ((data[at + 2] as number) << 16) | ((data[at + 3] as number) << 24);

function putLength(out: Uint8Array, at: number, length: number): number {
  let left = length;
  let pos = at;
  for (; left >= 0x80; left >>>= 7) out[pos++] = (left & 0x7f) | 0x80;
  out[pos++] = left;
  return pos;
}

function putLiteral(out: Uint8Array, at: number, data: Uint8Array, from: number, to: number): number {
  const n = to - from - 1;
  let pos = at;
  if (n < 60) out[pos++] = (n << 2) | Tag.Literal;
  else if (n < 256) {
    out[pos++] = (60 << 2) | Tag.Literal;
    out[pos++] = n;
  } else {
    out[pos++] = (61 << 2) | Tag.Literal;
    out[pos++] = n;
    out[pos++] = n >>> 8;
  }
  if (n < 32) for (let i = from; i < to; i++) out[pos++] = data[i] as number;
  else {
    out.set(data.subarray(from, to), pos);
    pos += n + 1;
  }
  return pos;
}

function putCopy2(out: Uint8Array, at: number, offset: number, length: number): number {
  out[at] = ((length - 1) << 2) | Tag.Copy2;
  out[at + 1] = offset;
  out[at + 2] = offset >>> 8;
  return at + 3;
}

function putCopy(out: Uint8Array, at: number, offset: number, length: number): number {
  let left = length;
  let pos = at;
  // What is left behind a copy of 64 must be at least four bytes long.
  for (; left >= 68; left -= 64) pos = putCopy2(out, pos, offset, 64);
  if (left > 64) {
    pos = putCopy2(out, pos, offset, 60);
    left -= 60;
  }
  if (left >= 12 || offset >= 2048) return putCopy2(out, pos, offset, left);
  out[pos] = ((offset >>> 8) << 5) | ((left - 4) << 2) | Tag.Copy1;
  out[pos + 1] = offset;
  return pos + 2;
}

/**
 * Compresses one block.
 * @param data at most MAX_BLOCK_BYTES
 * @param out with room for `maxBlockBytes`
 * @returns where the block ends in `out`
 */
export function compressBlock(data: Uint8Array, out: Uint8Array, at: number): number {
  const { length } = data;
  let pos = putLength(out, at, length);
  let emitted = 0;
  if (length >= MIN_BYTES) {
    let bits = MIN_TABLE_BITS;
    while (bits < MAX_TABLE_BITS && 1 << bits < length) bits++;
    const shift = 32 - bits;
    table.fill(0, 0, 1 << bits);
    const limit = length - MARGIN;
    let misses = 32; // the longer nothing repeats, the wider the steps
    let i = 1;
    while (i < limit) {
      const word = load32(data, i);
      const slot = Math.imul(word, HASH_FACTOR) >>> shift;
      const candidate = table[slot] as number;
      table[slot] = i;
      if (load32(data, candidate) !== word) {
        i += misses++ >>> 5;
        continue;
      }
      if (i > emitted) pos = putLiteral(out, pos, data, emitted, i);
      let end = i + 4;
      for (let from = candidate + 4; end < length && data[from] === data[end]; from++) end++;
      pos = putCopy(out, pos, i - candidate, end - i);
      emitted = end;
      i = end;
      misses = 32;
      if (i < limit) table[Math.imul(load32(data, i - 1), HASH_FACTOR) >>> shift] = i - 1;
    }
  }
  return emitted < length ? putLiteral(out, pos, data, emitted, length) : pos;
}

/**
 * The content of one block. Its own length is checked before anything is allocated, and every offset before it is followed.
 * @throws {SnappyError}
 */
export function uncompressBlock(block: Uint8Array, maxBytes: number): Buffer {
  let pos = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = block[pos++];
    if (byte === undefined || shift > 21) throw new SnappyError('no length');
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length > maxBytes) throw new SnappyError(`block of ${length} bytes, more than ${maxBytes}`);
  const out = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (pos < block.length) {
    const tag = block[pos++] as number;
    const kind = tag & 3;
    let size = (tag >>> 2) + 1;
    if (kind === Tag.Literal) {
      if (size > 60) {
        const bytes = size - 60;
        size = number(block, pos, bytes) + 1;
        pos += bytes;
      }
      if (size > block.length - pos || size > length - done) throw new SnappyError('literal too long');
      if (size < 32) for (let i = 0; i < size; i++) out[done + i] = block[pos + i] as number;
      else out.set(block.subarray(pos, pos + size), done);
      pos += size;
    } else {
      let offset: number;
      if (kind === Tag.Copy1) {
        size = ((tag >>> 2) & 7) + 4;
        offset = ((tag >>> 5) << 8) | number(block, pos, 1);
        pos += 1;
      } else {
        const bytes = kind === Tag.Copy2 ? 2 : 4;
        offset = number(block, pos, bytes);
        pos += bytes;
      }
      if (offset === 0 || offset > done || size > length - done) throw new SnappyError('copy out of range');
      // Byte by byte: source and target overlap where something short repeats.
      for (let i = done; i < done + size; i++) out[i] = out[i - offset] as number;
    }
    done += size;
  }
  if (done !== length) throw new SnappyError('block too short');
  return out;
}

function number(block: Uint8Array, at: number, bytes: number): number {
  if (at + bytes > block.length) throw new SnappyError('block cut off');
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (block[at + i] as number);
  return value;
}
