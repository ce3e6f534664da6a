import fc from 'fast-check';
import { checkBinary, LongLineWatch, packLines } from './mpub-body.js';

const MAX_MSG = 50;
const MAX_BODY = 400;
const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r'), maxLength: 3 * MAX_MSG });

it('packs exactly the lines that are not empty, in the layout of a binary body', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\r'), maxLength: MAX_MSG / 2 })), (lines) => {
      const { bytes, at, end, count } = packLines(Buffer.from(lines.join('\n')), MAX_MSG);
      const wanted = lines.filter((line) => line !== '');
      expect(count).toBe(wanted.length);
      const seen: string[] = [];
      for (let pos = at; pos < end;) {
        const size = bytes.readInt32BE(pos);
        seen.push(bytes.toString('utf8', pos + 4, pos + 4 + size));
        pos += 4 + size;
      }
      expect(seen).toEqual(wanted);
    }),
  );
});

it('gives a packed body back unchanged when it is read as a binary one', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: MAX_MSG }), { minLength: 1 }), (lines) => {
      const packed = packLines(Buffer.from(lines.join('\n')), MAX_MSG);
      const count = Buffer.alloc(4);
      count.writeInt32BE(packed.count);
      const body = Buffer.concat([count, packed.bytes]);
      expect(checkBinary(body, MAX_MSG, 100_000)).toEqual({ bytes: body, at: 4, end: body.length, count: packed.count });
      expect(() => checkBinary(body.subarray(0, -1), MAX_MSG, 100_000)).toThrow('BAD_MESSAGE');
    }),
  );
});

it('finds a line too long before the bound of the body, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 10 }), (parts, cuts) => {
      const body = Buffer.from(parts.join(''));
      const watch = new LongLineWatch(MAX_MSG, MAX_BODY);
      const edges = [0, ...cuts.map((cut) => cut % (body.length + 1)), body.length].sort((a, b) => a - b);
      for (let i = 1; i < edges.length; i++) watch.add(body.subarray(edges[i - 1], edges[i]));
      const complete = body.subarray(0, body.subarray(0, MAX_BODY).lastIndexOf(10) + 1).toString();
      expect(watch.found).toBe(complete.split('\n').some((line) => line.length > MAX_MSG));
    }),
  );
});
