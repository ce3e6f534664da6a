const SPECIAL = /[<>&\u2028\u2029]/;
const ALL_SPECIAL = /[<>&\u2028\u2029]/g;

/**
 * JSON as the reference's HTTP API writes it: compact, no newline at the end, keys in the order of the object, and `<`, `>`, `&`,
 * U+2028 and U+2029 escaped, so that it can stand inside HTML and JavaScript.
 * @throws {TypeError} for values JSON has no form for: bigint, cycles, undefined, functions
 */
export function goJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`${typeof value} has no JSON form`);
  // Outside of strings none of these characters occurs in JSON.
  return SPECIAL.test(text) ? text.replace(ALL_SPECIAL, escape) : text;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
