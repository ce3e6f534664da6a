import { LogClock } from './log-clock.js';

/** Levels in rising order; the number is what `/config/log_level` shows. */
export const LogLevels = { debug: 1, info: 2, warn: 3, error: 4, fatal: 5 } as const;
export type LogLevel = keyof typeof LogLevels;

const PRINTED: Record<LogLevel, string> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR', fatal: 'FATAL' };

/** A thunk is called only when the line is printed. */
export type LogMessage = string | (() => string);

export interface LoggerOptions {
  /** Stands before the time, nothing is put between. @default '' */
  readonly prefix?: string;
  /** Lines below it are dropped. @default 'info' */
  readonly level?: LogLevel;
  /** Takes a whole line with its newline. @default standard error */
  readonly write?: (line: string) => void;
  /** Microseconds since 1970. @default the system's clock */
  readonly clock?: () => number;
}

/** The level a word names, in any letter case; undefined for any other word, `warning` among them. */
export function parseLogLevel(word: string): LogLevel | undefined {
  const lower = word.toLowerCase();
  return Object.hasOwn(LogLevels, lower) ? (lower as LogLevel) : undefined;
}

/**
 * Prints lines of the form `<prefix>2026/11/22 13:40:23.983695 INFO: <message>` in local time. Control characters and line separators
 * in a message are escaped, so that what a client sends cannot look like a line of its own.
 */
export class Logger {
  /** May be changed at any time; applies from the next line on. */
  level: LogLevel;
  readonly #prefix: string;
  readonly #write: (line: string) => void;
  readonly #clock: LogClock;

  constructor(options: LoggerOptions = {}) {
    this.level = options.level ?? 'info';
    this.#prefix = options.prefix ?? '';
    this.#write = options.write ?? ((line) => process.stderr.write(line));
    this.#clock = new LogClock(options.clock);
  }

  /** Whether a line of this level would be printed: ask before you build a costly message. */
  enabled(level: LogLevel): boolean {
    return LogLevels[level] >= LogLevels[this.level];
  }

  log(level: LogLevel, message: LogMessage): void {
    if (!this.enabled(level)) return;
    const text = typeof message === 'string' ? message : message();
    this.#write(`${this.#prefix}${this.#clock.now()} ${PRINTED[level]}: ${escapeControl(text)}\n`);
  }

  debug(message: LogMessage): void {
    this.log('debug', message);
  }

  info(message: LogMessage): void {
    this.log('info', message);
  }

  warn(message: LogMessage): void {
    this.log('warn', message);
  }

  error(message: LogMessage): void {
    this.log('error', message);
  }

  fatal(message: LogMessage): void {
    this.log('fatal', message);
  }
}

// Control characters but the tab, and the two line separators of Unicode.
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const ALL_CONTROL = /[\p{Cc}\u2028\u2029]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\t' };

function escapeControl(text: string): string {
  if (!CONTROL.test(text)) return text;
  return text.replace(ALL_CONTROL, (character) => {
    const code = character.charCodeAt(0);
    return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
