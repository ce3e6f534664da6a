import path from 'node:path';
import {
  boolOption,
  durationOption,
  formatLogLine,
  intOption,
  LogLevel,
  parseLogLevel,
  stringListOption,
  stringOption,
  type OptionValues,
} from '@nsq/options';
import { clientOptFlag } from '../client-opts/client-opt-flag.js';
import { consumerOptions } from '../client-opts/client-options.js';
import { checkMaxInFlight, maxInFlightFlag, versionFlag } from '../common-flags.js';
import { forwardIo } from '../forward-io.js';
import { checkOneKind, readSource, sourceFlags } from '../source.js';
import { oneLine, reasonOf, ToolError, type Tool, type ToolIo } from '../tool.js';
import { archiveTopics, type ArchiveConfig } from './archive-topics.js';
import { readPattern } from './topic-filter.js';

const MAX_TIMER_MS = 2 ** 31 - 1;

const table = {
  ...versionFlag(),
  ...sourceFlags(),
  ...maxInFlightFlag(),
  topics: stringListOption({ flag: 'topic', default: [], help: 'nsq topic (may be given multiple times)' }),
  pattern: stringOption({ flag: 'topic-pattern', default: '', help: 'only log topics matching the regular expression' }),
  refresh: durationOption({ flag: 'topic-refresh', default: 60_000, help: 'how frequently the topic list should be refreshed' }),
  channel: stringOption({ flag: 'channel', default: 'nsq_to_file', help: 'nsq channel' }),
  outputDir: stringOption({ flag: 'output-dir', default: '/tmp', help: 'directory to write output files to' }),
  workDir: stringOption({ flag: 'work-dir', default: '', help: 'directory for in-progress files before moving to output-dir' }),
  filenameFormat: stringOption({
    flag: 'filename-format',
    default: '<TOPIC>.<HOST><REV>.<DATETIME>.log',
    help: 'output filename format: <TOPIC>, <HOST>, <PID>, <DATETIME>, <REV> are replaced',
  }),
  datetimeFormat: stringOption({ flag: 'datetime-format', default: '%Y-%m-%d_%H', help: 'strftime compatible format for <DATETIME>' }),
  hostIdentifier: stringOption({
    flag: 'host-identifier',
    default: '',
    help: 'value of <HOST> in the filename; <SHORT_HOST> and <HOSTNAME> are replaced',
  }),
  gzip: boolOption({ flag: 'gzip', default: false, help: 'gzip output files' }),
  gzipLevel: intOption({ flag: 'gzip-level', default: 6, help: 'gzip compression level (1-9)' }),
  skipEmptyFiles: boolOption({ flag: 'skip-empty-files', default: false, help: 'skip writing empty files' }),
  rotateSize: intOption({ flag: 'rotate-size', default: 0, help: 'rotate the file when it grows bigger than these bytes' }),
  rotateInterval: durationOption({ flag: 'rotate-interval', default: 0, help: 'rotate the file every duration' }),
  syncInterval: durationOption({ flag: 'sync-interval', default: 30_000, help: 'sync file to disk every duration' }),
  connectTimeout: durationOption({ flag: 'http-client-connect-timeout', default: 2_000, help: 'timeout for HTTP connect' }),
  requestTimeout: durationOption({ flag: 'http-client-request-timeout', default: 5_000, help: 'timeout for HTTP request' }),
  logLevel: stringOption({ flag: 'log-level', default: 'info', help: 'lowest level to log: debug, info, warn, error or fatal' }),
  logPrefix: stringOption({ flag: 'log-prefix', default: '[nsq_to_file] ', help: 'text put before each log line' }),
  settings: clientOptFlag('consumer-opt'),
};

type Options = OptionValues<typeof table>;

/** `nsq_to_file`: writes the messages of topics to files. */
export const nsqToFile: Tool<typeof table> = { name: 'nsq_to_file', table, run };

async function run(options: Options, io: ToolIo, rest: readonly string[]): Promise<void> {
  if (rest.length > 0) throw new ToolError(`unknown arguments: [${rest.join(' ')}]`);
  const lowest = LogLevel[readLogLevel(options.logLevel)];
  const config = readConfig(options, io.name);
  await archiveTopics(config, {
    ...forwardIo(io),
    log: (level, text) => {
      if (LogLevel[level] >= lowest) io.line(formatLogLine(options.logPrefix, Date.now(), level, oneLine(text)).trimEnd());
    },
  });
}

function readLogLevel(text: string): LogLevel {
  try {
    return parseLogLevel(text);
  } catch (error) {
    throw new ToolError(`--log-level is invalid: ${reasonOf(error)}`);
  }
}

/** Checks in the order of the reference. */
function readConfig(options: Options, name: string): ArchiveConfig {
  const { topics, channel, connectTimeout, requestTimeout, gzip, gzipLevel, rotateSize, rotateInterval, outputDir, maxInFlight } = options;
  if (channel === '') throw new ToolError('--channel is required');
  if (connectTimeout <= 0) throw new ToolError('--http-client-connect-timeout should be positive');
  if (requestTimeout <= 0) throw new ToolError('--http-client-request-timeout should be positive');
  checkOneKind(options, 'nsqd-tcp-address', '.');
  if (gzipLevel < 1 || gzipLevel > 9) throw new ToolError(`invalid --gzip-level value (${gzipLevel}), should be 1-9`);
  if (topics.length === 0 && options.pattern === '') throw new ToolError('--topic or --topic-pattern required');
  if (topics.length === 0 && options.lookupds.length === 0) {
    throw new ToolError('--lookupd-http-address must be specified when no --topic specified');
  }
  checkMaxInFlight(maxInFlight);
  const workDir = options.workDir === '' ? outputDir : options.workDir;
  const moves = path.resolve(workDir) !== path.resolve(outputDir);
  return {
    topics,
    pattern: pattern(options.pattern),
    refresh: interval('topic-refresh', options.refresh),
    channel,
    source: readSource(options),
    discovery: { connectTimeout: Math.ceil(connectTimeout), timeout: Math.ceil(requestTimeout) },
    consumer: consumerOptions(options.settings, name),
    maxInFlight,
    naming: { ...options, revisions: gzip || rotateSize > 0 || rotateInterval > 0 || moves },
    files: {
      workDir: moves ? workDir : outputDir,
      outputDir,
      gzipLevel: gzip ? gzipLevel : null,
      rotation: { size: rotateSize, interval: rotateInterval },
    },
    syncInterval: interval('sync-interval', options.syncInterval),
    skipEmptyFiles: options.skipEmptyFiles,
  };
}

function pattern(text: string): RegExp | null {
  try {
    return readPattern(text);
  } catch (error) {
    throw new ToolError(`--topic-pattern: ${reasonOf(error)}`);
  }
}

function interval(flag: string, ms: number): number {
  if (ms <= 0) throw new ToolError(`--${flag} should be positive`);
  return Math.min(MAX_TIMER_MS, Math.ceil(ms));
}
