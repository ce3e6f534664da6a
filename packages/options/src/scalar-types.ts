import { formatDuration, parseDuration, toNanoseconds } from './duration.js';
import { showToml, tomlTypeName } from './go-text.js';
import { fromInt64, parseBoolean, parseDecimalInteger, parseFlagInteger, parseFloatText, requireBoolean } from './numbers.js';
import type { OptionType, RenderedOption } from './option.js';
import type { TomlValue } from './toml.js';
import { ValueError } from './value-error.js';

const NANOSECONDS_PER_MS = 1_000_000n;

export const asJson = (value: unknown): RenderedOption => ({ json: true, body: JSON.stringify(value) });
export const asText = (value: string): RenderedOption => ({ json: false, body: value });

export function wrongType(wanted: string, value: TomlValue): ValueError {
  return new ValueError(`invalid ${wanted} value type ${tomlTypeName(value)}`);
}

export const stringType: OptionType<string> = {
  placeholder: 'string',
  zero: '',
  fromFlag: (text) => text,
  fromToml: (value) => {
    if (typeof value !== 'string') throw wrongType('string', value);
    return value;
  },
  show: (value) => value,
  render: asText,
};

export const intType: OptionType<number> = {
  placeholder: 'int',
  zero: '0',
  fromFlag: parseFlagInteger,
  fromToml: (value) => {
    if (typeof value === 'bigint') return fromInt64(value);
    if (typeof value === 'string') return parseDecimalInteger(value);
    throw wrongType('int64', value);
  },
  show: String,
  render: asJson,
};

export const floatType: OptionType<number> = {
  placeholder: 'float',
  zero: '0',
  fromFlag: (text) => {
    try {
      return parseFloatText(text);
    } catch {
      throw new ValueError('parse error');
    }
  },
  fromToml: (value) => {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value === 'bigint') return Number(value);
    throw wrongType('float64', value);
  },
  show: String,
  render: asJson,
};

export const boolType: OptionType<boolean> = {
  placeholder: '',
  zero: 'false',
  fromFlag: (text) => {
    const value = parseBoolean(text);
    if (value === undefined) throw new ValueError('parse error');
    return value;
  },
  fromToml: (value) => {
    if (typeof value === 'boolean') return value;
    // The reference takes 0 for true and 1 for false; here they mean what they say.
    if (typeof value === 'string' || typeof value === 'bigint') return requireBoolean(showToml(value));
    throw wrongType('bool', value);
  },
  show: String,
  render: asJson,
};

export const durationType: OptionType<number> = {
  placeholder: 'duration',
  zero: '0s',
  fromFlag: (text) => {
    try {
      return parseDuration(text);
    } catch (error) {
      if (error instanceof ValueError) throw new ValueError('parse error');
      throw error;
    }
  },
  fromToml: (value) => {
    if (typeof value === 'string') return parseDuration(value);
    if (typeof value !== 'bigint') throw wrongType('time.Duration', value);
    fromInt64(value * NANOSECONDS_PER_MS); // a bare integer counts milliseconds
    return Number(value);
  },
  show: formatDuration,
  render: (value) => ({ json: true, body: toNanoseconds(value).toString() }),
};
