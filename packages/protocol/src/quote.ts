const SHORT: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Length in bytes of the valid UTF-8 sequence at `at`, 0 when there is none. Overlong forms and surrogates are not valid. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/**
 * Client input in an error text, in double quotes: printable characters as they are, others as `\n`-like escapes,
 * `\xNN`, `\uNNNN` or `\UNNNNNNNN`; bytes that are not UTF-8 as `\xNN`.
 */
export function quote(bytes: Buffer): string {
  let out = '"';
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      out += `\\x${hex(bytes[at] ?? 0, 2)}`;
      at++;
      continue;
    }
    const char = bytes.toString('utf8', at, at + length);
    const code = char.codePointAt(0) ?? 0;
    const short = SHORT[code];
    if (short !== undefined) out += short;
    else if (PRINTABLE.test(char)) out += char;
    else if (code < 0x80) out += `\\x${hex(code, 2)}`;
    else out += code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
    at += length;
  }
  return `${out}"`;
}
