import { LogLevel, logLevelLabel } from '@nsq/options';
import { LogClock } from './log-clock.js';

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
    return LogLevel[level] >= LogLevel[this.level];
  }

  log(level: LogLevel, message: LogMessage): void {
    if (!this.enabled(level)) return;
    const text = typeof message === 'string' ? message : message();
    this.#write(`${this.#prefix}${this.#clock.now()} ${logLevelLabel(level)}: ${escapeControl(text)}\n`);
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
