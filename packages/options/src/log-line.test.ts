import { formatLogLine, formatMicroseconds, parseLogLevel } from './log-line.js';

const start = new Date(2026, 0, 2, 3, 4, 5).getTime();

it.each([
  [0, '.000000'],
  [0.001, '.000001'],
  [983.695, '.983695'],
  [999.9996, '.000000'],
])('shows local time with microseconds, %d ms into the second', (offset, fraction) => {
  expect(formatMicroseconds(start + offset)).toBe(`2026/01/02 03:04:0${offset > 999.9995 ? 6 : 5}${fraction}`);
});

it('puts prefix, time, level and message on one line, with WARNING for warn', () => {
  expect(formatLogLine('[nsqd] ', start, 'warn', 'careful')).toBe('[nsqd] 2026/01/02 03:04:05.000000 WARNING: careful\n');
  expect(formatLogLine('', start, 'info', 'x')).toBe('2026/01/02 03:04:05.000000 INFO: x\n');
});

it.each(['warning', '', ' info', 'toString', '2'])('does not take %p for a level', (word) => {
  expect(() => parseLogLevel(word)).toThrow(`invalid log level '${word}' (debug, info, warn, error, fatal)`);
});
