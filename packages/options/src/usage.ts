import { quote } from './go-text.js';
import type { Option, OptionTable } from './option.js';

function defaultText(option: Option<unknown>): string {
  const { type } = option;
  const text = type.show(option.defaultValue());
  if (text === type.zero) return '';
  return ` (default ${type.placeholder === 'string' ? quote(text) : text})`;
}

function describe(option: Option<unknown>): string {
  const { help, later, deprecated } = option;
  const notes = [
    later === null ? '' : ` [accepted, without effect until ${later} is in]`,
    deprecated === null ? '' : ` [deprecated: ${deprecated}]`,
  ];
  return `${help}${notes.join('')}${defaultText(option)}`;
}

/** The help text: each flag in name order with its type, description and default. */
export function usageText(program: string, table: OptionTable): string {
  const lines = [`Usage of ${program}:\n`];
  const shown = Object.values(table).flatMap((option) => (option.flag === null || option.hidden ? [] : [{ flag: option.flag, option }]));
  shown.sort((a, b) => (a.flag < b.flag ? -1 : 1));
  for (const { flag, option } of shown) {
    const { placeholder } = option.type;
    lines.push(`  -${flag}${placeholder === '' ? '' : ` ${placeholder}`}\n    \t${describe(option)}\n`);
  }
  return lines.join('');
}
