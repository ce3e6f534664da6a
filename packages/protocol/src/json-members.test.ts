import fc from 'fast-check';
import { eachMember } from './json-members.js';

function members(text: string): [string, string][] | false {
  const found: [string, string][] = [];
  return eachMember(text, (key, literal) => found.push([key, literal])) && found;
}

describe('eachMember', () => {
  it('finds what JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (object, space) => {
        const found = members(JSON.stringify(object, null, space));
        if (found === false) throw new Error('no object');
        const back = found.map(([key, literal]): [string, unknown] => [key, JSON.parse(literal)]);
        expect(Object.fromEntries(back)).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it('throws exactly where JSON.parse throws', () => {
    const tokens = fc.constantFrom('{', '}', '[', ']', ':', ',', '"a"', '"\\""', '"', '\\', '1', 'null', ' ', '{"a":1}', '-');
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 8 }), (list) => {
        const text = list.join('');
        let sound = true;
        try {
          JSON.parse(text);
        } catch {
          sound = false;
        }
        if (sound) members(text);
        else expect(() => members(text)).toThrow(SyntaxError);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{}', []],
    [' { } ', []],
    ['null', []],
    [
      '{"a":1,"a":2.0 , "A":"x,:}\\"" }',
      [
        ['a', '1'],
        ['a', '2.0'],
        ['A', '"x,:}\\""'],
      ],
    ],
    [
      '{"\\u0061":{"b":[1,{"c":2}]},"d":[]}',
      [
        ['a', '{"b":[1,{"c":2}]}'],
        ['d', '[]'],
      ],
    ],
    ['{"__proto__":1}', [['__proto__', '1']]],
    ['[1,2]', false],
    ['"a"', false],
    ['1', false],
    ['true', false],
  ])('%s', (text, expected) => {
    expect(members(text)).toEqual(expected);
  });

  it('follows 10 000 levels and no more', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(members(`{"a":${nested(9_999)}}`)).toHaveLength(1);
    expect(() => members(`{"a":${nested(10_000)}}`)).toThrow(SyntaxError);
  });
});
