import fc from 'fast-check';
import { RecordSplitter } from './record-splitter.js';

const COMMA = 0x2c;

function split(input: Buffer, cuts: readonly number[] = [], delimiter = 0x0a): string[] {
  const splitter = new RecordSplitter(delimiter);
  const edges = [0, ...cuts.map((cut) => cut % (input.length + 1)), input.length].sort((a, b) => a - b);
  const records = edges.slice(1).flatMap((end, i) => [...splitter.push(input.subarray(edges[i], end))]);
  const last = splitter.end();
  return [...records, ...(last === null ? [] : [last])].map((record) => record.toString('latin1'));
}

it('gives the same records wherever the input is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0x61, 0x0a, 0x2c)), fc.array(fc.nat()), (bytes, cuts) => {
      const input = Buffer.from(bytes);
      const expected = input.toString('latin1').split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(split(input, cuts)).toEqual(expected);
    }),
  );
});

it('gives all of a last record that has no delimiter', () => {
  expect(split(Buffer.from('first\nlast'))).toEqual(['first', 'last']);
});

it('leaves one final newline out when something else delimits', () => {
  expect(split(Buffer.from('one,two\n,three\n'), [], COMMA)).toEqual(['one', 'two\n', 'three']);
  expect(split(Buffer.from('one\n\n'), [], COMMA)).toEqual(['one\n']);
  expect(split(Buffer.from('one,\n'), [], COMMA)).toEqual(['one']);
});

it('refuses a record without an end', () => {
  const splitter = new RecordSplitter(0x0a, 10);
  expect([...splitter.push(Buffer.alloc(10, 'x'))]).toEqual([]);
  expect(() => [...splitter.push(Buffer.from('x'))]).toThrow('a record of more than 10 bytes: is --delimiter right?');
});
