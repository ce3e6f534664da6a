/** @throws {RangeError} that names the option, its bounds and the value, unless it is a whole number within them */
export function checkInteger(option: string, value: number, min: number, max: number, unit = ''): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${option} must be a whole number from ${min} to ${max}${unit === '' ? '' : ` ${unit}`}, got ${value}`);
}

/** The same for what need not be whole. */
export function checkNumber(option: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new RangeError(`${option} must be from ${min} to ${max}, got ${value}`);
}

/** The longest that Node's timers can wait. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export function checkMs(option: string, value: number, min = 1, max = MAX_TIMER_MS): number {
  return checkInteger(option, value, min, max, 'ms');
}
