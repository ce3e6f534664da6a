import { statsdPrefix } from './statsd-prefix.js';

it.each([
  ['nsq.%s', '10.1.2.3', 20221, 'nsq.10_1_2_3_20221.'],
  ['foo', 'vm', 20221, 'foo.'],
  ['foo.', 'vm', 20221, 'foo.'],
  ['%s.%s', 'vm', 20221, 'vm_20221.vm_20221.'],
  ['nsq.%s', '::1', 20221, 'nsq.[__1]_20221.'],
  ['nsq.%s', '$&', 0, 'nsq.$&_0.'],
  ['', 'vm', 1, ''],
])('makes of %j for %s:%d the prefix %j', (template, host, port, prefix) => {
  expect(statsdPrefix(template, host, port)).toBe(prefix);
});
