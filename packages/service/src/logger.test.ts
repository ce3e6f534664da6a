import { LogLevel } from '@nsq/options';
import { Logger } from './logger.js';

const LEVELS = Object.keys(LogLevel) as LogLevel[];

function capture(level: LogLevel, prefix = '[nsqd] '): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const micros = new Date(2026, 10, 22, 13, 40, 23).getTime() * 1000 + 83695;
  return { lines, logger: new Logger({ level, prefix, clock: () => micros, write: (line) => lines.push(line) }) };
}

describe('Logger', () => {
  it('prints prefix, local time with microseconds, level and message', () => {
    const { logger, lines } = capture('info');
    logger.info('nsqd v1.3.0');
    logger.warn('careful');
    expect(lines).toEqual([
      '[nsqd] 2026/11/22 13:40:23.083695 INFO: nsqd v1.3.0\n',
      '[nsqd] 2026/11/22 13:40:23.083695 WARNING: careful\n',
    ]);
  });

  it.each(LEVELS)('prints %s and above when that is the level', (level) => {
    const { logger, lines } = capture(level);
    for (const each of LEVELS) logger[each]('x');
    expect(lines).toHaveLength(LEVELS.length - LEVELS.indexOf(level));
    for (const each of LEVELS) expect(logger.enabled(each)).toBe(LogLevel[each] >= LogLevel[level]);
  });

  it('follows a change of the level at once', () => {
    const { logger, lines } = capture('fatal');
    logger.debug('dropped');
    logger.level = 'debug';
    logger.debug('kept');
    expect(lines).toHaveLength(1);
  });

  it('calls a thunk only for a line that is printed', () => {
    const { logger, lines } = capture('info');
    const costly = jest.fn(() => 'costly');
    logger.debug(costly);
    expect(costly).not.toHaveBeenCalled();
    logger.error(costly);
    expect(lines[0]).toMatch(/ERROR: costly\n$/);
  });

  it('keeps a message on one line', () => {
    const { logger, lines } = capture('info', '');
    logger.info('a\n2026/11/22 00:00:00.000000 FATAL: forged\r\u2028\u0085\u001b[31m\tb');
    expect(lines[0]).toMatch(/INFO: a\\n2026\/11\/22 00:00:00.000000 FATAL: forged\\r\\u2028\\x85\\x1b\[31m\tb\n$/);
  });

  it('takes the time of the system', () => {
    const lines: string[] = [];
    const before = Date.now();
    new Logger({ write: (line) => lines.push(line) }).info('x');
    const match = /^(\d+)\/(\d+)\/(\d+) (\d+):(\d+):(\d+)\.(\d{3})\d{3} INFO: x\n$/.exec(lines[0] ?? '');
    const [year = 0, month = 0, ...rest] = (match ?? []).slice(1).map(Number);
    const [day = 0, hour = 0, minute = 0, second = 0, ms = 0] = rest;
    const time = new Date(year, month - 1, day, hour, minute, second, ms).getTime();
    expect(Math.abs(time - before)).toBeLessThan(1000);
  });
});
