import fc from 'fast-check';
import { FrameType, encodeFrame } from './frame.js';
import { MESSAGE_FRAME_HEADER_BYTES, MESSAGE_HEADER_BYTES, decodeMessage, encodeMessage, writeMessageFrameHeader } from './message.js';

const EXAMPLE = '0000002200000002' + '18ea61fd9949097d' + '0001' + '31386134363462356431323639303030' + '74657374';
const example = { timestamp: 1795355143286884733n, attempts: 1, id: '18a464b5d1269000', body: Buffer.from('test') };

const messages = fc.record({
  timestamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  attempts: fc.nat(65_535),
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  body: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
});

describe('messages', () => {
  it('come out as they were encoded, whatever bytes the id has', () => {
    fc.assert(fc.property(messages, (message) => expect(decodeMessage(encodeMessage(message))).toEqual(message)));
  });

  it('have the bytes of the reference', () => {
    expect(encodeFrame(FrameType.Message, encodeMessage(example)).toString('hex')).toBe(EXAMPLE);
    expect(decodeMessage(Buffer.from(EXAMPLE, 'hex').subarray(8))).toEqual(example);
  });

  it('may have an empty body, but not less than a header', () => {
    expect(decodeMessage(Buffer.alloc(MESSAGE_HEADER_BYTES))?.body).toHaveLength(0);
    expect(decodeMessage(Buffer.alloc(MESSAGE_HEADER_BYTES - 1))).toBeUndefined();
  });

  it('lend their body instead of copying it', () => {
    const data = encodeMessage(example);
    expect(decodeMessage(data)?.body.buffer).toBe(data.buffer);
  });

  // The second has 16 bytes as UTF-8, the third 16 characters that do not fit into a byte each.
  it.each(['', 'éééééééé', '€'.repeat(16), '18a464b5d126900', '18a464b5d12690000'])('are not encoded with the id %j', (id) => {
    expect(() => encodeMessage({ ...example, id })).toThrow(RangeError);
  });

  it.each([-1, 65_536])('are not encoded with %d attempts', (attempts) => {
    expect(() => encodeMessage({ ...example, attempts })).toThrow('out of range');
  });
});

describe('writeMessageFrameHeader', () => {
  it('writes what encodeFrame and encodeMessage would', () => {
    fc.assert(
      fc.property(messages, fc.integer(), fc.integer(), fc.nat(9), ({ timestamp, attempts, body }, idHi, idLo, at) => {
        const out = Buffer.alloc(at + MESSAGE_FRAME_HEADER_BYTES + body.length);
        const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
        const [hi, lo] = [Number(BigInt.asIntN(32, timestamp >> 32n)), Number(BigInt.asIntN(32, timestamp))];
        writeMessageFrameHeader(view, at, body.length, hi, lo, attempts, idHi, idLo);
        body.copy(out, at + MESSAGE_FRAME_HEADER_BYTES);
        const id = [idHi, idLo].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
        expect(out.subarray(at)).toEqual(encodeFrame(FrameType.Message, encodeMessage({ timestamp, attempts, id, body })));
      }),
    );
  });
});
