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

/** An option whose value is a duration, milliseconds, with its default in the help. */
export function durationOption(flags: string, description: string, [min, max]: readonly [number, number], byDefault: number): Option {
  return new Option(flags, description).argParser(duration(min, max)).default(byDefault, formatDuration(byDefault));
}
