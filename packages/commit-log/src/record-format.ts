import { crc32 } from 'node:zlib';
import { LogError } from './log-error.js';

/*
 * A segment file. All numbers are big-endian and unsigned.
 *
 *   segment header, 64 bytes                          record, 20 bytes and the payload
 *    0  magic "nsq-log\n"                              0  u32  payload length
 *    8  u32  version, 1                                4  u32  CRC-32 of 8.. and the payload, seeded with the segment header's CRC
 *   12  u32  reserved, 0                               8  u64  sequence of its first message
 *   16  u64  segment number                           16  u32  count of sequence numbers
 *   24  u64  first sequence                           20       payload
 *   32  u64  bytes of the segment before that count
 *   40  u64  sequence behind the segment before
 *   48  u64  oldest segment alive when this was made
 *   56  u32  salt, random
 *   60  u32  CRC-32 of 0..59
 *
 * The base of a record is the base of the one before plus its count; the first one's is the header's first sequence. What lies behind the
 * end that the next segment's header states does not count. The seed makes a record valid in its own file only: not in a payload that holds a copy
 * of a log, nor as a leftover of an earlier file with the same number.
 */
export const SEGMENT_HEADER_BYTES = 64;
export const RECORD_HEADER_BYTES = 20;
/** Of the record header, what its CRC does not cover. */
const UNCHECKED_BYTES = 8;
/** The largest payload of one record. */
export const MAX_PAYLOAD_BYTES = 0x3fff_ffff;
export const MAX_COUNT = 0xffff_ffff;

const MAGIC = Buffer.from('nsq-log\n', 'latin1');
const VERSION = 1;
const TWO_32 = 0x1_0000_0000;

export interface SegmentHeader {
  readonly number: number;
  readonly firstSequence: number;
  readonly previousBytes: number;
  readonly previousEndSequence: number;
  readonly oldest: number;
}

export interface DecodedSegmentHeader extends SegmentHeader {
  /** Seed of the CRC of every record in the segment. */
  readonly seed: number;
}

export function encodeSegmentHeader(header: SegmentHeader, salt: number): { readonly bytes: Buffer; readonly seed: number } {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32BE(VERSION, 8);
  writeU64(bytes, header.number, 16);
  writeU64(bytes, header.firstSequence, 24);
  writeU64(bytes, header.previousBytes, 32);
  writeU64(bytes, header.previousEndSequence, 40);
  writeU64(bytes, header.oldest, 48);
  bytes.writeUInt32BE(salt >>> 0, 56);
  const seed = crc32(bytes.subarray(0, 60));
  bytes.writeUInt32BE(seed, 60);
  return { bytes, seed };
}

/**
 * Null when the bytes are not a whole header.
 * @throws {LogError} `E_VERSION` when they are one of a later version
 */
export function decodeSegmentHeader(bytes: Buffer, file: string): DecodedSegmentHeader | null {
  if (bytes.length < SEGMENT_HEADER_BYTES || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return null;
  const seed = bytes.readUInt32BE(60);
  if (crc32(bytes.subarray(0, 60)) !== seed) return null;
  const version = bytes.readUInt32BE(8);
  if (version !== VERSION) throw new LogError('E_VERSION', `${file} is of version ${version}, this program reads ${VERSION}`);
  return {
    number: readU64(bytes, 16),
    firstSequence: readU64(bytes, 24),
    previousBytes: readU64(bytes, 32),
    previousEndSequence: readU64(bytes, 40),
    oldest: readU64(bytes, 48),
    seed,
  };
}

/** Writes a record's header without its CRC. */
export function writeRecordHeader(into: Buffer, at: number, length: number, base: number, count: number): void {
  into.writeUInt32BE(length, at);
  writeU64(into, base, at + 8);
  into.writeUInt32BE(count, at + 16);
}

/** The CRC over the record header at `at` and the `covered` bytes of payload behind it. */
export function recordCrc(bytes: Buffer, at: number, covered: number, seed: number): number {
  return crc32(bytes.subarray(at + UNCHECKED_BYTES, at + RECORD_HEADER_BYTES + covered), seed);
}

export function writeRecordCrc(into: Buffer, at: number, crc: number): void {
  into.writeUInt32BE(crc, at + 4);
}

export const recordLength = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at);
export const recordChecks = (bytes: Buffer, at: number, length: number, seed: number): boolean =>
  recordCrc(bytes, at, length, seed) === bytes.readUInt32BE(at + 4);
export const recordBase = (bytes: Buffer, at: number): number => readU64(bytes, at + 8);
export const recordCount = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at + 16);

function writeU64(into: Buffer, value: number, at: number): void {
  into.writeUInt32BE(Math.floor(value / TWO_32), at);
  into.writeUInt32BE(value % TWO_32, at + 4);
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
}
