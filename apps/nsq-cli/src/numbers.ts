import { InvalidArgumentError, Option } from 'commander';
import { formatDuration, parseDuration } from '@nsq/options';

/** A parser of an option's value: a whole number within bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It has to be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** A parser of an option's value: a duration such as `500ms` or `1m30s`, within bounds. All are milliseconds. */
export function duration(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = durationOf(text);
    if (value === null || value < min || value > max) {
      throw new InvalidArgumentError(
        `It has to be a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as 500ms or 1m30s.`,
      );
    }
    return value;
  };
}

function durationOf(text: string): number | null {
  try {
    return parseDuration(text);
  } catch {
    return null;
  }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30 };

/** A parser of an option's value: a size in bytes, such as `500000`, `100MB` or `1GiB`, within bounds. */
export function bytes(min: number, max: number): (text: string) => number {
  return (text) => {
    const [, digits = '', unit = ''] = /^(\d+) ?((?:[kmg]i?)?)b?$/i.exec(text) ?? [];
    const value = digits === '' ? Number.NaN : Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
    if (!(value >= min && value <= max)) throw new InvalidArgumentError('It has to be a size such as 500000, 100MB or 1GiB.');
    return value;
  };
}

/** An option whose value is a duration, milliseconds, with its default in the help. */
export function durationOption(flags: string, description: string, [min, max]: readonly [number, number], byDefault: number): Option {
  return new Option(flags, description).argParser(duration(min, max)).default(byDefault, formatDuration(byDefault));
}
