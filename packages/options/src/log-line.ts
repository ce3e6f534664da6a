import { ValueError } from './value-error.js';

/** The log levels, each with the number `/config/log_level` shows; a record is printed when its number is not below the configured one. */
export const LogLevel = { debug: 1, info: 2, warn: 3, error: 4, fatal: 5 } as const;
export type LogLevel = keyof typeof LogLevel;

const isLogLevel = (word: string): word is LogLevel => Object.hasOwn(LogLevel, word);

/**
 * Reads a level word in any letter case. `warning` is not one.
 * @throws {ValueError} naming the words.
 */
export function parseLogLevel(text: string): LogLevel {
  const word = text.toLowerCase();
  if (!isLogLevel(word)) throw new ValueError(`invalid log level '${text}' (${Object.keys(LogLevel).join(', ')})`);
  return word;
}

/** The word a log line shows: upper case, and WARNING for `warn`. */
export function logLevelLabel(level: LogLevel): string {
  return level === 'warn' ? 'WARNING' : level.toUpperCase();
}

const two = (value: number): string => value.toString().padStart(2, '0');

function secondsStamp(at: Date): string {
  const date = [at.getFullYear().toString().padStart(4, '0'), two(at.getMonth() + 1), two(at.getDate())].join('/');
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Local time as `YYYY/MM/DD HH:MM:SS`, from milliseconds since 1970. */
export function formatSeconds(epochMs: number): string {
  return secondsStamp(new Date(epochMs));
}

/** Local time as `YYYY/MM/DD HH:MM:SS.uuuuuu`, from milliseconds since 1970; their fraction gives the microseconds. */
export function formatMicroseconds(epochMs: number): string {
  const micros = Math.round(epochMs * 1000);
  const fraction = ((micros % 1e6) + 1e6) % 1e6;
  return `${secondsStamp(new Date(Math.floor(micros / 1000)))}.${fraction.toString().padStart(6, '0')}`;
}

/** One log line with its newline. The prefix is put before it verbatim, so it brings its own space: `"[nsqd] "`. */
export function formatLogLine(prefix: string, epochMs: number, level: LogLevel, message: string): string {
  return `${prefix}${formatMicroseconds(epochMs)} ${logLevelLabel(level)}: ${message}\n`;
}
