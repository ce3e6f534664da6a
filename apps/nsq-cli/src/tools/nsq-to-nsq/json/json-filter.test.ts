import fc from 'fast-check';
import { createJsonFilter, type JsonFilterOptions } from './json-filter.js';

function filter(body: string | Buffer, options: Partial<JsonFilterOptions>): string {
  const run = createJsonFilter({ requireField: '', requireValue: '', keepFields: [], ...options });
  const result = run?.(Buffer.from(body));
  return result?.kind === 'pass' ? result.body.toString() : (result?.kind ?? 'no filter');
}

it('is none without a field to look at', () => {
  expect(filter('x', { requireValue: '1' })).toBe('no filter');
});

describe('a required field', () => {
  const body = '{ "s":"5","n":5,"b":true,"z":null,"big":9007199254740993 }';
  it.each<[string, string, string]>([
    ['s', '', body],
    ['z', '', body],
    ['none', '', 'drop'],
    ['none', '1', 'incomplete'],
    ['constructor', '', 'drop'],
    ['s', '5', body],
    ['s', '5.0', 'drop'],
    ['n', '5.0', body],
    ['n', '5e0', body],
    ['n', '+5', body],
    ['n', '6', 'drop'],
    ['n', '', body],
    ['n', 'five', 'drop'],
    ['b', 'true', 'drop'],
    ['z', 'null', 'drop'],
    ['big', '9007199254740992', body],
  ])('%s with value %j: %s', (requireField, requireValue, expected) => {
    expect(filter(body, { requireField, requireValue })).toBe(expected);
  });

  it.each(['x', '', '[1]', '1', '"s"', '{"a":1e999}', '\ufeff{}', '{"a":1} x', `{"a":${'['.repeat(10_001)}${']'.repeat(10_001)}}`])(
    'refuses what is no JSON object: %.20s',
    (text) => {
      expect(filter(text, { requireField: 'a' })).toBe('invalid');
    },
  );

  it('takes null for an object without fields', () => {
    expect(filter('null', { requireField: 'a' })).toBe('drop');
    expect(filter(' null ', { keepFields: ['a'] })).toBe('{}');
  });
});

describe('a whitelist', () => {
  it.each<[string, readonly string[], string]>([
    ['{"b":1,"a":2,"c":3}', ['c', 'a', 'none', 'a'], '{"a":2,"c":3}'],
    ['{"a":9007199254740993}', ['a'], '{"a":9007199254740992}'],
    ['{"a":1234567890123456789,"b":{"c":1234567890123456789}}', ['a', 'b'], '{"a":1234567890123456768,"b":{"c":1234567890123456800}}'],
    ['{"a":10.0,"b":[1.50,1e300,-0,1e-7,1e20]}', ['a', 'b'], '{"a":10,"b":[1.5,1e+300,-0,1e-7,100000000000000000000]}'],
    ['{"a":-0.0}', ['a'], '{"a":0}'],
    ['{"a":"<b>&\u2028"}', ['a'], String.raw`{"a":"\u003cb\u003e\u0026\u2028"}`],
    ['{"<":1}', ['<'], String.raw`{"\u003c":1}`],
    [String.raw`{"a":"\b\f\n\\b\\\b\u0001\/é"}`, ['a'], String.raw`{"a":"\u0008\u000c\n\\b\\\u0008\u0001/é"}`],
    [String.raw`{"a":"\ud800x"}`, ['a'], '{"a":"\ufffdx"}'],
    ['{"a":{"z":1,"b":{"y":[],"x":{}}}}', ['a'], '{"a":{"b":{"x":{},"y":[]},"z":1}}'],
    ['{"__proto__":{"a":1}}', ['__proto__'], '{"__proto__":{"a":1}}'],
  ])('of %j: %j gives %s', (body, keepFields, expected) => {
    expect(filter(body, { keepFields })).toBe(expected);
  });

  it('keeps values as they are, deep ones too', () => {
    const deep = `${'['.repeat(9_000)}${']'.repeat(9_000)}`;
    expect(filter(`{"a":${deep}}`, { keepFields: ['a'] })).toBe(`{"a":${deep}}`);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const kept = filter(JSON.stringify({ a: value, b: 1 }), { keepFields: ['a'] });
        expect(JSON.parse(kept)).toEqual(JSON.parse(JSON.stringify({ a: value })));
      }),
    );
  });
});
