import fc from 'fast-check';
import { authJson, authQuery, authUrl, ipOf, type AuthSubject } from './auth-query.js';

const subject = (differs: Partial<AuthSubject> = {}): AuthSubject => ({
  secret: Buffer.from('secret'),
  remoteIp: '127.0.0.1',
  tls: false,
  commonName: '',
  ...differs,
});

it.each([
  ['127.0.0.1:4181', 'http://127.0.0.1:4181/auth'],
  ['[::1]:4181', 'http://[::1]:4181/auth'],
  ['https://a.example/check', 'https://a.example/check'],
])('asks %s at %s', (address, url) => {
  expect(authUrl(address)).toBe(url);
});

it('writes a query as the reference does', () => {
  const secret = Buffer.from("a b+/=&%~-_.*'(\u00e9\u0000");
  const query = authQuery(subject({ secret, tls: true, commonName: 'CN=x', remoteIp: '::1' }));
  expect(query).toBe('common_name=CN%3Dx&remote_ip=%3A%3A1&secret=a+b%2B%2F%3D%26%25~-_.%2A%27%28%C3%A9%00&tls=true');
  expect(authQuery(subject({ secret: Buffer.from('ff00', 'hex') }))).toContain('secret=%FF%00&');
});

it('can be read back, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (secret, commonName) => {
      const read = new URLSearchParams(authQuery(subject({ secret: Buffer.from(secret), commonName })));
      expect([...read]).toEqual([
        ['common_name', commonName],
        ['remote_ip', '127.0.0.1'],
        ['secret', secret],
        ['tls', 'false'],
      ]);
    }),
  );
});

it('writes JSON of lists', () => {
  expect(authJson(subject({ secret: Buffer.from('x y&') }))).toBe(
    '{"common_name":[""],"remote_ip":["127.0.0.1"],"secret":["x y\\u0026"],"tls":["false"]}',
  );
});

it.each([
  ['127.0.0.1:50514', '127.0.0.1'],
  ['[::1]:50514', '::1'],
  ['@', ''],
])('takes from %s the address %j', (peer, ip) => {
  expect(ipOf(peer)).toBe(ip);
});
