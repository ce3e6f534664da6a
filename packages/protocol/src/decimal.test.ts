import fc from 'fast-check';
import { parseDecimal, signedText, wrapMilliseconds } from './decimal.js';

const parse = (text: string): ReturnType<typeof parseDecimal> => parseDecimal(Buffer.from(`x${text}x`), 1, 1 + text.length);

// Short numbers, long ones, and the neighbourhood of every border.
const borders = [2n ** 53n, 2n ** 63n, 2n ** 64n, 2n ** 65n, 9_223_372_036_854n, 9_223_372_036_855n, 18_446_744_073_709n, 10n ** 30n];
const numbers = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 70n }),
  fc.bigInt({ min: 0n, max: 10n ** 15n }),
  fc.tuple(fc.constantFrom(...borders), fc.bigInt({ min: -3n, max: 3n })).map(([border, off]) => border + off),
);

describe('decimal parameters', () => {
  it('wrap at 64 bits as the reference does', () => {
    fc.assert(
      fc.property(numbers, fc.nat(30), (number, zeros) => {
        const decimal = parse('0'.repeat(zeros) + number.toString());
        if (decimal === undefined) throw new Error('not parsed');
        const signed = BigInt.asIntN(64, number);
        expect(decimal.unsigned).toBe(BigInt.asUintN(64, number).toString());
        expect(decimal.value).toBe(Number(signed));
        expect(signedText(decimal)).toBe(signed.toString());
        const nanoseconds = BigInt.asIntN(64, signed * 1_000_000n);
        const ms = wrapMilliseconds(decimal);
        expect(Math.sign(ms)).toBe(Number(nanoseconds > 0n) - Number(nanoseconds < 0n));
        expect(Math.abs(ms - Number(nanoseconds) / 1e6)).toBeLessThanOrEqual(Math.abs(ms) * 2 ** -50);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['', 0, '0'],
    ['0', 0, '0'],
    ['007', 7, '7'],
    ['9007199254740991', 9007199254740991, '9007199254740991'],
    ['9007199254740993', 9007199254740992, '9007199254740993'],
    ['18446744073709551615', -1, '18446744073709551615'],
    ['18446744073709551616', 0, '0'],
    ['18446744073709551617', 1, '1'],
  ])('%j is %d', (text, value, unsigned) => {
    expect(parse(text)).toEqual({ value, unsigned });
  });

  it.each(['-1', '+1', ' 1', '1 ', '1e3', '1.0', '0x10', '٣', '1\0', '99999999999999999999x'])('%j is no number', (text) => {
    expect(parseDecimal(Buffer.from(text), 0, Buffer.byteLength(text))).toBeUndefined();
  });

  it('reads as many digits as a line can have', () => {
    const digits = '9'.repeat(16_000);
    expect(parse(digits)?.unsigned).toBe(BigInt.asUintN(64, BigInt(digits)).toString());
  });
});
