export {
  baseOptions,
  boolOption,
  choiceOption,
  durationOption,
  floatListOption,
  floatOption,
  intOption,
  logLevelOption,
  stringListOption,
  stringOption,
  tlsMinVersionOption,
  tlsRequiredOption,
} from './builders.js';
export type { ProgramTable } from './builders.js';
export type { ReadFile } from './config-file.js';
export { formatDuration, formatNanoseconds, parseDuration, toNanoseconds } from './duration.js';
export { formatLogLine, formatMicroseconds, formatSeconds, LogLevel, logLevelLabel, parseLogLevel } from './log-line.js';
export { defaultValues, findByKey, makeOption, renderOption } from './option.js';
export type { Option, OptionSettings, OptionTable, OptionType, OptionValues, RenderedOption } from './option.js';
export { resolveOptions, versionLine } from './resolve.js';
export { resolveFlags } from './resolve-flags.js';
export type { FlagResolution, FlagTable, ResolveFlagsInput } from './resolve-flags.js';
export type { Resolution, ResolveInput } from './resolve.js';
export { ValueError } from './value-error.js';
export { TlsMinVersion, TlsRequired } from './word-types.js';
