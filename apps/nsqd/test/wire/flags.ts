export type OptionValue = string | number | boolean;

const UNIT_MS = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/;

/** Turns `--max-req-timeout=2s` into `{ maxReqTimeout: 2000 }`: camel case, numbers as numbers, durations in milliseconds. */
export function optionsFromFlags(flags: readonly string[]): Record<string, OptionValue> {
  return Object.fromEntries(
    flags.map((flag) => {
      const [, name = '', value = 'true'] = /^--?([a-z0-9-]+)(?:=(.*))?$/.exec(flag) ?? [];
      if (name === '') throw new Error(`not a flag: ${flag}`);
      return [name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), optionValue(value)];
    }),
  );
}

function optionValue(text: string): OptionValue {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?\d+$/.test(text)) return Number(text);
  if (!DURATION.test(text)) return text;
  const parts = [...text.matchAll(/([\d.]+)([a-z]+)/g)];
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS.get(unit) ?? NaN), 0);
}
