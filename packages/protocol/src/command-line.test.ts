import fc from 'fast-check';
import { CommandLine } from './command-line.js';

describe('CommandLine', () => {
  it('splits at every single space, like split', () => {
    const lines = fc.array(fc.constantFrom(' ', 'a', 'PUB', '\r', '\t', '\xff'), { maxLength: 12 }).map((list) => list.join(''));
    fc.assert(
      fc.property(lines, fc.nat(3), (text, before) => {
        const bytes = Buffer.from(`${'#'.repeat(before)}${text}\n more`, 'latin1');
        const line = new CommandLine(bytes, before, before + text.length);
        const expected = text.split(' ');
        expect(line.argCount).toBe(expected.length - 1);
        expect(expected.map((_, n) => line.text(n))).toEqual(expected);
        expect(expected.map((_, n) => line.raw(n).toString('latin1'))).toEqual(expected);
        expect(line.raw(expected.length)).toHaveLength(0);
      }),
    );
  });

  it('keeps raw bytes in a description', () => {
    const bytes = Buffer.from('ff00', 'hex');
    expect(new CommandLine(bytes, 0, 2).withRaw('is ', 0).toString('latin1')).toBe('is \xff\0');
  });
});
