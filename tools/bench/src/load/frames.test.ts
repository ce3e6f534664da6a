import fc from 'fast-check';
import { FinBuffer } from './fin-buffers.js';
import { FrameWalker, ID_AT } from './frames.js';

function frame(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + data.length);
  head.writeInt32BE(type, 4);
  return Buffer.concat([head, data]);
}

function walk(stream: Buffer, cuts: readonly number[]): string[] {
  const seen: string[] = [];
  const walker = new FrameWalker((type, bytes, start, end) => seen.push(`${type}:${bytes.toString('hex', start + 8, end)}`));
  const edges = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  // As a socket does, every read overwrites the one before.
  const shared = Buffer.alloc(stream.length);
  for (let i = 1; i < edges.length; i++) {
    const length = stream.copy(shared, 0, edges[i - 1], edges[i]);
    walker.walk(shared, length);
    shared.fill(0xee);
  }
  return seen;
}

it('finds the same frames wherever the stream is cut', () => {
  const data = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 70_000, maxLength: 70_010 }));
  const frames = fc.array(fc.record({ type: fc.integer({ min: 0, max: 2 }), data }), { maxLength: 6 });
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (list, cuts) => {
      const stream = Buffer.concat(list.map(({ type, data: bytes }) => frame(type, Buffer.from(bytes))));
      expect(walk(stream, cuts)).toEqual(list.map(({ type, data: bytes }) => `${type}:${Buffer.from(bytes).toString('hex')}`));
    }),
    { numRuns: 50 },
  );
});

it.each([[3], [-1], [0x7fffffff]])('refuses a frame of size %d', (size) => {
  const head = Buffer.alloc(8);
  head.writeInt32BE(size);
  expect(() => walk(head, [])).toThrow(`a frame of ${size} bytes`);
});

it('answers messages with FINs of their ids', () => {
  const fins = new FinBuffer(3);
  for (const id of ['0123456789abcdef', 'fedcba9876543210']) fins.add(Buffer.from(`${'-'.repeat(ID_AT)}${id}body`), ID_AT);
  expect(fins.bytes.toString('latin1', 0, fins.length)).toBe('FIN 0123456789abcdef\nFIN fedcba9876543210\n');
});
