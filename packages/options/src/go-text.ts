import type { TomlValue } from './toml.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

function quoteChar(char: string): string {
  const escape = ESCAPES[char];
  if (escape !== undefined) return escape;
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

/** A text in double quotes, with everything escaped that would break a log line: the reference's `%q`. */
export function quote(text: string): string {
  return `"${Array.from(text, quoteChar).join('')}"`;
}

/** A config value as the reference's messages show it: strings bare, lists as `[a b]`, tables as `map[k:v]`. */
export function showToml(value: TomlValue): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(showToml).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([key, item]) => `${key}:${showToml(item)}`);
    return `map[${entries.sort().join(' ')}]`;
  }
  return String(value);
}

/** The name the reference's messages give to the type of a config value. */
export function tomlTypeName(value: TomlValue): string {
  if (value instanceof Date) return 'time.Time';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'boolean' ? 'bool' : 'map[string]interface {}';
}
