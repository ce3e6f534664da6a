import { bytes } from './numbers.js';

it.each([
  ['500000', 500_000],
  ['100MB', 100e6],
  ['1GiB', 2 ** 30],
  ['2k', 2_000],
])('reads the size %s', (text, expected) => {
  expect(bytes(1, 2 ** 40)(text)).toBe(expected);
});

it.each(['', '0', 'MB', '1.5MB', '-1', '9999999GB'])('refuses the size %j', (text) => {
  expect(() => bytes(1, 2 ** 40)(text)).toThrow('It has to be a size such as 500000, 100MB or 1GiB.');
});
