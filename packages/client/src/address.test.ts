import { formatHostPort, parseAddress } from './address.js';

it.each([
  ['127.0.0.1:4150', { host: '127.0.0.1', port: 4150, text: '127.0.0.1:4150' }],
  ['nsqd.example', { host: 'nsqd.example', port: 4150, text: 'nsqd.example:4150' }],
  ['[::1]:5000', { host: '::1', port: 5000, text: '[::1]:5000' }],
  ['[fe80::1%eth0]', { host: 'fe80::1%eth0', port: 4150, text: '[fe80::1%eth0]:4150' }],
  ['/run/nsqd.sock', { path: '/run/nsqd.sock', text: '/run/nsqd.sock' }],
  ['unix:///run/nsqd.sock', { path: '/run/nsqd.sock', text: '/run/nsqd.sock' }],
  ['unix:nsqd.sock', { path: 'nsqd.sock', text: 'nsqd.sock' }],
])('reads %s', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

it.each(['', ':4150', 'a:b', 'a:0', 'a:65536', 'a:1:2', '::1', 'tcp://a:1', 'unix:', 'a b:1'])('refuses %j', (text) => {
  expect(() => parseAddress(text)).toThrow(TypeError);
});

it.each(['host:1', '[::1]:4150'])('writes %s back', (text) => {
  const { host = '', port = 0 } = parseAddress(text);
  expect(formatHostPort(host, port)).toBe(text);
});
