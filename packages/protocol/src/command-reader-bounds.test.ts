import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Recording, bytesOf, cut, int32, pushAll, singleBytes } from '../test/recording.js';
import { streams } from '../test/streams.js';
import { MAX_LINE_BYTES } from './command-reader.js';

const SMALL = { maxMsgSize: 50, maxBodySize: 200 };
// Words that get past the first check, so that garbage reaches the others too.
const pieces = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('PUB t\n', 'MPUB t\n', 'DPUB t 1\n', 'IDENTIFY\n', 'AUTH\n', 'SUB t c\n', 'RDY 1\n', 'CLS\n')
    .map((line) => bytesOf(line)),
  fc.constantFrom('FIN ', 'TOUCH ', 'REQ ', ' ', '\n', '\r\n', '0123456789abcdef', '18446744073709551616').map((word) => bytesOf(word)),
  fc.integer({ min: -2, max: 60 }).map((value) => int32(value)),
);
const garbage = fc.array(pieces, { maxLength: 30 }).map((list) => Buffer.concat(list));

const damaged = fc
  .tuple(
    streams,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('set', 'cut', 'twice'), fc.nat(255), fc.nat(20)), { minLength: 1, maxLength: 8 }),
  )
  .map(([{ bytes }, wounds]) => {
    let out = bytes;
    for (const [place, how, value, length] of wounds) {
      const at = place % out.length;
      const [head, tail] = [out.subarray(0, at), out.subarray(at)];
      if (how === 'set') out = Buffer.concat([head, Buffer.of(value), tail.subarray(1)]);
      else if (how === 'cut') out = Buffer.concat([head, tail.subarray(Math.min(length, tail.length - 1))]);
      else out = Buffer.concat([head, tail.subarray(0, length), tail]);
    }
    return out;
  });

describe.each([
  ['garbage', garbage],
  ['damaged streams', damaged],
])('%s', (_, inputs) => {
  it('gives ProtocolErrors only, holds no more than the limits, and means the same however it is cut', () => {
    fc.assert(
      fc.property(inputs, fc.array(fc.nat(), { maxLength: 20 }), fc.boolean(), (bytes, places, tlsMissing) => {
        const outcomes = [[bytes], cut(bytes, places), singleBytes(bytes)].map((chunks) => {
          const { reader, ...rest } = start(tlsMissing);
          const error = pushAll(reader, chunks);
          const end = reader.end();
          const held = reader.takeRest().length;
          expect(held).toBeLessThanOrEqual(error !== undefined ? 0 : end === undefined ? MAX_LINE_BYTES - 1 : 4 + SMALL.maxBodySize);
          return { commands: rest.recording.commands, error: error?.data, silent: error?.silent, end: end?.data, held };
        });
        expect(outcomes[1]).toEqual(outcomes[0]);
        expect(outcomes[2]).toEqual(outcomes[0]);
      }),
      { numRuns: 300 },
    );
  });
});

function start(tlsMissing: boolean): { recording: Recording; reader: Recording['reader'] } {
  const recording = new Recording(SMALL);
  recording.reader.tlsMissing = tlsMissing;
  return { recording, reader: recording.reader };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function bytesUsed(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('memory', () => {
  const MIB = 1024 * 1024;

  it('is not taken for what is only announced', () => {
    const before = bytesUsed();
    const openings = [
      bytesOf('PUB t\n', int32(MIB), 'x'),
      bytesOf('IDENTIFY\n', int32(5 * MIB), 'x'),
      bytesOf('MPUB t\n', int32(5 * MIB, 1_000_000, MIB), 'x'),
    ];
    const readers = Array.from({ length: 300 }, (_, i) => {
      const { reader } = new Recording();
      for (const chunk of singleBytes(openings[i % 3] ?? bytesOf(''))) reader.push(chunk);
      return reader;
    });
    expect((bytesUsed() - before) / readers.length).toBeLessThan(64 * 1024);
    for (const reader of readers) expect(reader.end()).toBeDefined();
  });

  it.each([
    ['PUB', bytesOf('PUB t\n', int32(MIB))],
    ['MPUB', bytesOf('MPUB t\n', int32(MIB, 1, MIB))],
  ])('of a %s that comes byte by byte is not many times its size', (_, opening) => {
    const bytes = MIB / 4;
    const { reader } = new Recording();
    reader.push(opening);
    const before = bytesUsed();
    for (let i = 0; i < bytes; i++) reader.push(Buffer.alloc(1, i));
    expect(bytesUsed() - before).toBeLessThan(8 * bytes);
    expect(reader.takeRest().length).toBeGreaterThanOrEqual(bytes);
  });
});
