import fc from 'fast-check';
import { quote } from './quote.js';

const ESCAPES: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** The bytes that a quoted text stands for. */
function unquote(text: string): Buffer {
  expect(text).toMatch(/^".*"$/su);
  const tokens = text.slice(1, -1).match(/\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\[abtnvfr"\\]|[^\\"]/gsu) ?? [];
  expect(tokens.join('')).toBe(text.slice(1, -1));
  return Buffer.concat(
    tokens.map((token) => {
      if (!token.startsWith('\\')) return Buffer.from(token);
      if (token.startsWith('\\x')) return Buffer.from(token.slice(2), 'hex');
      if (/^\\[uU]/.test(token)) return Buffer.from(String.fromCodePoint(Number.parseInt(token.slice(2), 16)));
      return Buffer.of(ESCAPES[token.slice(1)] ?? 0);
    }),
  );
}

describe('quote', () => {
  it.each([
    [Buffer.from(''), '""'],
    [Buffer.from('foo"bar$'), '"foo\\"bar$"'],
    [Buffer.from('ff017f5c', 'hex'), '"\\xff\\x01\\x7f\\\\"'],
    [Buffer.from('é😀'), '"é😀"'],
    [Buffer.from('\u2028'), '"\\u2028"'],
    [Buffer.from('\x07\b\t\n\v\f\r\0'), '"\\a\\b\\t\\n\\v\\f\\r\\x00"'],
    [Buffer.from('a b'), '"a b"'],
    [Buffer.from('\u00a0\u0085\u00ad\ufeff'), '"\\u00a0\\u0085\\u00ad\\ufeff"'],
    [Buffer.from('\u{e0001}\u{10ffff}'), '"\\U000e0001\\U0010ffff"'],
    // Overlong, a surrogate, beyond Unicode, cut short, and U+FFFD itself, which is a character.
    [Buffer.from('c0af', 'hex'), '"\\xc0\\xaf"'],
    [Buffer.from('e08080', 'hex'), '"\\xe0\\x80\\x80"'],
    [Buffer.from('eda080', 'hex'), '"\\xed\\xa0\\x80"'],
    [Buffer.from('f4908080', 'hex'), '"\\xf4\\x90\\x80\\x80"'],
    [Buffer.from('f09f98', 'hex'), '"\\xf0\\x9f\\x98"'],
    [Buffer.from('e282', 'hex'), '"\\xe2\\x82"'],
    [Buffer.from('\ufffd'), '"\ufffd"'],
  ])('%j', (bytes, text) => {
    expect(quote(bytes)).toBe(text);
  });

  it('can be undone, so it hides nothing, and has no control character', () => {
    const inputs = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary', maxLength: 30 }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(inputs, (bytes) => {
        const text = quote(bytes);
        expect(unquote(text)).toEqual(bytes);
        expect(text).not.toMatch(/\p{C}/u);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes one character for what the platform decodes as one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 4 }), (bytes) => {
        const valid = Buffer.from(Buffer.from(bytes).toString()).equals(bytes);
        expect(quote(Buffer.from(bytes)).includes('\\x')).toBe(
          !valid || bytes.some((byte) => byte === 127 || (byte < 32 && (byte < 7 || byte > 13))),
        );
      }),
    );
  });
});
