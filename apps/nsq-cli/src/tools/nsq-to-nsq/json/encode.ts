/** A text that is part of the output as it is. */
class Piece {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const COMMA = new Piece(',');
const COLON = new Piece(':');
const END_ARRAY = new Piece(']');
const END_OBJECT = new Piece('}');

/**
 * JSON as the reference's tools write it: sorted keys, `<`, `>`, `&` and U+2028, U+2029 escaped, numbers as doubles. Without recursion, as depth is what
 * the sender chooses.
 */
export function encodeJson(root: unknown): string {
  const out: string[] = [];
  const todo: unknown[] = [root]; // last first
  while (todo.length > 0) {
    const value = todo.pop();
    if (value instanceof Piece) out.push(value.text);
    else if (Array.isArray(value)) {
      out.push('[');
      todo.push(END_ARRAY);
      for (let i = value.length - 1; i >= 0; i--) {
        todo.push(value[i]);
        if (i > 0) todo.push(COMMA);
      }
    } else if (typeof value === 'object' && value !== null) {
      out.push('{');
      todo.push(END_OBJECT);
      const entries = Object.entries(value).sort(byBytes);
      for (let i = entries.length - 1; i >= 0; i--) {
        const [key, item] = entries[i] as [string, unknown];
        todo.push(item, COLON, new Piece(encodeString(key)));
        if (i > 0) todo.push(COMMA);
      }
    } else out.push(encodeScalar(value));
  }
  return out.join('');
}

/** A number that is whole is written in all its digits, as the reference does for fields of the object itself, not below. */
export function encodeField(value: unknown): string {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value).toString() : encodeJson(value);
}

export function encodeString(text: string): string {
  const wellFormed = text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
  return JSON.stringify(wellFormed)
    .replaceAll(/\\[bf]/g, (escape, at: number, all: string) => (isEscaped(all, at) ? escape : escape === '\\b' ? '\\u0008' : '\\u000c'))
    .replaceAll(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Whether the backslash at this place is itself the end of an escape. */
function isEscaped(text: string, at: number): boolean {
  let before = 0;
  while (text[at - 1 - before] === '\\') before++;
  return before % 2 === 1;
}

function encodeScalar(value: unknown): string {
  if (typeof value === 'string') return encodeString(value);
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

export function byBytes([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
