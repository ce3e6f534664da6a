import fc from 'fast-check';

import { parseDecimalInteger, parseFlagInteger, parseFloatText } from './numbers.js';

const BASES = [
  ['', 10],
  ['0x', 16],
  ['0X', 16],
  ['0o', 8],
  ['0', 8],
  ['0b', 2],
] as const;

it('reads an integer in any base, with underscores between digits', () => {
  const integer = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(integer, fc.constantFrom(...BASES), fc.boolean(), fc.boolean(), (value, [prefix, base], negative, spaced) => {
      const digits = value
        .toString(base)
        .split('')
        .join(spaced ? '_' : '');
      const text = `${negative ? '-' : ''}${prefix}${digits}`;
      expect(parseFlagInteger(text)).toBe(negative && value > 0 ? -value : value);
    }),
  );
});

it('throws nothing but ValueError, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?0?[xob]?[0-9a-f_]*$/)), (text) => {
      try {
        expect(Number.isInteger(parseFlagInteger(text))).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ name: 'ValueError' });
      }
    }),
  );
});

it.each([
  ['0x10', 16],
  ['010', 8],
  ['0_7', 7],
  ['0x_1f', 31],
  ['+0b1_0', 2],
  ['1_000', 1000],
  ['-9223372036854775808', -(2 ** 63)],
])('reads the flag value %s as %d', (text, value) => {
  expect(parseFlagInteger(text)).toBe(value);
});

it.each(['', '-', '08', '0x', '0_', '_1', '1_', '1__0', '1.0', '1e3', ' 1', '0xg', '0b2', 'abc'])('refuses the flag value %p', (text) => {
  expect(() => parseFlagInteger(text)).toThrow('parse error');
});

it.each(['99999999999999999999', '9223372036854775808', '-9223372036854775809', '0xffffffffffffffff'])('finds %s out of range', (text) => {
  expect(() => parseFlagInteger(text)).toThrow('value out of range');
});

it.each(['0x10', '1_0', '', '1.0'])('takes decimal strings only in a config file: refuses %p', (text) => {
  expect(() => parseDecimalInteger(text)).toThrow(`strconv.ParseInt: parsing "${text}": invalid syntax`);
});

it('reads decimal strings of a config file, leading zeros included', () => {
  expect([parseDecimalInteger('77'), parseDecimalInteger('-010')]).toEqual([77, -10]);
  expect(() => parseDecimalInteger('9223372036854775808')).toThrow(/value out of range$/);
});

it.each(['', 'abc', '0x1', 'NaN', 'Infinity', '1e999', '1..2', '.', ' 1', '1_'])('refuses the float %p', (text) => {
  expect(() => parseFloatText(text)).toThrow(`Could not parse: ${text}`);
});

it.each([
  ['1', 1],
  ['0.99', 0.99],
  ['.5', 0.5],
  ['1.', 1],
  ['9.9e-1', 0.99],
])('reads the float %s', (text, value) => {
  expect(parseFloatText(text)).toBe(value);
});
