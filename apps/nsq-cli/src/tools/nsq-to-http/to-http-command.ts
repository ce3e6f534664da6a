import { InvalidArgumentError, Option, type Command } from 'commander';
import { CliError, ExitCode } from '../../cli-error.js';
import { duration, integer } from '../../numbers.js';
import { version } from '../../version.js';
import { collect, forward, forwardCommand, type ForwardOptions } from '../forward-command.js';
import { createHostPool, POOL_MODES } from '../host-pool/create-host-pool.js';
import { ToolError } from '../tool.js';
import { forwardToHttp, type HttpTarget } from './forward-to-http.js';
import { parseHeaders } from './headers.js';
import { readTargets } from './targets.js';

interface ToHttpOptions extends ForwardOptions {
  readonly post?: readonly string[];
  readonly get?: readonly string[];
  readonly header?: readonly string[];
  readonly contentType: string;
  readonly mode: string;
  readonly concurrency: number;
  readonly sample: number;
  readonly timeout: number;
  readonly connectTimeout: number;
}

const MAX_MS = 3_600_000;

/** `nsq to-http` */
export function toHttpCommand(): Command {
  return forwardCommand('to-http', 'nsq_to_http')
    .description('Send the messages of topics as HTTP requests.')
    .option('--post <url>', 'where to POST messages to, as the body (repeatable)', collect)
    .option('--get <url>', 'where to GET, with the message in place of %s; %% stands for % (repeatable)', collect)
    .option('--header <header>', 'further header, "Name: value" (repeatable)', collect)
    .option('--content-type <type>', 'of what is posted', 'application/octet-stream')
    .addOption(
      new Option('--mode <mode>', 'which of several addresses gets a message').choices([...POOL_MODES, 'all']).default(POOL_MODES[0]),
    )
    .option('--concurrency <n>', 'requests at a time', integer(1, 10_000), 100)
    .option('--sample <share>', 'share of the messages to send, from 0 to 1; the others are finished', share, 1)
    .addOption(new Option('--timeout <duration>', 'how long a request may take').argParser(duration(1, MAX_MS)).default(20_000, '20s'))
    .addOption(
      new Option('--connect-timeout <duration>', 'how long connecting may take').argParser(duration(1, MAX_MS)).default(2_000, '2s'),
    )
    .addHelpText(
      'after',
      `
A message is finished when the answer is 2xx (200 for GET); otherwise it is sent again later, as often as it takes.
`,
    )
    .action((topics: readonly string[], options: ToHttpOptions) => {
      const targets = targetsOf(options);
      const headers = parseHeaders(options.header ?? []);
      if (headers === null) throw new CliError('a --header is written "Name: value"', ExitCode.Usage);
      return forward(topics, options, 'sent', (input, io) =>
        forwardToHttp(
          {
            ...input,
            targets,
            pool: createHostPool(options.mode, targets.length),
            http: {
              concurrency: options.concurrency,
              connectTimeout: Math.ceil(options.connectTimeout),
              requestTimeout: Math.ceil(options.timeout),
              headers: {
                'user-agent': `nsq/${version}`,
                ...(options.post === undefined ? {} : { 'content-type': options.contentType }),
                ...headers,
              },
            },
            sample: options.sample,
            statusEvery: 0,
          },
          io,
        ),
      );
    });
}

function targetsOf({ post = [], get = [] }: ToHttpOptions): HttpTarget[] {
  try {
    return readTargets({ post, get });
  } catch (error) {
    throw error instanceof ToolError ? new CliError(error.message, ExitCode.Usage) : error;
  }
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It has to be a number from 0 to 1.');
  return value;
}
