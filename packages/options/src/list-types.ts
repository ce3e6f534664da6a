import { tomlTypeName } from './go-text.js';
import { parseFloatText } from './numbers.js';
import type { OptionType } from './option.js';
import { asJson, wrongType } from './scalar-types.js';
import type { TomlValue } from './toml.js';
import { reasonOf, ValueError } from './value-error.js';

const showList = (list: readonly unknown[]): string => `[${list.map(String).join(' ')}]`;

function wrongElement(wanted: string, value: TomlValue): ValueError {
  return new ValueError(`invalid ${wanted} element type ${tomlTypeName(value)}`);
}

export const stringListType: OptionType<readonly string[]> = {
  placeholder: 'value',
  zero: '[]',
  fromFlag: (text, previous = []) => [...previous, text],
  fromToml: (value) => {
    if (typeof value === 'string') return value.split(',');
    if (!Array.isArray(value)) throw wrongType('[]string', value);
    return value.map((element) => {
      if (typeof element !== 'string') throw wrongElement('[]string', element);
      return element;
    });
  },
  show: showList,
  render: asJson,
};

function tomlFloat(value: TomlValue): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return Number(value); // the reference crashes on `[1, 0.9]`
  throw wrongElement('[]float64', value);
}

/** Flags sort what they gather, highest first; the config file keeps its order. */
export const floatListType: OptionType<readonly number[]> = {
  placeholder: 'value',
  zero: '[]',
  fromFlag: (text, previous = []) => {
    try {
      return [...previous, ...text.split(',').map(parseFloatText)].sort((a, b) => b - a);
    } catch (error) {
      throw new ValueError(reasonOf(error), { fatal: true });
    }
  },
  fromToml: (value) => {
    if (typeof value === 'string') return value.split(',').map((part) => parseFloatText(part.trim()));
    if (!Array.isArray(value)) throw wrongType('[]float64', value);
    return value.map(tomlFloat);
  },
  show: showList,
  render: asJson,
};
