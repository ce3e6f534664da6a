import { quote } from './go-text.js';
import { ValueError } from './value-error.js';

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

const FLAG_INTEGER = /^[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|(?<octal>0(?:_?[0-7])+)|[1-9](?:_?[0-9])*|0)$/;
const DECIMAL_INTEGER = /^[+-]?[0-9]+$/;
const FLOAT = /^[+-]?(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** A 64-bit integer as a number. Beyond 2^53 it is rounded: no size or count comes near. */
export function fromInt64(value: bigint): number {
  if (value < LOWEST || value > HIGHEST) throw new ValueError('value out of range');
  return Number(value);
}

function unsigned(text: string): { negative: boolean; digits: string } {
  return { negative: text.startsWith('-'), digits: text.replace(/^[+-]/, '') };
}

/** An integer as a flag takes it: `42`, `0x2a`, `0o52`, `052` (octal), `0b101010`, `4_2`. */
export function parseFlagInteger(text: string): number {
  const match = FLAG_INTEGER.exec(text);
  if (match === null) throw new ValueError('parse error');
  const { negative, digits } = unsigned(text.replaceAll('_', ''));
  const value = BigInt(match.groups?.['octal'] === undefined ? digits : `0o${digits}`);
  return fromInt64(negative ? -value : value);
}

/** An integer as a string in the config file holds it: decimal only. */
export function parseDecimalInteger(text: string): number {
  const fail = (reason: string): ValueError => new ValueError(`strconv.ParseInt: parsing ${quote(text)}: ${reason}`);
  if (!DECIMAL_INTEGER.test(text)) throw fail('invalid syntax');
  const { negative, digits } = unsigned(text);
  const value = negative ? -BigInt(digits) : BigInt(digits);
  if (value < LOWEST || value > HIGHEST) throw fail('value out of range');
  return Number(value);
}

/** A finite decimal number, with or without fraction and exponent. */
export function parseFloatText(text: string): number {
  const value = FLOAT.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  if (!Number.isFinite(value)) throw new ValueError(`Could not parse: ${text}`);
  return value;
}

/** `1 t T true TRUE True` or `0 f F false FALSE False`; undefined for anything else. */
export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/** {@link parseBoolean} with the reference's error. */
export function requireBoolean(text: string): boolean {
  const value = parseBoolean(text);
  if (value === undefined) throw new ValueError(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
  return value;
}
