import fc from 'fast-check';
import { HttpError } from './http-error.js';
import { parseQuery } from './query.js';

describe('parseQuery', () => {
  it('tells missing from empty', () => {
    const query = parseQuery('/pub?topic=&x');
    expect(query.get('topic')).toBe('');
    expect(query.get('x')).toBe('');
    expect(query.get('channel')).toBeUndefined();
    expect([query.has('topic'), query.has('channel'), query.has('toString')]).toEqual([true, false, false]);
  });

  it.each(['/pub', '/pub?', '/pub?&&'])('finds nothing in %s', (target) => {
    expect(parseQuery(target).has('')).toBe(false);
  });

  it('takes the first of repeated names, and the case of names as it is', () => {
    const query = parseQuery('/pub?topic=a&topic=b&Topic=c');
    expect([query.get('topic'), query.get('Topic')]).toEqual(['a', 'c']);
  });

  it.each([
    ['a+b%20c', 'a b c'],
    ['a%23ephemeral', 'a#ephemeral'],
    ['a#ephemeral', 'a#ephemeral'],
    ['a=b?c', 'a=b?c'],
    ['%C3%A9', 'é'],
    ['\u00c3\u00a9', 'é'],
    ['%ff', '\ufffd'],
    ['%2B%3b%26', '+;&'],
  ])('reads the value %j as %j', (text, value) => {
    expect(parseQuery(`/x?v=${text}`).get('v')).toBe(value);
  });

  it.each(['v=%zz', 'v=%', 'v=%4', '%g0=1', 'v=1&w=%%', 'v=1;w=2', 'v=1&;'])('refuses %s', (text) => {
    let thrown: unknown;
    try {
      parseQuery(`/x?${text}`);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(HttpError);
    expect(thrown).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      log: expect.stringMatching(/^failed to parse request params - /) as string,
    });
  });

  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), (name, value) => {
        const target = `/x?${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
        expect(parseQuery(target).get(name)).toBe(value);
        expect(parseQuery(`/x?${new URLSearchParams([[name, value]]).toString()}`).get(name)).toBe(value);
      }),
    );
  });

  it('gives values or an HttpError, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        try {
          parseQuery(`/x?${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(HttpError);
        }
      }),
    );
  });
});
