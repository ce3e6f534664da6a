import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { crc32c, maskedCrc32c } from './crc32c.js';
import { MAX_BLOCK_BYTES, compressBlock, maxBlockBytes, uncompressBlock } from './snappy-block.js';
import { SnappyDecoder, SnappyEncoder } from './snappy-frames.js';

const OK = Buffer.from('00000006000000004f4b', 'hex');
const IDENTIFIER = 'ff060000734e61507059';
const OK_CHUNK = '010e000026982bcf00000006000000004f4b';

function decodeAll(pieces: readonly Buffer[]): Buffer {
  const decoder = new SnappyDecoder();
  const out: Buffer[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let content = decoder.next(); content !== null; content = decoder.next()) out.push(content);
  }
  return Buffer.concat(out);
}

const chunk = (type: number, body: Buffer, crc: number): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = type;
  head.writeUIntLE(body.length + 4, 1, 3);
  head.writeUInt32LE(crc, 4);
  return Buffer.concat([head, body]);
};
const stream = (...chunks: Buffer[]): Buffer => Buffer.concat([Buffer.from(IDENTIFIER, 'hex'), ...chunks]);

it('computes the check value of CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(0))).toBe(0);
  expect(maskedCrc32c(OK)).toBe(0xcf2b9826);
});

it('writes the vector of the reference', () => {
  const encoder = new SnappyEncoder();
  expect(encoder.encode(OK).toString('hex')).toBe(IDENTIFIER + OK_CHUNK);
  expect(encoder.encode(OK).toString('hex')).toBe(OK_CHUNK);
});

it('compresses only where an eighth is saved, and splits at 64 KiB', () => {
  const encoder = new SnappyEncoder();
  encoder.encode(OK);
  expect(encoder.encode(randomBytes(1000))[0]).toBe(1);
  const repeating = encoder.encode(Buffer.alloc(2 * MAX_BLOCK_BYTES, 'abc'));
  expect(repeating[0]).toBe(0);
  expect(repeating.length).toBeLessThan(10_000);
  expect(encoder.encode(randomBytes(MAX_BLOCK_BYTES + 1)).length).toBe(MAX_BLOCK_BYTES + 1 + 16);
});

it('reads back what it wrote, however it is cut', () => {
  const word = fc.constantFrom('a', 'bc', 'def', 'message', '{"id":', '0123456789'.repeat(9));
  const text = fc.array(word, { maxLength: 8000 }).map((words) => Buffer.from(words.join('')));
  const data = fc.oneof(
    text,
    fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(data, { maxLength: 4 }), fc.integer({ min: 1, max: 70_000 }), (parts, size) => {
      const encoder = new SnappyEncoder();
      const bytes = Buffer.concat(parts.map((part) => encoder.encode(part)));
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      return decodeAll(pieces).equals(Buffer.concat(parts));
    }),
    { numRuns: 60 },
  );
});

it('skips padding and reads repeated identifiers', () => {
  const padding = Buffer.from('fe030000aabbcc80000000', 'hex');
  const bytes = stream(padding, Buffer.from(OK_CHUNK, 'hex'), Buffer.from(IDENTIFIER, 'hex'), Buffer.from(OK_CHUNK, 'hex'));
  const each = [...bytes].map((byte) => Buffer.from([byte]));
  expect(decodeAll(each)).toEqual(Buffer.concat([OK, OK]));
});

it.each<[string, Buffer, RegExp]>([
  ['a stream without identifier', Buffer.from(OK_CHUNK, 'hex'), /no stream identifier/],
  ['a wrong identifier', Buffer.from('ff060000734e61507058', 'hex'), /wrong stream identifier/],
  ['a wrong checksum', stream(chunk(1, OK, 1)), /wrong checksum/],
  ['a chunk of an unknown type', stream(Buffer.from('02000000', 'hex')), /unknown type 2/],
  ['a chunk that is too long', stream(Buffer.from('00cf2a01', 'hex')), /chunk of 76495 bytes/],
  ['more plain bytes than a chunk may hold', stream(chunk(1, Buffer.alloc(MAX_BLOCK_BYTES + 1), 0)), /chunk of/],
  ['a block that says it is huge', stream(chunk(0, Buffer.from('ffffffff0f00', 'hex'), 0)), /no length|more than/],
  ['a block that holds more than it says', stream(chunk(0, Buffer.from('010461', 'hex'), 0)), /literal too long/],
])('refuses %s', (_, bytes, message) => {
  expect(() => decodeAll([bytes])).toThrow(message);
});

it('ends on any input, with the content or an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        return uncompressBlock(bytes, MAX_BLOCK_BYTES).length <= MAX_BLOCK_BYTES;
      } catch (error) {
        return (error as Error).name === 'SnappyError';
      }
    }),
  );
  // Literal and copy lengths of four bytes, which are negative as signed numbers.
  expect(() => uncompressBlock(Buffer.from('0afcf0ffffff', 'hex'), 100)).toThrow('literal too long');
  expect(() => uncompressBlock(Buffer.from('0a00610fffffffff', 'hex'), 100)).toThrow('copy out of range');
});

it('needs no more room than it says', () => {
  for (const length of [0, 1, 16, 17, 61, 257, 65_536]) {
    const data = randomBytes(length);
    const out = new Uint8Array(maxBlockBytes(length));
    const end = compressBlock(data, out, 0);
    expect(end).toBeLessThanOrEqual(out.length);
    expect(uncompressBlock(out.subarray(0, end), MAX_BLOCK_BYTES).equals(data)).toBe(true);
  }
});
