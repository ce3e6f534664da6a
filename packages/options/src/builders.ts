import { floatListType, stringListType } from './list-types.js';
import type { LogLevel } from './log-line.js';
import { makeOption } from './option.js';
import type { Option, OptionSettings, OptionTable } from './option.js';
import { boolType, durationType, floatType, intType, stringType } from './scalar-types.js';
import { choiceType, logLevelType, tlsMinVersionType, tlsRequiredType } from './word-types.js';
import type { TlsMinVersion, TlsRequired } from './word-types.js';

export const stringOption = (settings: OptionSettings<string>): Option<string> => makeOption(stringType, settings);

/** A 64-bit integer; as a number, exact up to 2^53. */
export const intOption = (settings: OptionSettings<number>): Option<number> => makeOption(intType, settings);

/** A finite number, with or without a fraction. */
export const floatOption = (settings: OptionSettings<number>): Option<number> => makeOption(floatType, settings);

export const boolOption = (settings: OptionSettings<boolean>): Option<boolean> => makeOption(boolType, settings);

/** A duration in milliseconds. It may be negative, fractional, or longer than a timer of Node can wait (2^31-1 ms). */
export const durationOption = (settings: OptionSettings<number>): Option<number> => makeOption(durationType, settings);

/** A repeatable flag; each occurrence adds one string. */
export const stringListOption = (settings: OptionSettings<readonly string[]>): Option<readonly string[]> =>
  makeOption(stringListType, settings);

/** A repeatable flag; each occurrence adds the numbers of a comma-separated list. */
export const floatListOption = (settings: OptionSettings<readonly number[]>): Option<readonly number[]> =>
  makeOption(floatListType, settings);

export const logLevelOption = (settings: OptionSettings<LogLevel>): Option<LogLevel> => makeOption(logLevelType, settings);

export const tlsRequiredOption = (settings: OptionSettings<TlsRequired>): Option<TlsRequired> => makeOption(tlsRequiredType, settings);

export const tlsMinVersionOption = (settings: OptionSettings<TlsMinVersion>): Option<TlsMinVersion> =>
  makeOption(tlsMinVersionType, settings);

/** A string out of `choices`. */
export const choiceOption = <Word extends string>(
  settings: OptionSettings<NoInfer<Word>> & { readonly choices: readonly Word[] },
): Option<Word> => makeOption(choiceType(settings.choices), settings);

/** The options that every daemon has, to be spread into its table: version, config, log level, log prefix, verbose. */
export function baseOptions(program: string) {
  return {
    version: boolOption({ flag: 'version', key: null, default: false, help: 'print the version and exit' }),
    config: stringOption({ flag: 'config', key: null, default: '', help: 'path to a TOML config file' }),
    logLevel: logLevelOption({ flag: 'log-level', default: 'info', help: 'lowest level to log: debug, info, warn, error or fatal' }),
    logPrefix: stringOption({ flag: 'log-prefix', default: `[${program}] `, help: 'text put before each log line, as it is' }),
    verbose: boolOption({ flag: 'verbose', key: null, default: false, help: 'no effect', deprecated: 'use --log-level' }),
  } satisfies OptionTable;
}

/** A table that {@link baseOptions} was spread into. */
export type ProgramTable = OptionTable & ReturnType<typeof baseOptions>;
