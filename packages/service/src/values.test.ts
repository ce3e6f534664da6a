import fc from 'fast-check';
import { goJson } from './go-json.js';
import { systemErrorText } from './system-error.js';

describe('goJson', () => {
  it('escapes what could end a script or a line of one', () => {
    expect(goJson({ 'a<b': 'x&y>z\u2028\u2029', n: [1, null, true] })).toBe(
      '{"a\\u003cb":"x\\u0026y\\u003ez\\u2028\\u2029","n":[1,null,true]}',
    );
  });

  it('reads back as what was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = goJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[<>&\u2028\u2029]/);
      }),
    );
  });

  it.each([[undefined], [() => 1], [1n]])('refuses %p', (value) => {
    expect(() => goJson(value)).toThrow(TypeError);
  });
});

it.each([
  [{ code: 'EADDRINUSE', errno: -98, message: 'x' }, 'address already in use'],
  [{ code: 'EADDRNOTAVAIL', errno: -99, message: 'x' }, 'cannot assign requested address'],
  [{ code: 'ENOENT', errno: -2, message: 'x' }, 'no such file or directory'],
  [new Error('own words'), 'own words'],
  ['text', 'text'],
])('puts %p into the words of the reference', (error, text) => {
  expect(systemErrorText(error)).toBe(text);
});
