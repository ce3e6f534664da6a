import fc from 'fast-check';
import { parseDelimiter, RecordSplitter } from './record-splitter.js';

/** What comes out of a splitter that gets the bytes cut at these places. */
function split(bytes: Buffer, delimiter: string, maxBytes: number, cuts: readonly number[] = []): { records: string[]; oversized: number } {
  const splitter = new RecordSplitter(Buffer.from(delimiter), maxBytes);
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((one, other) => one - other);
  const records: Buffer[] = [];
  for (let i = 1; i < edges.length; i++) records.push(...splitter.push(bytes.subarray(edges[i - 1], edges[i])));
  records.push(...splitter.end());
  return { records: records.map(String), oversized: splitter.oversized };
}

describe('RecordSplitter', () => {
  it.each(['\n', '--', 'aba'])('gives the same records wherever the input is cut, and those of String.split (%j)', (delimiter) => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '\n', 'x'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), fc.integer({ min: 1, max: 10 }), (input, cuts, maxBytes) => {
        const all = input.split(delimiter).filter((record) => record !== '');
        const fitting = all.filter(({ length }) => length <= maxBytes);
        expect(split(Buffer.from(input), delimiter, maxBytes, cuts)).toEqual({ records: fitting, oversized: all.length - fitting.length });
      }),
      { numRuns: 500 },
    );
  });

  it('holds no more than a record and a chunk', () => {
    const splitter = new RecordSplitter(Buffer.from('\n'), 10);
    for (let i = 0; i < 1000; i++) expect(splitter.push(Buffer.alloc(1000, 'x'))).toEqual([]);
    expect(splitter.push(Buffer.from('\nnext\n')).map(String)).toEqual(['next']);
    expect(splitter.oversized).toBe(1);
  });
});

describe('parseDelimiter', () => {
  it.each([
    ['\\n', '\n'],
    ['\\t\\0', '\t\0'],
    ['\\\\n', '\\n'],
    [', ', ', '],
    ['\\x', '\\x'],
  ])('reads %j', (text, bytes) => {
    expect(String(parseDelimiter(text))).toBe(bytes);
  });
});
