import fc from 'fast-check';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  RECORD_HEADER_BYTES,
  recordBase,
  recordChecks,
  recordCount,
  recordCrc,
  recordLength,
  SEGMENT_HEADER_BYTES,
  writeRecordCrc,
  writeRecordHeader,
} from './record-format.js';

const sequence = fc.maxSafeNat();

describe('segment header', () => {
  it('comes back as it was written', () => {
    const header = fc.record({
      number: sequence,
      firstSequence: sequence,
      previousBytes: sequence,
      previousEndSequence: sequence,
      oldest: sequence,
    });
    fc.assert(
      fc.property(header, fc.nat(), (fields, salt) => {
        const { bytes, seed } = encodeSegmentHeader(fields, salt);
        expect(bytes).toHaveLength(SEGMENT_HEADER_BYTES);
        expect(decodeSegmentHeader(bytes, 'f')).toEqual({ ...fields, seed });
      }),
    );
  });

  const { bytes } = encodeSegmentHeader({ number: 7, firstSequence: 100, previousBytes: 5000, previousEndSequence: 100, oldest: 3 }, 42);

  it('is refused when a bit is wrong or the end is missing', () => {
    for (let bit = 0; bit < SEGMENT_HEADER_BYTES * 8; bit++) {
      const wrong = Buffer.from(bytes);
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeSegmentHeader(wrong, 'f')).toBeNull();
    }
    for (let length = 0; length < SEGMENT_HEADER_BYTES; length++) expect(decodeSegmentHeader(bytes.subarray(0, length), 'f')).toBeNull();
  });
});

describe('record', () => {
  const record = (base: number, count: number, payload: Uint8Array, seed: number): Buffer => {
    const bytes = Buffer.concat([Buffer.alloc(RECORD_HEADER_BYTES), payload]);
    writeRecordHeader(bytes, 0, payload.length, base, count);
    writeRecordCrc(bytes, 0, recordCrc(bytes, 0, payload.length, seed));
    return bytes;
  };

  it('comes back as it was written, and only with its own seed', () => {
    fc.assert(
      fc.property(sequence, fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 200 }), fc.nat(), (base, count, payload, seed) => {
        const bytes = record(base, count, payload, seed);
        expect([recordLength(bytes, 0), recordBase(bytes, 0), recordCount(bytes, 0)]).toEqual([payload.length, base, count]);
        expect(recordChecks(bytes, 0, payload.length, seed)).toBe(true);
        expect(recordChecks(bytes, 0, payload.length, seed + 1)).toBe(false);
      }),
    );
  });

  it('does not check when a bit behind its length is wrong', () => {
    const bytes = record(5, 3, Buffer.from('payload'), 9);
    for (let bit = 32; bit < bytes.length * 8; bit++) {
      const wrong = Buffer.from(bytes);
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(recordChecks(wrong, 0, 7, 9)).toBe(false);
    }
  });
});
