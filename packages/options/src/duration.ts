import { quote } from './go-text.js';
import { ValueError } from './value-error.js';

const MICROSECOND = 1_000n;
const MILLISECOND = 1_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const LIMIT = 2n ** 63n; // nanoseconds: the reference's durations are 64-bit

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', MICROSECOND],
  ['µs', MICROSECOND], // U+00B5, micro sign
  ['μs', MICROSECOND], // U+03BC, Greek letter
  ['ms', MILLISECOND],
  ['s', SECOND],
  ['m', MINUTE],
  ['h', HOUR],
]);

const PART = /(\d*)(?:\.(\d*))?([^.\d]*)/y;
const MAX_FRACTION_DIGITS = 18; // further ones are below a nanosecond in every unit

function nanosecondsOf(text: string): bigint {
  const invalid = (): ValueError => new ValueError(`time: invalid duration ${quote(text)}`);
  const negative = text.startsWith('-');
  let at = negative || text.startsWith('+') ? 1 : 0;
  if (text.slice(at) === '0') return 0n;
  if (at === text.length) throw invalid();
  let total = 0n;
  while (at < text.length) {
    PART.lastIndex = at;
    const [part = '', whole = '', fraction = '', unit = ''] = PART.exec(text) ?? [];
    if (whole === '' && fraction === '') throw invalid();
    if (unit === '') throw new ValueError(`time: missing unit in duration ${quote(text)}`);
    const scale = UNITS.get(unit);
    if (scale === undefined) throw new ValueError(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    const digits = fraction.slice(0, MAX_FRACTION_DIGITS);
    total += BigInt(whole) * scale + (BigInt(digits) * scale) / 10n ** BigInt(digits.length);
    if (total > LIMIT) throw invalid();
    at += part.length;
  }
  if (total === LIMIT && !negative) throw invalid();
  return negative ? -total : total;
}

/**
 * Reads a duration such as `250ms`, `1.5s`, `1h30m`, `-5s` or a bare `0`; units are `ns`, `us`, `ms`, `s`, `m`, `h`.
 * @returns milliseconds, with a fraction for what is below one. Exact to the nanosecond up to 50 days, to 16 digits above.
 * @throws {ValueError} when a number has no unit, a unit is unknown, or the duration exceeds 64 bits of nanoseconds (292 years).
 */
export function parseDuration(text: string): number {
  return Number(nanosecondsOf(text)) / 1e6;
}

/**
 * Milliseconds as whole nanoseconds, the unit of every duration in JSON.
 * @throws {RangeError} when `milliseconds` is not finite.
 */
export function toNanoseconds(milliseconds: number): bigint {
  const whole = Math.trunc(milliseconds); // apart from the fraction, so that the product stays exact
  return BigInt(whole) * MILLISECOND + BigInt(Math.round((milliseconds - whole) * 1e6));
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit).toString().padStart(unit.toString().length - 1, '0');
  const digits = unit === 1n ? '' : fraction.replace(/0+$/, '');
  return `${(value / unit).toString()}${digits === '' ? '' : `.${digits}`}`;
}

/**
 * Writes nanoseconds as the reference does: one unit below a second (`8.842062ms`), otherwise hours, minutes and seconds
 * (`1h0m0s`, `1m44.195769766s`). A number is rounded to whole nanoseconds.
 * @throws {RangeError} when the number is not finite.
 */
export function formatNanoseconds(nanoseconds: bigint | number): string {
  const signed = typeof nanoseconds === 'bigint' ? nanoseconds : BigInt(Math.round(nanoseconds));
  const sign = signed < 0n ? '-' : '';
  const value = signed < 0n ? -signed : signed;
  if (value === 0n) return '0s';
  if (value < MICROSECOND) return `${sign}${value.toString()}ns`;
  if (value < MILLISECOND) return `${sign}${decimal(value, MICROSECOND)}µs`;
  if (value < SECOND) return `${sign}${decimal(value, MILLISECOND)}ms`;
  const hours = value >= HOUR ? `${(value / HOUR).toString()}h` : '';
  const minutes = value >= MINUTE ? `${((value % HOUR) / MINUTE).toString()}m` : '';
  return `${sign}${hours}${minutes}${decimal(value % MINUTE, SECOND)}s`;
}

/** {@link formatNanoseconds} for milliseconds, the unit of resolved options. */
export function formatDuration(milliseconds: number): string {
  return formatNanoseconds(toNanoseconds(milliseconds));
}
