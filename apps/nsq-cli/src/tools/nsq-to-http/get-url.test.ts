import fc from 'fast-check';
import { escapeQuery, parseGetUrl } from './get-url.js';

it('puts the escaped body where %s stands', () => {
  const url = parseGetUrl('http://h/?a=%%20&b=%s&c=1');
  expect(url?.(Buffer.from('a b&c=é\0~'))).toBe('http://h/?a=%20&b=a+b%26c%3D%C3%A9%00~&c=1');
});

it.each(['http://h/', 'http://h/%s/%s', 'http://h/%%s'])('refuses %s', (template) => {
  expect(parseGetUrl(template)).toBeNull();
});

it('escapes so that a query gives the text back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(new URLSearchParams(`q=${escapeQuery(Buffer.from(text))}`).get('q')).toBe(text);
    }),
  );
});
