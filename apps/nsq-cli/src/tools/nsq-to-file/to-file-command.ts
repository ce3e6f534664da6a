import path from 'node:path';
import { Option, type Command } from 'commander';
import { bytes, duration, integer } from '../../numbers.js';
import { forward, forwardCommand, type ForwardOptions } from '../forward-command.js';
import { archiveTopics } from './archive-topics.js';

interface ToFileOptions extends ForwardOptions {
  readonly outputDir: string;
  readonly workDir?: string;
  readonly filenameFormat: string;
  readonly datetimeFormat: string;
  readonly gzip?: boolean;
  readonly gzipLevel: number;
  readonly rotateSize?: number;
  readonly rotateInterval?: number;
  readonly syncInterval: number;
}

const SECOND_MS = 1_000;
const DAY_MS = 24 * 3_600 * SECOND_MS;
const REFRESH_MS = 60 * SECOND_MS;

/** `nsq to-file` */
export function toFileCommand(): Command {
  return forwardCommand('to-file', 'nsq_to_file')
    .description('Write the messages of topics to files, a line each.')
    .option('--output-dir <dir>', 'where finished files are', '.')
    .option('--work-dir <dir>', 'where files are while they are written, on the same file system (default: the output-dir)')
    .option('--filename-format <name>', '<TOPIC>, <HOST>, <PID>, <DATETIME> and <REV> are replaced', '<TOPIC>.<HOST><REV>.<DATETIME>.log')
    .option('--datetime-format <format>', 'of <DATETIME>, as strftime takes it', '%Y-%m-%d_%H')
    .option('--gzip', 'compress')
    .option('--gzip-level <n>', 'from 1, fast, to 9, small', integer(1, 9), 6)
    .option('--rotate-size <size>', 'begin another file when one is larger: bytes, 100MB, 1GiB', bytes(1, Number.MAX_SAFE_INTEGER))
    .option('--rotate-interval <duration>', 'begin another file after so long', duration(SECOND_MS, 365 * DAY_MS))
    .addOption(
      new Option('--sync-interval <duration>', 'write to the disk at least so often')
        .argParser(duration(10, 3_600 * SECOND_MS))
        .default(SECOND_MS, '1s'),
    )
    .addHelpText(
      'after',
      `
A message is finished when it is on the disk. With a new <DATETIME> another file begins; files without messages are not made.
`,
    )
    .action((topics: readonly string[], options: ToFileOptions) =>
      forward(topics, options, 'written', ({ consumer, ...input }, io) =>
        archiveTopics(
          { ...input, ...archiveOptions(options), consumer },
          {
            ...io,
            log: (level, text) => {
              if (level === 'warn' || level === 'error' || level === 'fatal') io.log(text);
            },
          },
        ),
      ),
    );
}

function archiveOptions(options: ToFileOptions) {
  const { outputDir, workDir = outputDir, gzip = false, gzipLevel, rotateSize = 0, rotateInterval = 0, syncInterval } = options;
  const moves = path.resolve(workDir) !== path.resolve(outputDir);
  const { filenameFormat, datetimeFormat } = options;
  return {
    pattern: null,
    refresh: REFRESH_MS,
    discovery: {},
    naming: { filenameFormat, datetimeFormat, hostIdentifier: '', gzip, revisions: gzip || rotateSize > 0 || rotateInterval > 0 || moves },
    files: {
      workDir: moves ? workDir : outputDir,
      outputDir,
      gzipLevel: gzip ? gzipLevel : null,
      rotation: { size: rotateSize, interval: rotateInterval },
    },
    syncInterval,
    skipEmptyFiles: true,
  };
}
