const WORD = 2 ** 32;

/** A parsed decimal parameter: exact for every value that is in range anywhere, and still printable when it is not. */
export interface Decimal {
  /** The value as a signed 64-bit integer; beyond 2^53 it has lost precision but not its sign. */
  readonly value: number;
  /** The value as an unsigned 64-bit integer, for error texts. */
  readonly unsigned: string;
}

/**
 * Parses digits `from` (inclusive) to `to` (exclusive). No sign, space or exponent. Nothing at all is 0. Wider numbers wrap
 * modulo 2^64, as in the reference. `undefined` when a byte is not a digit.
 */
export function parseDecimal(bytes: Buffer, from: number, to: number): Decimal | undefined {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? { value, unsigned: String(value) } : wrapped(bytes, from, to);
}

// Word by word: making a BigInt of a whole line of digits takes quadratic time.
function wrapped(bytes: Buffer, from: number, to: number): Decimal {
  let hi = 0;
  let lo = 0;
  for (let i = from; i < to; i++) {
    lo = lo * 10 + ((bytes[i] ?? 0) - 0x30);
    const carry = Math.floor(lo / WORD);
    lo -= carry * WORD;
    hi = (hi * 10 + carry) % WORD;
  }
  const exact = (BigInt(hi) << 32n) | BigInt(lo);
  return { value: Number(BigInt.asIntN(64, exact)), unsigned: exact.toString() };
}

/** The value as the reference prints it where it takes it for signed. */
export function signedText(decimal: Decimal): string {
  return BigInt.asIntN(64, BigInt(decimal.unsigned)).toString();
}

/** Milliseconds as the reference sees them after its conversion to nanoseconds, which wraps at 64 bits. */
export function wrapMilliseconds(decimal: Decimal): number {
  if (Number.isSafeInteger(decimal.value) && Math.abs(decimal.value) < 9_223_372_036_854) return decimal.value;
  const nanoseconds = BigInt.asIntN(64, BigInt(decimal.unsigned) * 1_000_000n);
  return Number(nanoseconds) / 1e6;
}
