import fc from 'fast-check';

import { formatDuration, formatNanoseconds, parseDuration } from './duration.js';

const EXACT = 2n ** 52n; // nanoseconds that milliseconds as a number still tell apart

it('reads back what it writes, to the nanosecond', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -EXACT, max: EXACT }), (nanoseconds) => {
      const text = formatNanoseconds(nanoseconds);
      expect(formatDuration(parseDuration(text))).toBe(text);
    }),
  );
});

it('throws nothing but ValueError, whatever the text', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+]?([0-9.]{0,6}(ns|us|µs|ms|s|m|h|d|)){0,4}$/));
  fc.assert(
    fc.property(text, (input) => {
      try {
        expect(Number.isFinite(parseDuration(input))).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ name: 'ValueError' });
      }
    }),
  );
});

it.each([
  ['0', 0],
  ['-0', 0],
  ['+5s', 5000],
  ['-5s', -5000],
  ['250ms', 250],
  ['1.5s', 1500],
  ['.5s', 500],
  ['1.s', 1000],
  ['1h30m', 5_400_000],
  ['1h1h', 7_200_000],
  ['3us', 0.003],
  ['3µs', 0.003],
  ['3μs', 0.003],
  ['733ns', 0.000733],
  ['0.3333333333333333333333h', 1_199_999.999999],
])('reads %s', (text, milliseconds) => {
  expect(parseDuration(text)).toBeCloseTo(milliseconds, 6);
});

it.each([
  ['', 'time: invalid duration ""'],
  ['-', 'time: invalid duration "-"'],
  ['.s', 'time: invalid duration ".s"'],
  ['abc', 'time: invalid duration "abc"'],
  ['+-5s', 'time: invalid duration "+-5s"'],
  ['60', 'time: missing unit in duration "60"'],
  ['1h30', 'time: missing unit in duration "1h30"'],
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  ['1 s', 'time: unknown unit " s" in duration "1 s"'],
  ['2562047h48m', 'time: invalid duration "2562047h48m"'],
  ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
])('refuses %p', (text, message) => {
  expect(() => parseDuration(text)).toThrow(new Error(message));
});

it.each([
  [0n, '0s'],
  [733n, '733ns'],
  [1_100n, '1.1µs'],
  [8_842_062n, '8.842062ms'],
  [999_999_999n, '999.999999ms'],
  [1_000_000_000n, '1s'],
  [60_000_000_000n, '1m0s'],
  [104_195_769_766n, '1m44.195769766s'],
  [3_600_000_000_000n, '1h0m0s'],
  [-1_500_000_000n, '-1.5s'],
])('writes %p ns as %s', (nanoseconds, text) => {
  expect(formatNanoseconds(nanoseconds)).toBe(text);
  expect(formatNanoseconds(Number(nanoseconds))).toBe(text);
});

it('accepts the lowest 64-bit duration', () => {
  expect(parseDuration('-9223372036854775808ns')).toBe(-(2 ** 63) / 1e6);
});

it('refuses to write what is not a finite number', () => {
  expect(() => formatDuration(Number.POSITIVE_INFINITY)).toThrow(RangeError);
});
