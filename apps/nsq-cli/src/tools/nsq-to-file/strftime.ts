const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const two = (value: number): string => String(value).padStart(2, '0');
const nameOf = (names: readonly string[], index: number): string => names[index] ?? '';

const TOKENS: Readonly<Record<string, (at: Date) => string>> = {
  Y: (at) => String(at.getFullYear()).padStart(4, '0'),
  y: (at) => two(at.getFullYear() % 100),
  m: (at) => two(at.getMonth() + 1),
  b: (at) => nameOf(MONTHS, at.getMonth()).slice(0, 3),
  B: (at) => nameOf(MONTHS, at.getMonth()),
  d: (at) => two(at.getDate()),
  a: (at) => nameOf(DAYS, at.getDay()).slice(0, 3),
  A: (at) => nameOf(DAYS, at.getDay()),
  H: (at) => two(at.getHours()),
  I: (at) => two(at.getHours() % 12 === 0 ? 12 : at.getHours() % 12),
  M: (at) => two(at.getMinutes()),
  S: (at) => two(at.getSeconds()),
  p: (at) => (at.getHours() < 12 ? 'AM' : 'PM'),
  Z: zoneName,
  z: (at) => {
    const minutes = -at.getTimezoneOffset();
    const size = Math.abs(minutes);
    return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
  },
  '%': () => '%',
};

/** Local time in this format. A letter that has no meaning stays as it is, with its percent sign. */
export function strftime(format: string, at: Date): string {
  return format.replaceAll(/%(.)/gs, (whole, letter: string) => (Object.hasOwn(TOKENS, letter) ? (TOKENS[letter]?.(at) ?? whole) : whole));
}

/** Each locale knows the short names of its own zones only. */
function zoneName(at: Date): string {
  const names = ['en-US', 'en-GB', 'en-AU'].map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(at);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  });
  return names.find((name) => !/[+-]/.test(name)) ?? names[0] ?? '';
}
